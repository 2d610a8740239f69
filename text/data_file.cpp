#include "unroll/text/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/json_object.h"
#include "unroll/text/labels.h"
#include "unroll/text/record_file.h"
#include "unroll/text/record_stream.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

[[noreturn]] void fail(const std::string& file, const std::string& column,
                       const std::string& what) {
  throw mended_by({"group_column"}, DataError(fmt::format("{}: there is no column {} of groups; {}",
                                                          file, in_quotes(column), what)));
}

/// The column with this name, or else this number, counted from 0.
std::optional<std::size_t> find_column(const std::vector<std::string>& names,
                                       std::string_view column) {
  const auto found = std::ranges::find(names, column, [](const std::string& n) { return trim(n); });
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
  const bool is_number = error == std::errc() && end == column.data() + column.size();
  return is_number && number > 0 ? std::optional(number - 1) : std::nullopt;
}

std::string group_in_object(std::string_view json, const std::string& key,
                            const std::string& file) {
  JsonObject object;
  object.want(key);
  object.parse(json);
  if (object[key].type == nullptr) fail(file, key, "the keys are " + list_of_keys(json));
  return object[key].text;
}

/// The value of the column of groups in the record that was read last.
std::string group_of(RecordReader& reader, const std::string& column, const std::string& file) {
  if (!reader.raw_json().empty()) return group_in_object(reader.raw_json(), column, file);
  const auto place = find_column(reader.column_names(), column);
  const auto cells = reader.cells();
  if (!place || *place >= cells.size()) {
    fail(file, column, "the columns are " + list_of_names(reader.column_names()));
  }
  return std::string(trim(cells[*place]));
}

}  // namespace

DataFile read_data_file(const std::string& path, const ReadOptions& options, ReadReport& report,
                        const std::string& group_column) {
  RecordFile file(path, options, report);
  DataFile data;
  data.name = file.name();
  data.format = to_string(file.layout().format);
  BadRowCount bad;
  for (Record record;;) {
    try {
      if (!file.reader().next(record)) break;
    } catch (const DataError& error) {
      if (options.bad_rows == BadRows::kFail) throw;
      bad.add(error.what());
      continue;
    }
    if (!group_column.empty())
      data.groups.push_back(group_of(file.reader(), group_column, data.name));
    data.records.push_back(std::move(record));
  }
  bad.report(report);
  bad.require_others(data.records.size(), data.name);
  data.columns = file.reader().column_names();
  file.reader().finish(report);
  if (options.labels) examine_labels(data.records, data.name, report);
  return data;
}

DataFile read_beginning(const std::string& path, const ReadOptions& options, ReadReport& report,
                        std::size_t most_bytes) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  if (!is_plain_text(path, {.encoding = options.encoding}))
    return read_data_file(path, options, report);
  RecordStream stream(path, options);
  DataFile data;
  data.name = stream.name();
  data.format = to_string(stream.file().layout().format);
  std::map<std::string, LabelRows> labels;
  std::size_t bytes = 0;
  for (auto block = stream.read(kBlockBytes); !block.empty(); block = stream.read(kBlockBytes)) {
    for (Record& record : block) {
      if (options.labels) count_labels(record, labels);
      bytes += record.text.size();
      if (data.left_out > 0 || (bytes > most_bytes && !data.records.empty())) {
        ++data.left_out;
      } else {
        data.records.push_back(std::move(record));
      }
    }
  }
  data.columns = stream.file().reader().column_names();
  report = stream.report();
  if (options.labels)
    examine_labels(views_of(labels), data.records.size() + data.left_out, data.name, report);
  return data;
}

}  // namespace unroll
