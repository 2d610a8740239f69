/// LineStream: the lines of a file, a pipe or a terminal, in blocks of those that are there.
///
/// Somebody may write the next line only when the last one is answered, or write a million at once.
/// A block holds the lines that can be had without waiting, so the first is answered at once, and
/// the second gets full batches. However long the input is, one block of it is held.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/text/lines.h"
#include "unroll/text/source.h"
#include "unroll/text/text_stream.h"

namespace unroll {

class LineStream {
 public:
  /// No text is this long: some million words. A file without line ends must not fill the memory.
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20;

  /// "-" is standard input. What TextStream unpacks, decodes and refuses, this does. Throws
  /// DataError.
  explicit LineStream(const std::string& path, std::string encoding = "")
      : bytes_(path, std::move(encoding)) {}

  /// The name that messages use.
  const std::string& name() const noexcept { return bytes_.name(); }
  /// What the bytes are decoded from; "" for UTF-8, and before the first line.
  const std::string& encoding() const noexcept { return bytes_.encoding(); }
  /// As TextStream's.
  bool is_doubtful() const noexcept { return bytes_.is_doubtful(); }

  /// The next lines, at most `most` of them; waits for one if there is none. Empty at the end. They
  /// live until the next call. Throws DataError with file:line(:column) for a line that is not
  /// UTF-8 or too long, after the lines before it were returned; the next call goes on behind it.
  std::span<const Line> read(std::size_t most);
  /// What has arrived and is not read yet: at least a line, for which it waits, or what there is.
  /// `read` and `take_all` give it again.
  std::string_view peek();
  /// Reads what is left to its end, as one text.
  std::string take_all();
  /// Whether the input is a file on a disk: all of it is there, and nobody waits for an answer.
  bool is_regular() const noexcept { return bytes_.size_on_disk() > 0; }
  /// Whether `read` would return a line without waiting.
  bool ready() const noexcept { return line_end_ != std::string::npos; }

 private:
  void fill();
  void add_block();
  void find_line_end(std::size_t from) noexcept;
  void tell_line_ends(std::size_t from) noexcept;
  Line next_line() const noexcept;
  void step_over(const Line& line) noexcept;
  bool is_too_long() const noexcept;
  [[noreturn]] void refuse_long_line();
  void skip_long_line();
  [[noreturn]] void fail(const Line& line, std::size_t offset) const;

  TextStream bytes_;
  mutable NotUtf8 not_utf8_;
  std::string buffer_;
  std::size_t begin_ = 0;                     // of the next line
  std::size_t line_end_ = std::string::npos;  // of the next line, if all of it is there
  std::size_t number_ = 0;                    // of the line before it
  std::optional<bool> ends_by_cr_;            // none until a line end was seen
  bool at_end_ = false;
  bool is_in_long_line_ = false;  // one that was refused, whose end is not there yet
  std::vector<Line> lines_;
};

}  // namespace unroll
