/// LineStream: the lines of a file, a pipe or a terminal, in blocks of those that are there.
///
/// Somebody may write the next line only when the last one is answered, or write a million at once.
/// A block holds the lines that can be had without waiting, so the first is answered at once, and
/// the second gets full batches. However long the input is, one block of it is held.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/byte_stream.h"
#include "unroll/text/lines.h"

namespace unroll {

class LineStream {
 public:
  /// No text is this long: some million words. A file without line ends must not fill the memory.
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20;

  /// "-" is standard input; gzip is unpacked, a byte order mark dropped. Throws DataError.
  explicit LineStream(const std::string& path) : bytes_(path) {}

  /// The name that messages use.
  const std::string& name() const noexcept { return bytes_.name(); }

  /// The next lines, at most `most` of them; waits for one if there is none. Empty at the end. They
  /// live until the next call. Throws DataError with file:line(:column) for a line that is not
  /// UTF-8 or too long, after the lines before it were returned.
  std::span<const Line> read(std::size_t most);
  /// Whether `read` would return a line without waiting.
  bool ready() const noexcept { return line_end_ != std::string::npos; }

 private:
  void fill();
  void find_line_end(std::size_t from) noexcept;
  void drop_byte_order_mark() noexcept;
  Line next_line() const noexcept;
  void step_over(const Line& line) noexcept;
  void check_length() const;
  [[noreturn]] void fail(const Line& line, std::size_t offset) const;

  ByteStream bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;                     // of the next line
  std::size_t line_end_ = std::string::npos;  // of the next line, if all of it is there
  std::size_t number_ = 0;                    // of the line before it
  std::string mark_;                          // how the file begins: two bytes
  bool at_end_ = false;
  std::vector<Line> lines_;
};

}  // namespace unroll
