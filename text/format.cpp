#include "unroll/text/format.h"

#include <algorithm>

#include "unroll/text/fast_text.h"

namespace unroll {

namespace {

std::string_view without_leading(std::string_view content, std::string_view characters) {
  return content.substr(std::min(content.find_first_not_of(characters), content.size()));
}

/// Behind the quote that closes the one `text` begins with; npos if there is none.
std::size_t behind_closing_quote(std::string_view text) {
  std::size_t quote = text.find('"', 1);
  while (quote != std::string_view::npos && text.substr(quote + 1, 1) == "\"") {
    quote = text.find('"', quote + 2);
  }
  return quote == std::string_view::npos ? quote : quote + 1;
}

/// Whether the record `rest` begins with is CSV, and no tab of it stands outside of quotes.
bool is_csv_record_without_tabs(std::string_view rest) {
  while (true) {
    const bool is_quoted = rest.starts_with('"');
    const std::size_t begin = is_quoted ? behind_closing_quote(rest) : 0;
    if (begin == std::string_view::npos) return false;
    const std::size_t end = std::min(rest.find_first_of("\t,\n", begin), rest.size());
    const std::string_view between = rest.substr(begin, end - begin);
    if (is_quoted && !between.empty() && between != "\r") return false;
    if (end == rest.size() || rest[end] == '\n') return true;
    if (rest[end] == '\t') return false;
    rest.remove_prefix(end + 1);
  }
}

bool is_tsv(std::string_view records) {
  const std::string_view first_line = records.substr(0, records.find('\n'));
  return first_line.find('\t') != std::string_view::npos && !is_csv_record_without_tabs(records);
}

}  // namespace

RecordFormat detect_format(std::string_view content) {
  if (without_leading(content, " \t\r\n").starts_with('{')) return RecordFormat::kJsonLines;
  const std::string_view records = without_leading(content, "\r\n");
  if (records.starts_with(kFastTextLabel)) return RecordFormat::kFastText;
  return is_tsv(records) ? RecordFormat::kTsv : RecordFormat::kCsv;
}

}  // namespace unroll
