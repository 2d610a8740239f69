/// ByteWindow: the bytes of a file, of which a window is in memory.
///
/// A file of word vectors may have gigabytes. Its readers look at the window, take what they have
/// understood, and ask for more: what is taken makes room.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/text/byte_stream.h"

namespace unroll {

class ByteWindow {
 public:
  /// A line of this many bytes is none. A file without line ends must not fill the memory.
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20;

  /// "-" is standard input; gzip is unpacked. Throws DataError.
  explicit ByteWindow(const std::string& path) : bytes_(path) {}

  /// The name that messages use.
  const std::string& name() const noexcept { return bytes_.name(); }
  /// What was read and is not taken yet; lives until the next call of anything but `take`.
  std::string_view view() const noexcept { return std::string_view(buffer_).substr(begin_); }

  /// Reads until the window has so many bytes; false if the file ends before.
  bool need(std::size_t count);
  /// Takes bytes that are in the window.
  void take(std::size_t count) noexcept { begin_ += count; }
  /// Takes bytes whether they are in the window or not; false if the file ends before.
  bool skip(std::size_t count);
  /// The next line as `take_line` would take it; it stays.
  bool peek_line(std::string_view& line);
  /// Takes the next line, without its end, LF or CRLF; false at the end of the file. Throws
  /// DataError for a line that is too long.
  bool take_line(std::string_view& line);
  /// How many lines `take_line` has returned.
  std::size_t line_number() const noexcept { return line_number_; }

 private:
  bool more();

  ByteStream bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t line_number_ = 0;
  std::size_t line_bytes_ = 0;  // of the line that was peeked at, its end included
  bool at_end_ = false;
};

}  // namespace unroll
