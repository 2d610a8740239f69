#include "unroll/text/format.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unroll/text/columns.h"
#include "unroll/text/csv.h"
#include "unroll/text/fast_text.h"
#include "unroll/text/json_extent.h"
#include "unroll/text/lines.h"
#include "unroll/text/quotes.h"
#include "unroll/text/tsv.h"
#include "unroll/text/unicode.h"

namespace unroll {

namespace {

constexpr std::string_view kSeparators = "\t,;|";
/// So many rows tell how the others look.
constexpr std::size_t kRowsLookedAt = 20;

std::string_view without_leading(std::string_view content, std::string_view characters) {
  return content.substr(std::min(content.find_first_not_of(characters), content.size()));
}

// ------------------------------------------------------------------------------------------- JSON

/// Whether all of it is an array, of strings or of other arrays. Its reader says what is expected.
bool is_one_array(std::string_view content) {
  const JsonExtent extent = extent_of_json(content, 0);
  return extent.is_whole && without_leading(content.substr(extent.end), kJsonBlanks).empty();
}

/// Whether JSON's objects begin so, alone or in an array; or what some take for JSON.
bool is_json(std::string_view content) {
  content = without_leading(content, kJsonBlanks);
  const std::string_view all = content;
  const bool is_array = content.starts_with('[');
  if (is_array) content = without_leading(content.substr(1), kJsonBlanks);
  if (is_array && content.starts_with(']')) return true;
  if (is_array && (content.starts_with('"') || content.starts_with('['))) return is_one_array(all);
  if (!content.starts_with('{')) return false;
  content = without_leading(content.substr(1), kJsonBlanks);
  return content.empty() || std::string_view("\"}'").find(content[0]) != std::string_view::npos;
}

// ----------------------------------------------------------------------------- separator, quotes

/// The first rows, cut at a separator; none if they are not CSV.
std::vector<std::size_t> widths(std::string_view records, char separator, bool has_quotes) {
  std::vector<std::size_t> counts;
  Row row;
  const auto count = [&](auto reader) {
    while (counts.size() < kRowsLookedAt && reader.next(row)) counts.push_back(row.fields.size());
  };
  try {
    has_quotes ? count(CsvReader(records, separator)) : count(TsvReader(records, separator));
  } catch (const RowError&) {
    counts.clear();
  }
  return counts;
}

/// The cells of the first record, as CSV if it is that.
std::vector<std::string> first_cells(std::string_view records, char separator) {
  Row row;
  CsvReader quoted(records, separator);
  TsvReader plain(records, separator);
  try {
    if (!quoted.next(row)) return {};
  } catch (const RowError&) {
    plain.next(row);
  }
  std::vector<std::string> cells;
  for (const std::string_view field : row.fields) cells.emplace_back(trim(field));
  return cells;
}

std::optional<char> separator_of_names(std::string_view records, const ReadOptions& options) {
  if (!options.header) return std::nullopt;
  for (const char separator : kSeparators) {
    const auto cells = first_cells(records, separator);
    if (cells.size() > 1 && are_named(cells, options)) return separator;
  }
  return std::nullopt;
}

/// Whether the first record holds a tab that is not within quotes, or within quotes that are not
/// CSV's.
bool has_tab(std::string_view records) {
  const std::string_view first = first_line_of(records);
  if (first.find('\t') == std::string_view::npos) return false;
  Row row;
  try {
    CsvReader reader(records, ',');
    reader.next(row);
  } catch (const RowError&) {
    return true;
  }
  return std::ranges::any_of(row.fields, [&](std::string_view field) {
    return !was_quoted(field, row) && field.find('\t') != std::string_view::npos;
  });
}

/// How many fields a separator cuts each of the first rows into; 1 if they differ.
std::size_t even_width(std::string_view records, char separator) {
  const auto counts = widths(records, separator, true);
  const bool is_even = !counts.empty() && std::ranges::count(counts, counts[0]) ==
                                              static_cast<std::ptrdiff_t>(counts.size());
  return is_even ? counts[0] : 1;
}

/// How many labels the first rows have, cut at a separator; the column is named by its number.
std::size_t count_labels(std::string_view records, char separator, std::size_t column) {
  std::set<std::string> labels;
  CsvReader reader(records, separator);
  Row row;
  for (std::size_t i = 0; i < kRowsLookedAt && reader.next(row); ++i) {
    if (column <= row.fields.size()) labels.emplace(row.fields[column - 1]);
  }
  return labels.size();
}

/// Several separators may cut the first rows evenly. The one that makes the fewest labels is taken,
/// where their column is known: others cut the texts.
std::optional<char> separator_by_width(std::string_view records, const ReadOptions& options) {
  std::size_t column = 0;
  if (options.labels) {
    const std::string& name = options.label_column;
    std::from_chars(name.data(), name.data() + name.size(), column);
  }
  std::optional<char> best;
  std::size_t fewest = 0;
  for (const char separator : kSeparators.substr(1)) {
    if (even_width(records, separator) <= std::max<std::size_t>(column, 2) - 1) continue;
    const std::size_t labels = column == 0 ? 0 : count_labels(records, separator, column);
    if (best && labels >= fewest) continue;
    best = separator;
    fewest = labels;
  }
  return best;
}

char separator_of(std::string_view records, const ReadOptions& options) {
  if (options.separator) return *options.separator;
  if (const auto named = separator_of_names(records, options)) return *named;
  if (has_tab(records)) return '\t';
  return separator_by_width(records, options).value_or(',');
}

/// Excel's first line, which names the separator: `sep=;`, with quotes around it or not.
std::optional<char> named_separator(std::string_view line) {
  if (line.starts_with('"') && line.ends_with('"') && line.size() > 1)
    line = line.substr(1, line.size() - 2);
  if (line.size() < 5 || !(line.starts_with("sep=") || line.starts_with("SEP=")))
    return std::nullopt;
  // A program that wrote the line again may have padded it with empty cells.
  if (line.find_first_not_of(line[4], 5) != std::string_view::npos) return std::nullopt;
  return line[4];
}

Layout detect_table(std::string_view content, const ReadOptions& options,
                    const std::function<void()>& pause) {
  Layout layout;
  std::string_view records = without_leading(content, "\r\n");
  const std::string_view first = first_line_of(records);
  if (const auto named = named_separator(without_cr(first))) {
    layout.skipped = static_cast<std::size_t>(first.data() - content.data()) + first.size();
    layout.separator = options.separator.value_or(*named);
    records = content.substr(layout.skipped);
  } else {
    layout.separator = separator_of(records, options);
  }
  const bool is_tsv =
      options.format ? *options.format == RecordFormat::kTsv : layout.separator == '\t';
  layout.format = is_tsv ? RecordFormat::kTsv : RecordFormat::kCsv;
  layout.has_quotes = !is_tsv;
  if (options.quoting != Quoting::kByContent) {
    layout.has_quotes = options.quoting == Quoting::kOn;
  } else if (is_tsv) {
    const QuoteEvidence evidence = examine_quotes(records, layout.separator, pause);
    layout.has_quotes = evidence.are_of_the_file;
    layout.in_doubt = evidence.in_doubt;
    layout.doubt_line = evidence.first_line;
  }
  return layout;
}

}  // namespace

std::size_t even_columns(std::string_view content) {
  constexpr std::size_t kFewRows = 3;
  for (const char separator : kSeparators) {
    const std::size_t width = even_width(content, separator);
    if (width > 1 && widths(content, separator, true).size() >= kFewRows) return width;
  }
  return 1;
}

Layout detect_layout(std::string_view content, const ReadOptions& options,
                     const std::function<void()>& pause) {
  const bool is_free = !options.format && !options.separator;
  const auto as = [&](RecordFormat format) { return Layout{.format = format}; };
  if (options.format && *options.format != RecordFormat::kTsv &&
      *options.format != RecordFormat::kCsv)
    return as(*options.format);
  if (is_free && is_json(content)) return as(RecordFormat::kJson);
  if (is_free && has_fast_text_label(first_line_of(without_leading(content, " \t\r\n"))))
    return as(RecordFormat::kFastText);
  return detect_table(content, options, pause);
}

}  // namespace unroll
