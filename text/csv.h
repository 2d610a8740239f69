/// CsvReader: RFC 4180, with any separator. LF or CRLF separates rows. A field that begins with a
/// quote, with blanks before it or not, ends with one, and may hold separators, line breaks and
/// doubled quotes. A quote further inside an unquoted field is an ordinary character.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "unroll/text/row.h"

namespace unroll {

class CsvReader {
 public:
  /// `content` must outlive the reader.
  explicit CsvReader(std::string_view content, char separator = ',')
      : content_(content),
        separator_(separator),
        line_end_(std::min(content.find('\n'), content.size())) {}

  /// The next row, empty lines skipped; false at the end. Throws RowError for a quote that is never
  /// closed (with the place where it opened) and for text between a closing quote and the next
  /// separator; the next call goes on in the line behind that place.
  bool next(Row& row);

 private:
  bool at_end() const noexcept { return offset_ == content_.size(); }
  bool skip_line_end() noexcept;
  bool skip_mark() noexcept;
  std::size_t skip_blanks(std::size_t offset) const noexcept;
  std::size_t line_end() noexcept;
  std::string_view field();
  std::string_view unquoted_field() noexcept;
  std::string_view quoted_field(std::size_t opened);
  std::size_t closing_quote(std::size_t opened) const noexcept;
  std::size_t field_end_behind(std::size_t closed) const noexcept;
  std::string_view unescaped(std::string_view quoted);
  void count_line_ends(std::size_t begin) noexcept;
  [[noreturn]] void fail(std::size_t offset, const std::string& what);

  std::string_view content_;
  char separator_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::size_t line_end_;               // of the line that offset_ is in, or of one before it
  std::deque<std::string> unescaped_;  // fields of the row that had doubled quotes
};

/// Whether a field that CsvReader has read was in quotes. One with doubled quotes is a copy,
/// outside of the row.
bool was_quoted(std::string_view field, const Row& row) noexcept;

}  // namespace unroll
