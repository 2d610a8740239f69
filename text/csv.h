/// CsvReader: RFC 4180. Commas separate fields, LF or CRLF separates rows. A field that begins with
/// a quote ends with one and may hold commas, line breaks and doubled quotes. A quote further
/// inside an unquoted field is an ordinary character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "unroll/text/row.h"

namespace unroll {

class CsvReader {
 public:
  /// `file` is the name in messages; `content` must outlive the reader.
  CsvReader(std::string_view content, std::string file)
      : content_(content), file_(std::move(file)) {}

  /// The next row, empty lines skipped; false at the end. Throws DataError for a quote that is
  /// never closed (with the place where it opened) and for text between a closing quote and the
  /// next comma.
  bool next(Row& row);

 private:
  bool at_end() const noexcept { return offset_ == content_.size(); }
  bool skip_line_end() noexcept;
  std::string field();
  std::string unquoted_field();
  std::string quoted_field();
  bool at_field_end() const noexcept;
  void count_line_ends(std::size_t begin) noexcept;
  [[noreturn]] void fail(std::size_t offset, const std::string& what) const;

  std::string_view content_;
  std::string file_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
};

}  // namespace unroll
