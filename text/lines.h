/// LineReader: the lines of a text, ended by LF or CRLF.
#pragma once

#include <cstddef>
#include <string_view>

namespace unroll {

struct Line {
  std::string_view text;   ///< without its line end
  std::size_t number = 0;  ///< from 1
};

class LineReader {
 public:
  explicit LineReader(std::string_view content) : rest_(content) {}
  /// False when there is no further line; a line end at the very end begins no new line.
  bool next(Line& line) noexcept;

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

}  // namespace unroll
