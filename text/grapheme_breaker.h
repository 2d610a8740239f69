/// GraphemeBreaker: what a reader calls one character, ICU's grapheme clusters, over UTF-8: a
/// letter with its marks, a flag, a family of emoji.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace unroll {

/// One per thread.
class GraphemeBreaker {
 public:
  GraphemeBreaker();
  ~GraphemeBreaker();
  GraphemeBreaker(GraphemeBreaker&&) noexcept;
  GraphemeBreaker& operator=(GraphemeBreaker&&) noexcept;

  /// Appends the characters of valid UTF-8 text, white space too: put together they are the text.
  void operator()(std::string_view text, std::vector<std::string_view>& characters);

 private:
  void add_stretch(std::string_view stretch, bool may_join,
                   std::vector<std::string_view>& characters);

  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
