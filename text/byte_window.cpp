#include "unroll/text/byte_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

/// Reads one block more; false at the end of the file.
bool ByteWindow::more() {
  if (at_end_) return false;
  buffer_.erase(0, std::exchange(begin_, 0));
  at_end_ = !bytes_.append_to(buffer_);
  return !at_end_;
}

bool ByteWindow::need(std::size_t count) {
  while (view().size() < count) {
    if (!more()) return false;
  }
  return true;
}

bool ByteWindow::skip(std::size_t count) {
  while (count > view().size()) {
    count -= view().size();
    begin_ = buffer_.size();
    if (!more()) return false;
  }
  take(count);
  return true;
}

bool ByteWindow::peek_line(std::string_view& line) {
  std::size_t end = view().find('\n');
  while (end == std::string_view::npos) {
    const std::size_t searched = view().size();
    if (searched > kLongestLine) {
      throw DataError(
          {name(), line_number_ + 1},
          fmt::format("the line is longer than {} MiB; are there line ends in the file?",
                      kLongestLine >> 20));
    }
    if (!more()) break;
    end = view().find('\n', searched);
  }
  line = view().substr(0, end);
  line_bytes_ = std::min(line.size() + 1, view().size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line_bytes_ > 0;
}

bool ByteWindow::take_line(std::string_view& line) {
  if (!peek_line(line)) return false;
  take(line_bytes_);
  ++line_number_;
  return true;
}

}  // namespace unroll
