#include "unroll/text/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using Cells = std::vector<std::string>;

std::optional<std::size_t> column_number(std::string_view name) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto [parsed, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || parsed != end || number == 0) return std::nullopt;
  return number;
}

Cells trimmed(const Row& row) {
  Cells cells;
  for (const std::string_view field : row.fields) cells.emplace_back(trim(field));
  return cells;
}

/// `option`: the member of ReadOptions that has the name.
struct Wanted {
  std::string_view name;
  const char* option;
};

std::size_t find_column(const Cells& names, const Wanted& wanted, const Place& place) {
  const auto found = std::ranges::find(names, wanted.name);
  if (found != names.end()) {
    if (std::find(found + 1, names.end(), wanted.name) == names.end())
      return static_cast<std::size_t>(found - names.begin());
    throw mended_by(
        {wanted.option},
        DataError(
            place,
            fmt::format("two columns are named {}; rename one of them, or give the number of one",
                        in_quotes(wanted.name))));
  }
  const auto number = column_number(wanted.name);
  if (number && *number <= names.size()) return *number - 1;
  throw mended_by(
      {wanted.option, "header"},
      DataError(place,
                fmt::format("there is no column {}; the columns are {}. Name one of them; if the "
                            "first line is data already, read it so and give column numbers",
                            in_quotes(wanted.name), list_of_names(names))));
}

std::size_t require_number(const Wanted& wanted) {
  const auto number = column_number(wanted.name);
  if (number) return *number - 1;
  throw mended_by({wanted.option},
                  UsageError(fmt::format("without a header no column is named {}; give the "
                                         "column's number, counted from 1",
                                         in_quotes(wanted.name))));
}

/// A column may itself be named "title,body": then that is the one.
Cells text_names(const ReadOptions& options, const Cells& cells) {
  const bool is_one = std::ranges::find(cells, options.text_column) != cells.end();
  return is_one ? Cells{options.text_column} : parts_of(options.text_column);
}

bool has_weights(const ReadOptions& options) {
  return options.labels && !options.weight_column.empty();
}

template <typename Find>
Columns find_columns(const Cells& texts, const ReadOptions& options, Find find) {
  Columns columns;
  for (const std::string& name : texts) columns.texts.push_back(find(Wanted{name, "text_column"}));
  columns.label =
      options.labels ? find(Wanted{options.label_column, "label_column"}) : columns.texts.front();
  if (has_weights(options)) columns.weight = find(Wanted{options.weight_column, "weight_column"});
  columns.most =
      std::max({columns.label, std::ranges::max(columns.texts), columns.weight.value_or(0)});
  return columns;
}

/// A column that is asked for as two things.
struct Clash {
  std::size_t column;
  const char* first;  // what it is asked for as
  const char* second;
  std::vector<std::string> options;  // that name it
};

std::optional<Clash> clash_of(const Columns& columns, const ReadOptions& options) {
  const auto is_text = [&](std::size_t column) {
    return std::ranges::find(columns.texts, column) != columns.texts.end();
  };
  if (options.labels && is_text(columns.label))
    return Clash{columns.label, "text", "label", {"text_column", "label_column"}};
  if (!columns.weight) return std::nullopt;
  if (is_text(*columns.weight))
    return Clash{*columns.weight, "text", "weight", {"text_column", "weight_column"}};
  if (*columns.weight == columns.label)
    return Clash{*columns.weight, "label", "weight", {"label_column", "weight_column"}};
  return std::nullopt;
}

/// A name that is found as one, and is another column's number.
std::string ambiguity(std::string_view name, const Cells& cells, const Place& place) {
  const auto number = column_number(name);
  const auto found = std::ranges::find(cells, name);
  if (!number || found == cells.end() || *number > cells.size()) return "";
  const auto column = static_cast<std::size_t>(found - cells.begin()) + 1;
  if (column == *number) return "";
  return fmt::format("{}: column {} is number {}, which has this name, and not number {}",
                     to_string(place), in_quotes(name), column, *number);
}

}  // namespace

std::string list_of_names(const std::vector<std::string>& names) {
  constexpr std::size_t kListed = 20;  // of a file with hundreds
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i)
    list += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  return list + (names.size() > kListed ? fmt::format(", … ({} in all)", names.size()) : "");
}

std::vector<std::string> parts_of(std::string_view names) {
  Cells parts;
  for (std::size_t end = 0; end != std::string_view::npos; names.remove_prefix(end + 1)) {
    end = names.find(',');
    parts.emplace_back(trim(names.substr(0, end)));
    if (end == std::string_view::npos) break;
  }
  return parts;
}

Columns columns_by_name(const Row& header, const ReadOptions& options, const std::string& file,
                        std::string& warning) {
  const Place place{file, header.line};
  const Cells cells = trimmed(header);
  const Cells texts = text_names(options, cells);
  const Columns columns = find_columns(
      texts, options, [&](const Wanted& wanted) { return find_column(cells, wanted, place); });
  if (auto clash = clash_of(columns, options)) {
    clash->options.emplace_back("header");
    throw mended_by(
        std::move(clash->options),
        DataError(place, fmt::format("{} and {} are the same column, number {}, whose name is "
                                     "{}; if the first line is data already, read it so",
                                     clash->first, clash->second, clash->column + 1,
                                     in_quotes(cells[clash->column]))));
  }
  warning = ambiguity(texts.front(), cells, place);
  if (warning.empty() && options.labels) warning = ambiguity(options.label_column, cells, place);
  return columns;
}

Columns columns_by_number(const ReadOptions& options) {
  const Columns columns = find_columns(parts_of(options.text_column), options, require_number);
  auto clash = clash_of(columns, options);
  if (!clash) return columns;
  throw mended_by(std::move(clash->options),
                  UsageError(fmt::format("{} and {} are both column {}", clash->first,
                                         clash->second, clash->column + 1)));
}

bool are_named(const std::vector<std::string>& cells, const ReadOptions& options) {
  const auto is_there = [&](const std::string& name) {
    return std::ranges::find(cells, name) != cells.end();
  };
  return std::ranges::all_of(text_names(options, cells), is_there) &&
         (!options.labels || is_there(options.label_column)) &&
         (!has_weights(options) || is_there(options.weight_column));
}

std::vector<std::string> cells_of(std::string_view line, char separator) {
  Cells cells;
  for (std::size_t end = 0; end != std::string_view::npos; line.remove_prefix(end + 1)) {
    end = line.find(separator);
    std::string_view cell = trim(line.substr(0, end));
    if (cell.size() > 1 && cell.starts_with('"') && cell.ends_with('"'))
      cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
    if (end == std::string_view::npos) break;
  }
  return cells;
}

std::size_t line_of_names(std::string_view content, const ReadOptions& options) {
  constexpr std::size_t kLooked = 20, kLongest = 4096;
  LineReader lines(content);
  for (Line line; lines.next(line) && line.number <= kLooked;) {
    if (line.text.size() > kLongest || invalid_utf8(line.text)) continue;
    for (const char separator : std::string_view("\t,;|")) {
      const Cells cells = cells_of(line.text, separator);
      if (cells.size() > 1 && are_named(cells, options)) return line.number;
    }
  }
  return 0;
}

std::string between_names(std::string_view line, const ReadOptions& options) {
  line = trim(line);
  const std::string_view text = options.text_column, label = options.label_column;
  if (!options.labels || line.size() <= text.size() + label.size()) return "";
  const bool is_text_first = line.starts_with(text) && line.ends_with(label);
  if (!is_text_first && !(line.starts_with(label) && line.ends_with(text))) return "";
  const std::string_view between = line.substr(is_text_first ? text.size() : label.size(),
                                               line.size() - text.size() - label.size());
  constexpr std::size_t kLongest = 4;
  const bool is_word = std::ranges::any_of(
      between, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '"'; });
  return is_word || between.size() > kLongest ? "" : std::string(between);
}

bool are_numbers(const ReadOptions& options) {
  const Cells texts = parts_of(options.text_column);
  return std::ranges::all_of(texts,
                             [](const auto& name) { return column_number(name).has_value(); }) &&
         (!options.labels || column_number(options.label_column).has_value()) &&
         (!has_weights(options) || column_number(options.weight_column).has_value());
}

}  // namespace unroll
