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
      step_over(line);
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
    tell_line_ends(before);
    if (!ready()) find_line_end(std::max(before, begin_));
    check_length();
  }
}

/// The last line of a file may lack its line end.
void LineStream::find_line_end(std::size_t from) noexcept {
  line_end_ = buffer_.find('\n', from);
  if (!ready() && at_end_ && begin_ < buffer_.size()) line_end_ = buffer_.size();
}

/// The first lines tell whether CR ends them.
void LineStream::tell_line_ends(std::size_t from) noexcept {
  if (!ends_by_cr_) {
    const std::string_view text = std::string_view(buffer_).substr(begin_);
    const bool by_cr = ends_lines_by_cr(text);
    if (by_cr || text.find('\n') != std::string_view::npos) ends_by_cr_ = by_cr;
    from = begin_;
  }
  if (ends_by_cr_.value_or(false)) end_lines_by_lf(buffer_, from);
}

std::string_view LineStream::peek() {
  if (!ready()) fill();
  return std::string_view(buffer_).substr(begin_);
}

std::string LineStream::take_all() {
  while (!at_end_) at_end_ = !bytes_.append_to(buffer_);
  std::string text = std::exchange(buffer_, {}).substr(std::exchange(begin_, 0));
  line_end_ = std::string::npos;
  if (ends_lines_by_cr(text)) end_lines_by_lf(text, 0);
  return text;
}

Line LineStream::next_line() const noexcept {
  const std::string_view text = std::string_view(buffer_).substr(begin_, line_end_ - begin_);
  return {without_cr(text), number_ + 1};
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
  throw not_utf8({name(), line.number, offset + 1}, 0, line.text[offset], buffer_, encoding());
}

}  // namespace unroll
