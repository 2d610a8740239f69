#include "unroll/text/records.h"

#include "unroll/text/fast_text.h"
#include "unroll/text/format.h"
#include "unroll/text/json_lines.h"
#include "unroll/text/lines.h"
#include "unroll/text/record_list.h"
#include "unroll/text/source.h"
#include "unroll/text/table.h"

namespace unroll {

namespace {

void read_format(RecordFormat format, std::string_view content, const ReadOptions& options,
                 RecordList& records) {
  switch (format) {
    case RecordFormat::kTsv:
      return read_tsv(content, options, records);
    case RecordFormat::kCsv:
      return read_csv(content, options, records);
    case RecordFormat::kJsonLines:
      return read_json_lines(content, options, records);
    case RecordFormat::kFastText:
      return read_fast_text(content, records);
  }
}

}  // namespace

std::string_view to_string(RecordFormat format) {
  switch (format) {
    case RecordFormat::kTsv:
      return "tsv";
    case RecordFormat::kCsv:
      return "csv";
    case RecordFormat::kJsonLines:
      return "json-lines";
    case RecordFormat::kFastText:
      return "fasttext";
  }
  return "";
}

std::vector<Record> read_records(const std::string& path, const ReadOptions& options) {
  const Source source = read_source(path, options.most_bytes);
  RecordList records(source.name, options.labels);
  read_format(detect_format(source.content), source.content, options, records);
  return records.take();
}

std::vector<std::string> read_lines(const std::string& path) {
  const Source source = read_source(path);
  std::vector<std::string> texts;
  LineReader lines(source.content);
  for (Line line; lines.next(line);) texts.emplace_back(line.text);
  return texts;
}

}  // namespace unroll
