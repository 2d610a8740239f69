#include "unroll/text/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/text/lines.h"
#include "unroll/text/text_stream.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

}  // namespace

bool CsvReader::next(Row& row) {
  row.has_mark = false;
  while (skip_line_end() || skip_mark())
    row.has_mark = content_.substr(0, offset_).ends_with(kByteOrderMark);
  if (at_end()) return false;
  row.fields.clear();
  unescaped_.clear();
  row.line = line_;
  const std::size_t begin = offset_;
  row.fields.push_back(field());
  while (!at_end() && content_[offset_] == separator_) {
    ++offset_;
    row.fields.push_back(field());
  }
  row.raw = content_.substr(begin, offset_ - begin);
  skip_line_end();
  return true;
}

/// Steps over LF, CRLF, CR CR LF, or CRs at the very end (a file cut in the middle of one).
bool CsvReader::skip_line_end() noexcept {
  const std::size_t end = content_.find_first_not_of('\r', offset_);
  if (end == kNone) return at_end() ? false : (offset_ = content_.size(), true);
  if (content_[end] != '\n') return false;
  offset_ = line_begin_ = end + 1;
  ++line_;
  return true;
}

bool CsvReader::skip_mark() noexcept {
  if (!content_.substr(offset_).starts_with(kByteOrderMark)) return false;
  offset_ += kByteOrderMark.size();
  return true;
}

std::size_t CsvReader::skip_blanks(std::size_t offset) const noexcept {
  while (offset < content_.size() && content_[offset] != separator_ &&
         (content_[offset] == ' ' || content_[offset] == '\t'))
    ++offset;
  return offset;
}

/// Where the line ends that offset_ is in. Looked for once a line.
std::size_t CsvReader::line_end() noexcept {
  if (line_end_ < offset_) line_end_ = std::min(content_.find('\n', offset_), content_.size());
  return line_end_;
}

/// A quote behind blanks opens a field only if it also closes one: otherwise it belongs to a text.
std::string_view CsvReader::field() {
  const std::size_t opened = skip_blanks(offset_);
  if (opened == content_.size() || content_[opened] != '"') return unquoted_field();
  if (opened > offset_ && field_end_behind(closing_quote(opened)) == kNone) return unquoted_field();
  return quoted_field(opened);
}

std::string_view CsvReader::unquoted_field() noexcept {
  const std::string_view line = content_.substr(offset_, line_end() - offset_);
  const std::size_t separator = line.find(separator_);
  const std::string_view value = separator == kNone ? without_cr(line) : line.substr(0, separator);
  offset_ += value.size();
  return value;
}

std::string_view CsvReader::quoted_field(std::size_t opened) {
  const std::size_t closed = closing_quote(opened);
  if (closed == kNone) {
    fail(opened, "a quote opens here and is never closed; double it if it belongs to the text");
  }
  const std::size_t begin = offset_, end = field_end_behind(closed);
  offset_ = closed + 1;
  count_line_ends(begin);
  if (end == kNone) {
    const std::string_view rest = content_.substr(offset_, line_end() - offset_);
    fail(offset_,
         fmt::format("{} follows a closing quote, expected {} or the end of the line; a quote "
                     "inside a quoted field is written twice",
                     in_quotes(rest.substr(0, rest.find(separator_))),
                     separator_ == ',' ? "a comma" : in_quotes({&separator_, 1})));
  }
  offset_ = end;
  return unescaped(content_.substr(opened + 1, closed - opened - 1));
}

/// The quote that closes the one at `opened`: the first that is not doubled.
std::size_t CsvReader::closing_quote(std::size_t opened) const noexcept {
  std::size_t quote = content_.find('"', opened + 1);
  while (quote != kNone && content_.substr(quote + 1, 1) == "\"")
    quote = content_.find('"', quote + 2);
  return quote;
}

/// Where a field ends that is closed there, blanks behind the quote included; kNone if text
/// follows.
std::size_t CsvReader::field_end_behind(std::size_t closed) const noexcept {
  if (closed == kNone) return kNone;
  const std::size_t end = skip_blanks(closed + 1);
  const std::size_t behind_cr = content_.find_first_not_of('\r', end);
  if (behind_cr == kNone || content_[behind_cr] == '\n') return end;
  return content_[end] == separator_ ? end : kNone;
}

std::string_view CsvReader::unescaped(std::string_view quoted) {
  std::size_t quote = quoted.find('"');
  if (quote == kNone) return quoted;
  std::string& value = unescaped_.emplace_back();
  value.reserve(quoted.size());
  for (; quote != kNone; quote = quoted.find('"')) {
    value += quoted.substr(0, quote + 1);
    quoted.remove_prefix(quote + 2);
  }
  return value += quoted;
}

/// Counts the line ends between `begin` and here.
void CsvReader::count_line_ends(std::size_t begin) noexcept {
  const std::string_view passed = content_.substr(begin, offset_ - begin);
  const std::size_t last = passed.rfind('\n');
  if (last == kNone) return;
  line_ += static_cast<std::size_t>(std::ranges::count(passed, '\n'));
  line_begin_ = begin + last + 1;
}

/// `offset` lies on the current line. Reading goes on in the next one.
void CsvReader::fail(std::size_t offset, const std::string& what) {
  const RowError error(line_, offset - line_begin_ + 1, what);
  offset_ = std::min(content_.find('\n', offset), content_.size());
  throw error;
}

bool was_quoted(std::string_view field, const Row& row) noexcept {
  const bool is_within =
      field.data() >= row.raw.data() && field.data() <= row.raw.data() + row.raw.size();
  return !is_within || (field.data() != row.raw.data() && field.data()[-1] == '"');
}

}  // namespace unroll
