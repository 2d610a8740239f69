#include "unroll/text/fast_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/counted.h"
#include "unroll/text/lines.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::string_view kBlanks =
    " \t";  // between words; fastText knows no others within a line

/// The size of the text if it has none.
std::size_t first_white_space(std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t end = 0; begin < text.size(); begin = end) {
    const auto character = next_character(text, end);
    if (!character || is_white_space(*character)) break;
  }
  return begin;
}

struct LabelledLine {
  std::vector<std::string_view> labels;
  std::string text;
};

std::size_t find_label(std::string_view line, std::size_t begin) {
  std::size_t found = line.find(kFastTextLabel, begin);
  while (found != std::string_view::npos && found > 0 &&
         kBlanks.find(line[found - 1]) == std::string_view::npos) {
    found = line.find(kFastTextLabel, found + 1);  // in the middle of a word
  }
  return std::min(found, line.size());
}

LabelledLine take_labels(std::string_view line) {
  LabelledLine result;
  std::size_t begin = 0;
  while (begin < line.size()) {
    const std::size_t found = find_label(line, begin);
    result.text += line.substr(begin, found - begin);
    const std::size_t end = std::min(line.find_first_of(kBlanks, found), line.size());
    if (found < line.size()) {
      result.labels.push_back(
          line.substr(found + kFastTextLabel.size(), end - found - kFastTextLabel.size()));
    }
    begin = std::min(line.find_first_not_of(kBlanks, end), line.size());
  }
  const std::string_view text = trim(result.text);
  if (text.size() < result.text.size()) result.text = std::string(text);
  return result;
}

/// Bytes that are not UTF-8 are no blanks; most lines are told by their first byte.
bool is_blank_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return true;
  if ((line[first] & 0x80) == 0) return false;
  return !invalid_utf8(line) && trim(line).empty();
}

}  // namespace

bool has_fast_text_label(std::string_view line) {
  return find_label(line, 0) < line.size();
}

FastTextReader::FastTextReader(const Source& source, const ReadOptions& options)
    : RecordReader(source, options), lines_(source.content) {
  if (options.weight_column.empty()) return;
  throw mended_by(
      {"weight_column", "format"},
      UsageError(fmt::format("{}: lines of {} words have no columns, so none of weights",
                             source.name, kFastTextLabel)));
}

bool FastTextReader::next(Record& record) {
  do {
    if (!lines_.next(line_)) return false;
  } while (options_.labels && is_blank_line(line_.text));
  ++row_;
  if (line_.text.starts_with(kByteOrderMark)) line_.text.remove_prefix(kByteOrderMark.size());
  check_utf8(line_.text, line_.number);
  LabelledLine labelled = take_labels(line_.text);
  if (options_.labels && labelled.labels.empty()) {
    fail(line_.number, 0,
         fmt::format("no word begins with `{}`, as those of other lines do", kFastTextLabel),
         {"format", "bad_rows=skip"});
  }
  record = {std::move(labelled.text), {}, line_.number};
  for (const std::string_view label : labelled.labels) {
    if (options_.labels && label.empty()) {
      fail(line_.number, 0,
           fmt::format("`{}` has no label behind it; is there a blank too many?", kFastTextLabel),
           {"bad_rows=skip"});
    }
    add_labels(label, line_.number, record);
  }
  if (options_.labels) examine(record);
  return true;
}

void FastTextReader::Doubt::add(const Record& record, std::string_view label_of_it) {
  if (lines++ > 0) return;
  first = record.line;
  label = label_of_it;
}

void FastTextReader::examine(const Record& record) {
  if (record.text.empty()) without_text_.add(record, record.label);
  for (const std::string_view label : labels_of(record)) {
    if (!is_ascii(label) && first_white_space(label) < label.size())
      with_blanks_.add(record, label);
  }
}

void FastTextReader::finish(ReadReport& report) const {
  const auto warn = [&](const Doubt& doubt, std::string_view what) {
    if (doubt.lines == 0) return;
    report.warn(fmt::format("{}:{}: {} in {}, here {}", source_.name, doubt.first, what,
                            counted(doubt.lines, "line"), in_quotes(doubt.label)));
  };
  warn(without_text_, "no text is behind the label (a label ends at a blank or a tab)");
  warn(with_blanks_,
       "a label holds a blank that is no ASCII (a label ends at an ordinary blank or a tab)");
}

const std::vector<std::string>& FastTextReader::column_names() const {
  static const std::vector<std::string> names{"text"};
  return names;
}

}  // namespace unroll
