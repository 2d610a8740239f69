/// RecordFile: a file of records, opened: its text and the reader of its format.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "unroll/text/format.h"
#include "unroll/text/record_reader.h"

namespace unroll {

/// Notes what encoding a file was read in, if not as UTF-8; warns if the bytes are UTF-8 as well.
void report_encoding(const std::string& name, const std::string& encoding, bool is_doubtful,
                     ReadReport& report);

class RecordFile {
 public:
  /// Reads the text and its layout. Throws what read_records throws that is not about one record.
  RecordFile(const std::string& path, const ReadOptions& options, ReadReport& report);
  /// The same for a text that is read already.
  RecordFile(Source source, const ReadOptions& options, ReadReport& report);

  const std::string& name() const noexcept { return source_->name; }
  const Layout& layout() const noexcept { return layout_; }
  RecordReader& reader() noexcept { return *reader_; }
  const RecordReader& reader() const noexcept { return *reader_; }
  const Source& source() const noexcept { return *source_; }
  /// The reader begins anew.
  void rewind();

 private:
  std::unique_ptr<ReadOptions> options_;  // where the reader finds them after a move, too
  std::unique_ptr<Source> source_;
  Layout layout_;
  std::unique_ptr<RecordReader> reader_;
};

/// What was skipped with BadRows::kSkip: how many records, and the first errors.
class BadRowCount {
 public:
  void add(const std::string& error);
  std::size_t count() const noexcept { return count_; }
  /// Throws DataError, with the first errors, if no record of the file was good.
  void require_others(std::size_t good, const std::string& file) const;
  /// Warns if there are any.
  void report(ReadReport& report) const;

 private:
  std::size_t count_ = 0;
  std::string first_;
};

}  // namespace unroll
