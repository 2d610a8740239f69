#include "unroll/text/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kListedColumns = 20;  // what a message names of a file with hundreds

std::optional<std::size_t> column_number(std::string_view name) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto [parsed, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || parsed != end || number == 0) return std::nullopt;
  return number;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kListedColumns); ++i) {
    list += (i == 0 ? "" : ", ") + in_quotes(trim(names[i]));
  }
  return list + (names.size() > kListedColumns ? ", …" : "");
}

/// `option`: the member of ReadOptions that has the name.
std::size_t find_column(const Row& header, std::string_view name, std::string_view option,
                        const std::string& file) {
  const auto is_it = [&](const std::string& field) { return trim(field) == name; };
  const auto found = std::find_if(header.fields.begin(), header.fields.end(), is_it);
  if (found != header.fields.end()) {
    if (std::find_if(found + 1, header.fields.end(), is_it) == header.fields.end()) {
      return static_cast<std::size_t>(found - header.fields.begin());
    }
    throw DataError({file, header.line},
                    fmt::format("two columns are named {}; rename one of them", in_quotes(name)));
  }
  const auto number = column_number(name);
  if (number && *number <= header.fields.size()) return *number - 1;
  throw mended_by(
      {option, "header"},
      DataError({file, header.line},
                fmt::format("there is no column {}; the columns are {}. Name one of them; if the "
                            "first line is data already, read it so and give column numbers",
                            in_quotes(name), list_of(header.fields))));
}

std::size_t require_number(const std::string& name, std::string_view option) {
  const auto number = column_number(name);
  if (number) return *number - 1;
  throw mended_by({option},
                  UsageError(fmt::format("without a header no column is named {}; give the "
                                         "column's number, counted from 1",
                                         in_quotes(name))));
}

}  // namespace

Columns columns_by_name(const Row& header, const ReadOptions& options, const std::string& file) {
  const std::size_t text = find_column(header, options.text_column, "text_column", file);
  if (!options.labels) return {text, text};
  return {text, find_column(header, options.label_column, "label_column", file)};
}

Columns columns_by_number(const ReadOptions& options) {
  const std::size_t text = require_number(options.text_column, "text_column");
  return {text, options.labels ? require_number(options.label_column, "label_column") : text};
}

}  // namespace unroll
