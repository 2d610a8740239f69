/// TokenTable: different tokens, numbered from 0 as they come, and counted.
///
/// A corpus has hundreds of thousands of them and asks for one of them at every word, so a look-up
/// is as slow as the memory behind it. All tokens are one text, and a place of the table has a
/// token's hash, its number and where its bytes are: nearly every look-up touches one place and one
/// token, and several look-ups wait for memory together.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

class TokenTable {
 public:
  TokenTable() : places_(kFirstPlaces) {}

  /// A token with its hash, which is computed once for all tables.
  struct Hashed {
    std::string_view token;
    std::uint32_t hash = 0;
  };
  static Hashed hashed(std::string_view token) noexcept;

  /// The token's number, the next one if it is new. Its count is then that of before.
  std::int32_t add(Hashed token);
  /// The token's number; -1: the table lacks it.
  std::int32_t find(Hashed token) const noexcept { return places_[place_of(token)].number; }
  /// Counts the token of this number so many times more.
  void count(std::int32_t number, std::uint64_t times) noexcept {
    counts_[static_cast<std::size_t>(number)] += times;
  }

  /// Calls body(hashed token) for each token in order, having asked for the memory that add and
  /// find will touch.
  template <typename Body>
  void for_each(std::span<const std::string> tokens, Body body) const;

  std::size_t size() const noexcept { return counts_.size(); }
  /// A view that the next new token may end.
  std::string_view token(std::size_t number) const noexcept { return token_at(begins_[number]); }
  std::uint64_t count(std::size_t number) const noexcept { return counts_[number]; }

 private:
  static constexpr std::size_t kFirstPlaces = 4096;
  static constexpr std::size_t kTogether = 16;  // look-ups; more would not fit into a core's queues

  struct Place {
    std::uint32_t hash = 0;
    std::int32_t number = -1;  // of no token
    std::size_t begin = 0;     // in text_
  };
  const Place& first_place(std::uint32_t hash) const noexcept {
    return places_[hash & (places_.size() - 1)];
  }
  std::string_view token_at(std::size_t begin) const noexcept;
  std::size_t place_of(Hashed token) const noexcept;
  void grow();

  std::string text_;  // all tokens, one after the other, the size of each before its bytes
  std::vector<std::size_t> begins_;  // of each token in text_
  std::vector<std::uint64_t> counts_;
  std::vector<Place> places_;  // by hash; their number is a power of two
};

template <typename Body>
void TokenTable::for_each(std::span<const std::string> tokens, Body body) const {
  for (std::array<Hashed, kTogether> near; !tokens.empty();) {
    const std::size_t count = std::min(tokens.size(), kTogether);
    for (std::size_t k = 0; k < count; ++k) {
      near[k] = hashed(tokens[k]);
      __builtin_prefetch(&first_place(near[k].hash));
    }
    for (std::size_t k = 0; k < count; ++k)
      __builtin_prefetch(text_.data() + first_place(near[k].hash).begin);
    for (std::size_t k = 0; k < count; ++k) body(near[k]);
    tokens = tokens.subspan(count);
  }
}

}  // namespace unroll
