/// ByteStream: the bytes of a file or of standard input as they arrive, gzip unpacked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/gzip.h"

namespace unroll {

class ByteStream {
 public:
  /// `append_to` appends at most so many: what a pipe holds on Linux.
  static constexpr std::size_t kBlockBytes = 1 << 16;

  /// Opens the file; "-" is standard input. Throws DataError if it can't be opened.
  explicit ByteStream(const std::string& path);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// As it goes by in messages: `<stdin>` for "-".
  const std::string& name() const noexcept { return name_; }
  /// The size of a regular file as it lies on the disk; 0 for anything else.
  std::size_t size_on_disk() const noexcept { return size_on_disk_; }

  /// Appends the next bytes. They can be none yet, where a packed one is not complete. Waits only
  /// where `ready` is false. False at the end. Throws DataError for what can't be read or unpacked.
  bool append_to(std::string& content);
  /// Whether bytes, or the end, are there already.
  bool ready() const;

 private:
  enum class Form { kUnknown, kPlain, kGzip };
  bool append_block(std::string& content);
  bool begin(std::string& content);
  bool append_unpacked(std::string& content);

  std::string name_;
  int descriptor_;
  std::size_t size_on_disk_ = 0;
  Form form_ = Form::kUnknown;
  std::optional<GzipReader> gzip_;
  std::string packed_;     // read, and of unknown form or not yet unpacked
  std::size_t taken_ = 0;  // so many bytes of packed_ are unpacked
  bool has_more_ = false;  // zlib holds bytes for which there was no room
};

}  // namespace unroll
