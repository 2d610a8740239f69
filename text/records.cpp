#include "unroll/text/records.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/lines.h"
#include "unroll/text/record_file.h"
#include "unroll/text/source.h"

namespace unroll {

namespace {

std::vector<Record> read_all(RecordFile& file, const ReadOptions& options, ReadReport& report) {
  std::vector<Record> records;
  BadRowCount bad;
  for (Record record;;) {
    try {
      if (!file.reader().next(record)) break;
      records.push_back(std::move(record));
    } catch (const DataError& error) {
      if (options.bad_rows == BadRows::kFail) throw;
      bad.add(error.what());
    }
  }
  bad.require_others(records.size(), file.name());
  bad.report(report);
  return records;
}

}  // namespace

std::string what_weights_are() {
  return "a number above 0, from 1e-9 to 1e9";
}

std::string_view to_string(RecordFormat format) {
  switch (format) {
    case RecordFormat::kTsv:
      return "tsv";
    case RecordFormat::kCsv:
      return "csv";
    case RecordFormat::kJson:
      return "json";
    case RecordFormat::kFastText:
      return "fasttext";
    case RecordFormat::kLines:
      return "lines";
  }
  return "";
}

std::vector<Record> read_records(const std::string& path, const ReadOptions& options,
                                 ReadReport& report) {
  RecordFile file(path, options, report);
  std::vector<Record> records = read_all(file, options, report);
  file.reader().finish(report);
  if (options.labels) examine_labels(records, file.name(), report);
  return records;
}

std::vector<Record> read_records(const std::string& path, const ReadOptions& options) {
  ReadReport unread;
  return read_records(path, options, unread);
}

std::vector<std::string> read_lines(const std::string& path) {
  const Source source = read_source(path);
  std::vector<std::string> texts;
  LineReader lines(source.content);
  for (Line line; lines.next(line);) texts.emplace_back(line.text);
  return texts;
}

std::vector<std::string_view> labels_of(const Record& record) {
  if (record.label.empty()) return {};
  std::vector<std::string_view> labels{record.label};
  labels.insert(labels.end(), record.more_labels.begin(), record.more_labels.end());
  return labels;
}

bool have_any_number_of_labels(std::span<const Record> records) {
  return std::ranges::any_of(records, [](const Record& record) {
    return record.label.empty() || !record.more_labels.empty();
  });
}

std::vector<std::string_view> texts_of(std::span<const Record> records) {
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  return texts;
}

}  // namespace unroll
