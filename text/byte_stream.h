/// ByteStream: the bytes of a file or of standard input as they arrive, unpacked.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/compression.h"

namespace unroll {

class ByteStream {
 public:
  /// `append_to` appends at most this many bytes, which is what a pipe holds on Linux.
  static constexpr std::size_t kBlockBytes = 1 << 16;

  /// Opens the file; "-" is standard input. Throws DataError if it can't be opened.
  explicit ByteStream(const std::string& path);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// The name that messages use: `<stdin>` for "-".
  const std::string& name() const noexcept { return name_; }
  /// The size of a regular file as it lies on the disk; 0 for anything else.
  std::size_t size_on_disk() const noexcept { return size_on_disk_; }

  /// Appends the next bytes. Where a file is unpacked, there may be none until more of it has
  /// arrived. Waits only where `ready` is false. Returns false at the end. Throws DataError for
  /// what can't be read or unpacked.
  bool append_to(std::string& content);
  /// Whether bytes, or the end, have already arrived.
  bool ready() const;
  /// How the file is packed; kNone before the first bytes.
  Compression compression() const noexcept { return compression_.value_or(Compression::kNone); }

 private:
  bool append_block(std::string& content);
  bool begin(std::string& content);
  bool append_unpacked(std::string& content);

  std::string name_;
  int descriptor_;
  std::size_t size_on_disk_ = 0;
  std::optional<Compression> compression_;  // none until enough bytes are there to tell
  std::unique_ptr<Unpacker> unpacker_;
  std::string packed_;     // read, and of unknown form or not yet unpacked
  std::size_t taken_ = 0;  // how many bytes of packed_ are unpacked
  bool has_more_ = false;  // the unpacker holds bytes for which there was no room
};

}  // namespace unroll
