#include "unroll/tools/classifier/split_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/labels.h"
#include "unroll/text/quotes.h"
#include "unroll/text/split.h"

namespace unroll {

namespace {

constexpr std::string_view kHeader = "label\ttext\n", kQuotedHeader = "\"label\"\t\"text\"\n";
constexpr std::string_view kBreaks = "\t\n\v\f\r";

/// How fields are written: as they are, or in quotes where they need them. A reader tells by the
/// first line, which is in quotes then.
enum class Fields : std::uint8_t { kPlain, kQuoted };

bool has_break(std::string_view text) {
  return text.find_first_of(kBreaks) != std::string_view::npos;
}

void append_quoted(std::string_view text, std::string& line) {
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

void append_field(std::string_view text, Fields fields, std::string& line) {
  const bool needs = has_break(text) || text.find('"') != std::string_view::npos;
  if (fields == Fields::kQuoted && needs) return append_quoted(text, line);
  line += text;
}

/// Says whether the text had to be changed: its tabs and line breaks become spaces.
bool append_row(const Record& record, std::string_view separator, Fields fields,
                std::string& content) {
  append_field(fmt::format("{}", fmt::join(labels_of(record), separator)), fields, content);
  content += '\t';
  const bool changes = has_break(record.text);
  std::string text = record.text;
  if (changes)
    std::ranges::replace_if(
        text, [](char c) { return kBreaks.find(c) != std::string_view::npos; }, ' ');
  append_field(text, fields, content);
  content += '\n';
  return changes;
}

bool has_broken_label(std::span<const Record> records) {
  return std::ranges::any_of(records, [](const Record& record) {
    return std::ranges::any_of(labels_of(record), has_break);
  });
}

std::string write_rows(std::span<const Record* const> records, std::string_view separator,
                       Fields fields, std::size_t& flattened) {
  std::string content(fields == Fields::kQuoted ? kQuotedHeader : kHeader);
  flattened = 0;
  for (const Record* record : records)
    flattened += append_row(*record, separator, fields, content) ? 1 : 0;
  return content;
}

/// Rows whose quotes would be taken for the file's when they are read again are written with quotes
/// of the file, and so are labels of several lines.
std::string to_tsv(std::span<const Record* const> records, std::string_view separator, Fields least,
                   std::size_t& flattened) {
  std::string plain = write_rows(records, separator, Fields::kPlain, flattened);
  if (least == Fields::kPlain && !examine_quotes(plain, '\t').are_of_the_file) return plain;
  return write_rows(records, separator, Fields::kQuoted, flattened);
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
  const Fields least = has_broken_label(records) ? Fields::kQuoted : Fields::kPlain;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    std::vector<const Record*> rows;
    for (const std::size_t row : parts[p]) rows.push_back(&records[row]);
    std::size_t flattened = 0;
    contents.push_back(to_tsv(rows, result.separator, least, flattened));
    result.rows[p] = rows.size();
    result.flattened += flattened;
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
  std::vector<std::string_view> labels;
  for (const auto& [label, rows] : rows_by_label(records)) labels.push_back(label);
  if (const std::string_view separator = separator_of(labels); !separator.empty())
    return std::string(separator);
  throw DataError(
      "some labels hold commas, semicolons and bars: nothing is left to write between "
      "the labels of a text");
}

std::string to_tsv(std::span<const Record> records, std::size_t& flattened) {
  std::vector<const Record*> rows;
  for (const Record& record : records) rows.push_back(&record);
  const Fields least = has_broken_label(records) ? Fields::kQuoted : Fields::kPlain;
  return to_tsv(rows, label_separator(records), least, flattened);
}

}  // namespace unroll
