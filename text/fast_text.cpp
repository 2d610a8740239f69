#include "unroll/text/fast_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/unicode.h"

namespace unroll {

namespace {

constexpr std::string_view kBlanks =
    " \t";  // between words; fastText knows no others within a line

struct LabelledLine {
  std::optional<std::string_view> label;
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
    if (found < line.size() && !result.label) {
      result.label =
          line.substr(found + kFastTextLabel.size(), end - found - kFastTextLabel.size());
    }
    begin = std::min(line.find_first_not_of(kBlanks, end), line.size());
  }
  result.text = trim(result.text);
  return result;
}

}  // namespace

void read_fast_text(std::string_view content, RecordList& records) {
  LineReader lines(content);
  for (Line line; lines.next(line);) {
    if (trim(line.text).empty()) continue;
    LabelledLine labelled = take_labels(line.text);
    if (records.labels() && !labelled.label) {
      throw DataError(
          {records.file(), line.number},
          fmt::format("no word begins with `{}`, as those of the first line do", kFastTextLabel));
    }
    records.add(std::move(labelled.text), labelled.label.value_or(""), line.number);
  }
}

}  // namespace unroll
