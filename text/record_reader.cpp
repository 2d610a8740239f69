#include "unroll/text/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

void RecordReader::fail(std::size_t line, std::size_t column, const std::string& what,
                        std::vector<std::string> options) const {
  throw mended_by(std::move(options),
                  DataError({source_.name, line, column}, fmt::format("row {}: {}", row_, what)));
}

void RecordReader::check_utf8(std::string_view part, std::size_t line) const {
  if (source_.is_utf8) return;
  const auto offset = invalid_utf8(part);
  if (!offset) return;
  const std::string_view before = part.substr(0, *offset);
  const std::size_t begin = before.rfind('\n');  // of the line, where the part has several
  line += static_cast<std::size_t>(std::ranges::count(before, '\n'));
  // A part that begins within its line has its place in the content.
  const std::string_view content = source_.content;
  const auto at = static_cast<std::size_t>(part.data() - content.data()) + *offset;
  const std::size_t column =
      begin == std::string_view::npos ? at - content.rfind('\n', at) : *offset - begin;
  throw not_utf8_({source_.name, line, column}, row_, part[*offset], content, source_.encoding);
}

void RecordReader::add_labels(std::string_view label, std::size_t line, Record& record) const {
  if (!options_.labels) return;
  const std::string_view separator = options_.label_separator;
  if (separator.empty()) return add_label(label, line, record);
  if (trim(label).empty()) return;
  for (std::size_t end = 0; end != std::string_view::npos; label.remove_prefix(end)) {
    end = label.find(separator);
    add_label(label.substr(0, end), line, record);
    if (end == std::string_view::npos) break;
    end += separator.size();
  }
}

void RecordReader::add_label(std::string_view label, std::size_t line, Record& record) const {
  const std::string_view name = trim(label);
  if (name.empty()) {
    fail(line, 0,
         options_.label_separator.empty()
             ? "the label is empty; give the record a label, remove it, or name a separator of "
               "labels if a text may have none"
             : "a label is empty; expected labels with one separator between two of them",
         {"bad_rows=skip"});
  }
  if (record.label.empty()) {
    record.label = name;
  } else if (is_new(name, record)) {
    record.more_labels.emplace_back(name);
  }
}

/// A few labels are compared one by one; a set knows more of them.
bool RecordReader::is_new(std::string_view name, const Record& record) const {
  constexpr std::size_t kFew = 16;
  const auto& others = record.more_labels;
  if (name == record.label) return false;
  if (others.size() < kFew) return std::ranges::find(others, name) == others.end();
  if (others.size() == kFew) seen_ = {others.begin(), others.end()};
  return seen_.emplace(name).second;
}

float RecordReader::checked_weight(std::string_view weight, std::size_t line) const {
  std::string_view digits = trim(weight);
  if (digits.starts_with("+")) digits.remove_prefix(1);  // from_chars knows no plus
  const char* const end = digits.data() + digits.size();
  double value = 0;
  const auto [parsed, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc() && parsed == end && is_weight(value)) return static_cast<float>(value);
  fail(line, 0,
       fmt::format("the weight is {}, expected {}", in_quotes(trim(weight)), what_weights_are()),
       {"weight_column", "bad_rows=skip"});
}

}  // namespace unroll
