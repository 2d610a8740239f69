#include "unroll/text/record_file.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/text/counted.h"
#include "unroll/text/fast_text.h"
#include "unroll/text/json.h"
#include "unroll/text/plain_text.h"
#include "unroll/text/table.h"

namespace unroll {

namespace {

std::unique_ptr<RecordReader> make_reader(const Source& source, const Layout& layout,
                                          const ReadOptions& options, ReadReport& report) {
  switch (layout.format) {
    case RecordFormat::kTsv:
    case RecordFormat::kCsv:
      return make_table_reader(source, layout, options, report);
    case RecordFormat::kJson:
      return std::make_unique<JsonReader>(source, options);
    case RecordFormat::kFastText:
      return std::make_unique<FastTextReader>(source, options);
    case RecordFormat::kLines:
      return std::make_unique<PlainTextReader>(source, options);
  }
  return nullptr;
}

}  // namespace

void report_encoding(const std::string& name, const std::string& encoding, bool is_doubtful,
                     ReadReport& report) {
  if (is_doubtful) {
    report.warn(fmt::format("{}: this is valid UTF-8, and is read as {} because that was asked for",
                            name, encoding));
  } else if (!encoding.empty()) {
    report.note(fmt::format("{}: read as {}", name, encoding));
  }
}

RecordFile::RecordFile(const std::string& path, const ReadOptions& options, ReadReport& report)
    : RecordFile(read_any_source(path, {options.encoding, options.most_bytes}), options, report) {}

RecordFile::RecordFile(Source source, const ReadOptions& options, ReadReport& report)
    : options_(std::make_unique<ReadOptions>(options)),
      source_(std::make_unique<Source>(std::move(source))),
      layout_(detect_layout(source_->content, options, [this] { source_->release(); })),
      reader_(make_reader(*source_, layout_, *options_, report)) {
  report_encoding(source_->name, source_->encoding, source_->is_doubtful, report);
}

void RecordFile::rewind() {
  ReadReport said_already;
  reader_ = make_reader(*source_, layout_, *options_, said_already);
}

void BadRowCount::add(const std::string& error) {
  constexpr std::size_t kNamed = 3;
  if (count_++ < kNamed) first_ += "\n  " + error;
}

void BadRowCount::require_others(std::size_t good, const std::string& file) const {
  if (good > 0) return;
  const std::string why = count_ == 0 ? ""
                                      : fmt::format(" that can be read; {} {} bad, the first {}{}",
                                                    count_, count_ == 1 ? "row is" : "rows are",
                                                    count_ == 1 ? "is" : "are", first_);
  throw DataError(fmt::format("{}: the file holds no records{}", file, why));
}

void BadRowCount::report(ReadReport& report) const {
  report.bad_rows += count_;
  if (count_ > 0)
    report.warn(fmt::format("{} {} left out; the first {}{}", counted(count_, "bad row"),
                            by_count(count_, "was", "were"), by_count(count_, "is", "are"),
                            first_));
}

}  // namespace unroll
