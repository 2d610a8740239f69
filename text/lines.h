/// Lines of a text, ended by LF or CRLF; and texts whose lines end with CR alone.
#pragma once

#include <cstddef>
#include <string>
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

/// Without any CR at the end: a file converted twice ends its lines with CR CR LF.
std::string_view without_cr(std::string_view line) noexcept;

/// All of it, where there is no line end.
std::string_view first_line_of(std::string_view content) noexcept;

/// Whether CR alone ends the lines, as on old Macs: there are more of them than of LF. A CR at the
/// very end may be half of a CRLF, and is not counted.
bool ends_lines_by_cr(std::string_view content) noexcept;

/// Makes an LF of every CR from `begin` on that is not followed by one.
void end_lines_by_lf(std::string& content, std::size_t begin) noexcept;

}  // namespace unroll
