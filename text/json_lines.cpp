#include "unroll/text/json_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using nlohmann::json;

json parse_object(const Line& line, const std::string& file) {
  json object;
  try {
    object = json::parse(line.text.begin(), line.text.end());
  } catch (const json::exception& error) {
    const auto* parse_error = dynamic_cast<const json::parse_error*>(&error);
    const std::size_t column = parse_error != nullptr ? parse_error->byte : 0;
    throw DataError({file, line.number, column},
                    "this is not valid JSON; expected one whole object on each line");
  }
  if (object.is_object()) return object;
  throw DataError(
      {file, line.number},
      fmt::format("found JSON of type {}, expected one object on each line", object.type_name()));
}

std::string list_of_keys(const json& object) {
  std::string list;
  for (const auto& item : object.items())
    list += (list.empty() ? "" : ", ") + in_quotes(item.key());
  return list.empty() ? "(none)" : list;
}

/// `option`: the member of ReadOptions that has the key.
const json& value_of(const json& object, const std::string& key, std::string_view option,
                     const Place& place) {
  const auto found = object.find(key);
  if (found != object.end()) return *found;
  throw mended_by(
      {option},
      DataError(place, fmt::format("there is no key {}; the keys are {}. Name one of them",
                                   in_quotes(key), list_of_keys(object))));
}

std::string text_of(const json& object, const ReadOptions& options, const Place& place) {
  const json& value = value_of(object, options.text_column, "text_column", place);
  if (value.is_string()) return value.get<std::string>();
  throw DataError(place, fmt::format("{} is of type {}, expected a string",
                                     in_quotes(options.text_column), value.type_name()));
}

std::string label_of(const json& object, const ReadOptions& options, const Place& place) {
  const json& value = value_of(object, options.label_column, "label_column", place);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  throw DataError(place, fmt::format("{} is of type {}, expected a string, a number or a boolean",
                                     in_quotes(options.label_column), value.type_name()));
}

}  // namespace

void read_json_lines(std::string_view content, const ReadOptions& options, RecordList& records) {
  LineReader lines(content);
  for (Line line; lines.next(line);) {
    if (trim(line.text).empty()) continue;
    const json object = parse_object(line, records.file());
    const Place place{records.file(), line.number};
    records.add(text_of(object, options, place),
                options.labels ? label_of(object, options, place) : std::string(), line.number);
  }
}

}  // namespace unroll
