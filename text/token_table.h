/// TokenTable: different tokens, numbered from 0 as they come, and counted.
///
/// A corpus has hundreds of thousands of them and asks for one of them at every word. So all tokens
/// are one text, and a place of the table has a token's hash with its number: nearly every look-up
/// touches one place and one token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

class TokenTable {
 public:
  /// Counts a token so many times more. Returns its number, the next one if it is new.
  std::int32_t add(std::string_view token, std::uint64_t count = 1);

  std::size_t size() const noexcept { return ends_.size(); }
  /// A view that the next new token may end.
  std::string_view token(std::size_t number) const noexcept {
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
    return {text_.data() + begin, ends_[number] - begin};
  }
  std::uint64_t count(std::size_t number) const noexcept { return counts_[number]; }

 private:
  struct Place {
    std::uint32_t hash = 0;
    std::int32_t number = -1;  // of no token
  };
  std::size_t place_of(std::string_view token, std::uint32_t hash) const noexcept;
  void grow();

  std::string text_;               // all tokens, one after the other
  std::vector<std::size_t> ends_;  // of each token, in text_
  std::vector<std::uint64_t> counts_;
  std::vector<Place> places_;  // by hash; their number is a power of two
};

}  // namespace unroll
