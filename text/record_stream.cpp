#include "unroll/text/record_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/hash.h"

namespace unroll {

RecordStream::RecordStream(const std::string& path, const ReadOptions& options,
                           const std::filesystem::path& spool)
    : options_(options),
      file_(map_source(path, {.encoding = options.encoding}, spool), options_, report_) {}

RecordStream::RecordStream(const std::string& path, const ReadOptions& options)
    : RecordStream(path, options,
                   std::filesystem::temp_directory_path() / fmt::format("unroll.{}", ::getpid())) {}

/// The next record that can be read.
bool RecordStream::take(Record& record) {
  while (true) {
    try {
      return file_.reader().next(record);
    } catch (const DataError& error) {
      if (options_.bad_rows == BadRows::kFail) throw;
      if (is_first_pass_) bad_.add(error.what());
    }
  }
}

std::span<Record> RecordStream::read(std::size_t text_bytes) {
  constexpr std::size_t kMostRows = std::size_t{1} << 14;
  file_.source().mapped->require_unchanged();
  file_.source().release();
  std::size_t count = 0;
  for (std::size_t bytes = 0; bytes < text_bytes && count < kMostRows; ++count) {
    if (count == block_.size()) block_.emplace_back();
    if (!take(block_[count])) break;
    bytes += block_[count].text.size();
  }
  records_ += count;
  if (count == 0 && std::exchange(is_first_pass_, false)) finish();
  return std::span(block_).first(count);
}

void RecordStream::finish() {
  bad_.require_others(records_, name());
  bad_.report(report_);
  file_.reader().finish(report_);
}

void RecordStream::rewind() {
  if (is_first_pass_) bad_ = {};
  file_.rewind();
}

std::string RecordStream::hash() const {
  Hash hash;
  const Source& source = file_.source();
  source.mapped->for_each_piece(source.content, [&](std::string_view piece) { hash.add(piece); });
  return hash.digits();
}

}  // namespace unroll
