/// RecordStream: the records of a file, some at a time, as often as they are asked for. The file
/// may be larger than memory: what is read of it is let go.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/record_file.h"

namespace unroll {

class RecordStream {
 public:
  /// The file is mapped, by way of `spool` where it must be (map_source). Throws what read_records
  /// throws that is not about one record, and DiskError.
  RecordStream(const std::string& path, const ReadOptions& options,
               const std::filesystem::path& spool);
  /// The spool is in the folder for temporary files.
  RecordStream(const std::string& path, const ReadOptions& options);

  const std::string& name() const noexcept { return file_.name(); }
  /// Bytes of the text.
  std::size_t bytes() const noexcept { return file_.source().content.size(); }
  const RecordFile& file() const noexcept { return file_; }
  /// The next records, with about so many bytes of text; none at the end. They live until the next
  /// call. Throws DataError as read_records does.
  std::span<Record> read(std::size_t text_bytes);
  /// Begins anew, for other records than those that came: bad rows are skipped without a word.
  void rewind();
  /// The bytes of all of the text, hashed.
  std::string hash() const;
  /// What was met on the way. Whole only when `read` has returned none.
  const ReadReport& report() const noexcept { return report_; }

 private:
  bool take(Record& record);
  void finish();

  ReadOptions options_;
  ReadReport report_;
  RecordFile file_;
  BadRowCount bad_;
  bool is_first_pass_ = true;
  std::size_t records_ = 0;
  std::vector<Record> block_;
};

}  // namespace unroll
