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
  if (is_in_long_line_) skip_long_line();
  if (!ready()) fill();
  if (is_too_long()) refuse_long_line();
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
    return ready() ? buffer_.size() < kBlockBytes && bytes_.ready() : !is_too_long();
  };
  while (!at_end_ && wants_more()) add_block();
}

void LineStream::add_block() {
  const std::size_t before = buffer_.size();
  at_end_ = !bytes_.append_to(buffer_);
  tell_line_ends(before);
  if (!ready()) find_line_end(std::max(before, begin_));
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
  const std::string_view arrived = std::string_view(buffer_).substr(begin_);
  return is_too_long() ? whole_characters(arrived) : arrived;
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

bool LineStream::is_too_long() const noexcept {
  return !ready() && buffer_.size() - begin_ > kLongestLine;
}

void LineStream::refuse_long_line() {
  is_in_long_line_ = true;
  throw mended_by({"bad_rows=skip"},
                  DataError({name(), ++number_},
                            fmt::format("the line is longer than {} MiB, which no text is; are "
                                        "there line ends in the file?",
                                        kLongestLine >> 20)));
}

/// Lets go of the rest of it, block by block. The last byte may be the CR of a CRLF.
void LineStream::skip_long_line() {
  while (!ready() && !at_end_) {
    buffer_.erase(0, buffer_.size() - 1);
    begin_ = 0;
    add_block();
  }
  is_in_long_line_ = false;
  begin_ = std::min(std::min(line_end_, buffer_.size()) + 1, buffer_.size());
  find_line_end(begin_);
}

void LineStream::fail(const Line& line, std::size_t offset) const {
  throw not_utf8_({name(), line.number, offset + 1}, 0, line.text[offset], buffer_, encoding());
}

}  // namespace unroll
