#include "unroll/text/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

bool CsvReader::next(Row& row) {
  while (skip_line_end()) {
  }
  if (at_end()) return false;
  row.fields.clear();
  row.line = line_;
  row.fields.push_back(field());
  while (!at_end() && content_[offset_] == ',') {
    ++offset_;
    row.fields.push_back(field());
  }
  skip_line_end();
  return true;
}

/// Steps over LF, CRLF, or a CR at the very end (a file cut between the two).
bool CsvReader::skip_line_end() noexcept {
  const std::string_view rest = content_.substr(offset_, 2);
  if (rest == "\r") return ++offset_, true;
  if (!rest.starts_with('\n') && rest != "\r\n") return false;
  offset_ += rest.starts_with('\n') ? 1 : 2;
  line_begin_ = offset_;
  ++line_;
  return true;
}

std::string CsvReader::field() {
  return !at_end() && content_[offset_] == '"' ? quoted_field() : unquoted_field();
}

std::string CsvReader::unquoted_field() {
  const std::size_t begin = offset_;
  offset_ = std::min(content_.find_first_of(",\n", begin), content_.size());
  const bool ends_row = at_end() || content_[offset_] == '\n';
  if (ends_row && offset_ > begin && content_[offset_ - 1] == '\r') --offset_;
  return std::string(content_.substr(begin, offset_ - begin));
}

std::string CsvReader::quoted_field() {
  const std::size_t opened = offset_;
  std::string value;
  while (true) {
    const std::size_t begin = offset_ + 1;
    const std::size_t end = content_.find('"', begin);
    if (end == std::string_view::npos) {
      fail(opened, "a quote opens here and is never closed; double it if it belongs to the text");
    }
    value += content_.substr(begin, end - begin);
    offset_ = end + 1;
    if (at_end() || content_[offset_] != '"') break;
    value += '"';  // doubled: the second one stands where an opening quote would
  }
  count_line_ends(opened);
  if (!at_field_end()) {
    fail(
        offset_,
        fmt::format(
            "{} follows a closing quote, expected a comma or the end of the line; a quote inside a "
            "quoted field is written twice",
            in_quotes(content_.substr(offset_, content_.find_first_of(",\n", offset_) - offset_))));
  }
  return value;
}

bool CsvReader::at_field_end() const noexcept {
  const std::string_view rest = content_.substr(offset_, 2);
  return rest.empty() || rest == "\r" || rest == "\r\n" || rest.front() == ',' ||
         rest.front() == '\n';
}

/// Counts the line ends between `begin` and here.
void CsvReader::count_line_ends(std::size_t begin) noexcept {
  const std::string_view passed = content_.substr(begin, offset_ - begin);
  const std::size_t last = passed.rfind('\n');
  if (last == std::string_view::npos) return;
  line_ += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
  line_begin_ = begin + last + 1;
}

/// `offset` lies on the current line.
void CsvReader::fail(std::size_t offset, const std::string& what) const {
  throw DataError({file_, line_, offset - line_begin_ + 1}, what);
}

}  // namespace unroll
