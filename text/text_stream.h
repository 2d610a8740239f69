/// TextStream: the bytes of a file as UTF-8 as they arrive: unpacked, decoded, without byte order
/// mark. What is surely no text is refused. Bytes that are not UTF-8 pass: who has a row of them
/// can say which one it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/byte_stream.h"
#include "unroll/text/decoder.h"

namespace unroll {

class TextStream {
 public:
  /// "-" is standard input. `encoding` is a name that ICU knows; "" reads UTF-8, and UTF-16 where
  /// that is certain. Throws DataError if the file can't be opened, UsageError for an encoding that
  /// does not exist.
  explicit TextStream(const std::string& path, std::string encoding = "");

  const std::string& name() const noexcept { return bytes_.name(); }
  std::size_t size_on_disk() const noexcept { return bytes_.size_on_disk(); }
  /// What the bytes are decoded from; "" for UTF-8.
  const std::string& encoding() const noexcept { return encoding_; }

  /// Whether an encoding was asked for, but the file begins like UTF-8.
  bool is_doubtful() const noexcept { return is_doubtful_; }

  /// As ByteStream's. Throws DataError also for another kind of file.
  bool append_to(std::string& text);
  bool ready() const { return bytes_.ready(); }

 private:
  bool begin(std::string& text);
  void choose_decoder();
  void doubt(std::string_view decoded);
  bool append_decoded(std::string& text);

  ByteStream bytes_;
  std::string encoding_;
  std::optional<Decoder> decoder_;
  std::string block_;  // as it was read
  bool is_doubtful_ = false;
  bool has_begun_ = false;  // the first bytes are there, and told what they are
};

/// The mark of UTF-8 at the beginning of a file, and where files were joined.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace unroll
