#include "unroll/text/line_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/source.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// This much of what is there already is read ahead: some hundred lines, for full batches.
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

}  // namespace

std::span<const Line> LineStream::read(std::size_t most) {
  lines_.clear();
  if (!ready()) fill();
  while (ready() && lines_.size() < most) {
    const Line line = next_line();
    if (const auto offset = invalid_utf8(line.text)) {
      if (!lines_.empty()) break;
      fail(line, *offset);
    }
    lines_.push_back(line);
    step_over(line);
  }
  return lines_;
}

/// Reads until there is a line, and then what else is there already.
void LineStream::fill() {
  buffer_.erase(0, std::exchange(begin_, 0));
  const auto wants_more = [&] {
    return !ready() || (buffer_.size() < kBlockBytes && bytes_.ready());
  };
  while (!at_end_ && wants_more()) {
    const std::size_t before = buffer_.size();
    at_end_ = !bytes_.append_to(buffer_);
    if (number_ == 0) drop_byte_order_mark();
    if (!ready()) find_line_end(std::max(before, begin_));
    check_length();
  }
}

/// The last line of a file may lack its line end.
void LineStream::find_line_end(std::size_t from) noexcept {
  line_end_ = buffer_.find('\n', from);
  if (!ready() && at_end_ && begin_ < buffer_.size()) line_end_ = buffer_.size();
}

void LineStream::drop_byte_order_mark() noexcept {
  if (mark_.size() < 2) mark_ = buffer_.substr(0, 2);
  if (begin_ == 0 && buffer_.starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
}

Line LineStream::next_line() const noexcept {
  std::string_view text = std::string_view(buffer_).substr(begin_, line_end_ - begin_);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return {text, number_ + 1};
}

void LineStream::step_over(const Line& line) noexcept {
  number_ = line.number;
  begin_ = std::min(line_end_ + 1, buffer_.size());
  find_line_end(begin_);
}

void LineStream::check_length() const {
  if (ready() || buffer_.size() - begin_ <= kLongestLine) return;
  throw DataError(
      {name(), number_ + 1},
      fmt::format("the line is longer than {} MiB, which no text is; are there line ends "
                  "in the file?",
                  kLongestLine >> 20));
}

void LineStream::fail(const Line& line, std::size_t offset) const {
  throw not_utf8({name(), line.number, offset + 1}, line.text[offset], mark_);
}

}  // namespace unroll
