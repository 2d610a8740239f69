#include "unroll/tools/classifier/split_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/split.h"

namespace unroll {

namespace {

constexpr std::string_view kHeader = "label\ttext\n";
constexpr std::string_view kBreaks = "\t\n\v\f\r";

/// The text as a TSV field; says whether it had to be changed.
bool append_field(std::string_view text, std::string& line) {
  bool changed = false;
  for (char c : text) {
    const bool breaks = kBreaks.find(c) != std::string_view::npos;
    changed = changed || breaks;
    line += breaks ? ' ' : c;
  }
  return changed;
}

/// Says whether the text had to be changed.
bool append_row(const Record& record, std::string_view separator, std::string& content) {
  append_field(fmt::format("{}", fmt::join(labels_of(record), separator)), content);
  content += '\t';
  const bool changed = append_field(record.text, content);
  content += '\n';
  return changed;
}

/// A part without rows helps nobody, and is found out late.
void require_rows(std::span<const std::vector<std::size_t>> parts, std::size_t rows,
                  bool by_text_alone) {
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (!parts[p].empty()) continue;
    throw DataError(fmt::format(
        "{} would have no rows: the {} rows hold too few {}; nothing was written", kPartFiles[p],
        rows, by_text_alone ? "different texts" : "groups and texts that may be apart"));
  }
}

}  // namespace

CleanResult find_repeats(std::span<const Record> records) {
  std::map<std::string_view, std::set<std::set<std::string_view>>> labels;
  for (const Record& record : records) {
    const std::vector<std::string_view> of_row = labels_of(record);
    labels[record.text].emplace(of_row.begin(), of_row.end());
  }
  CleanResult result;
  std::set<std::string_view> seen;
  for (std::size_t row = 0; row < records.size(); ++row) {
    const Record& record = records[row];
    if (labels.at(record.text).size() > 1) {
      ++result.conflicts;
    } else if (!seen.insert(record.text).second) {
      ++result.repeats;
    } else {
      result.kept.push_back(row);
    }
  }
  return result;
}

SplitResult write_split(std::span<const Record> records, std::span<const double> fractions,
                        std::uint64_t seed, const std::filesystem::path& folder,
                        std::span<const std::string> groups) {
  const auto parts = stratified_split(records, fractions, seed, groups);
  require_rows(parts, records.size(), groups.empty());
  SplitResult result;
  result.separator = label_separator(records);
  std::vector<std::string> contents;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    std::string& content = contents.emplace_back(kHeader);
    result.rows[p] = parts[p].size();
    for (const std::size_t row : parts[p])
      result.flattened += append_row(records[row], result.separator, content) ? 1 : 0;
  }
  make_folder(folder);
  std::vector<NewFile> files;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    files.push_back({folder / kPartFiles[p], contents[p]});
  }
  write_files(files);
  return result;
}

std::string label_separator(std::span<const Record> records) {
  if (!have_any_number_of_labels(records)) return "";
  for (const char* separator : {",", ";", "|", " | "}) {
    const bool is_free = std::ranges::none_of(records, [&](const Record& record) {
      return std::ranges::any_of(labels_of(record), [&](std::string_view label) {
        return label.find(separator) != std::string_view::npos;
      });
    });
    if (is_free) return separator;
  }
  throw DataError(
      "some labels hold commas, semicolons and bars: nothing is left to write between "
      "the labels of a text");
}

std::string to_tsv(std::span<const Record> records, std::size_t& flattened) {
  std::string content(kHeader);
  const std::string separator = label_separator(records);
  for (const Record& record : records) flattened += append_row(record, separator, content) ? 1 : 0;
  return content;
}

}  // namespace unroll
