/// WordBreaker: ICU's word BreakIterator over UTF-8, as a function of the text. ICU's own cuts also
/// depend on what was cut before, in the process and by the iterator; before the first text that is
/// not ASCII, a process therefore loads all that ICU would load later (milliseconds, once).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace unroll {

/// One per thread.
class WordBreaker {
 public:
  WordBreaker();
  ~WordBreaker();
  WordBreaker(WordBreaker&&) noexcept;
  WordBreaker& operator=(WordBreaker&&) noexcept;

  /// All pieces of valid UTF-8 text, spaces too: put together they are the text. Views into `text`.
  std::vector<std::string_view> operator()(std::string_view text);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
