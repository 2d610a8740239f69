/// MappedFile: the bytes of a file as memory. The system reads a page when it is first touched, and
/// a page that was touched counts as memory of the process until it is let go. A file larger than
/// memory is read from begin to end, or here and there, while what was read is let go in between.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "unroll/core/descriptor.h"
#include "unroll/core/function_ref.h"
#include "unroll/core/range.h"

namespace unroll {

class MappedFile {
 public:
  /// Throws DataError if the file is missing, unreadable or no regular file.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string_view bytes() const noexcept { return {data_, size_}; }

  /// Lets all pages go. Their bytes stay where they are, and are read again if they are touched.
  void release() const noexcept;
  /// Calls body(piece) for these bytes of the file in order, a few megabytes at a time, and lets go
  /// of each behind it.
  void for_each_piece(std::string_view bytes, FunctionRef<std::string_view> body) const;
  /// These bytes will be touched soon: the system may read them ahead.
  void expect(Range bytes) const noexcept;
  /// Throws DataError if the file was cut or written to since it was opened: a page behind the end
  /// of a file can't be read, and touching one would end the process.
  void require_unchanged() const;

 private:
  struct Stamp {
    std::size_t size = 0;
    long long seconds = 0, nanoseconds = 0;  // of its last change
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(int descriptor, const std::filesystem::path& path);

  std::filesystem::path path_;
  Descriptor file_;
  Stamp stamp_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace unroll
