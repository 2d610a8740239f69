#include "unroll/text/text_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/encoding.h"
#include "unroll/text/file_kind.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// Whether more bytes have to be there before it can be told what `bytes` are. A first line is told
/// at once: more may come only after the answer.
bool is_too_short(std::string_view bytes) {
  constexpr std::size_t kLongestMark = 4;
  if (bytes.size() >= kLongestMark) return false;
  const bool may_be_mark =
      kByteOrderMark.starts_with(bytes) || bytes.starts_with('\xFF') || bytes.starts_with('\xFE');
  return may_be_mark || bytes.find('\0') != std::string_view::npos;
}

void refuse_zeros(std::string_view bytes, const std::string& name) {
  // A few zeros may get into a text, but not one into each word.
  constexpr double kMostZeros = 0.1, kFewZeros = 8;
  const double share = share_of_zeros(bytes);
  if (share <= kMostZeros || share * static_cast<double>(bytes.size()) < kFewZeros) return;
  const std::string what =
      fmt::format("{}: {:.0f} % of the first {} bytes are zero", name, 100 * share, bytes.size());
  const std::string utf32 = utf32_of(bytes);
  if (utf32.empty()) throw DataError(what + ": this is no text");
  throw mended_by({"encoding=" + utf32}, DataError(fmt::format("{}, as {} has them", what, utf32)));
}

bool has_errors(std::string_view text) {
  return text.find('\0') != text.npos || text.find(Decoder::kUndecodable) != text.npos;
}

/// UTF-16 is certain: another encoding that was asked for is a mistake, unless it reads the same.
void refuse_utf16(std::string_view bytes, std::string_view decoded, const std::string& name,
                  const std::string& encoding) {
  const std::string utf16 = utf16_of(bytes);
  if (utf16.empty() || !has_errors(decoded)) return;
  throw mended_by(
      {"encoding=" + utf16},
      DataError(fmt::format("{}: this is {}, not {} as was asked for", name, utf16, encoding)));
}

/// An encoding of seven bits is valid UTF-8, and would be read as words that nobody wrote.
void refuse_escapes(std::string_view bytes, const std::string& name) {
  if (!is_ascii(bytes)) return;
  const auto encoding = escaped_encoding(bytes);
  if (!encoding) return;
  throw mended_by({"encoding=" + *encoding},
                  DataError(fmt::format("{}: this text is in {}, not in UTF-8", name, *encoding)));
}

/// Whether a file that is to be decoded looks as if it were UTF-8.
bool looks_like_utf8(std::string_view bytes, std::string_view encoding) {
  if (invalid_utf8(whole_characters(bytes))) return false;
  const bool has_others = std::ranges::any_of(bytes, [](char c) { return (c & 0x80) != 0; });
  const bool has_zeros = bytes.find('\0') != std::string_view::npos;
  return encoding.starts_with("UTF-16") || encoding.starts_with("UTF-32") ? !has_zeros : has_others;
}

}  // namespace

TextStream::TextStream(const std::string& path, std::string encoding)
    : bytes_(path), encoding_(std::move(encoding)) {
  if (!encoding_.empty()) decoder_.emplace(encoding_);
}

bool TextStream::append_to(std::string& text) {
  if (!has_begun_) return begin(text);
  return decoder_ ? append_decoded(text) : bytes_.append_to(text);
}

bool TextStream::begin(std::string& text) {
  const bool more = bytes_.append_to(block_);
  if (more && is_too_short(block_)) return true;
  has_begun_ = true;
  refuse_other_kinds(block_, name(), bytes_.compression());
  const bool was_asked_for = decoder_.has_value();
  if (!was_asked_for) choose_decoder();
  const std::size_t before = text.size();
  if (decoder_) {
    decoder_->decode(block_, text);
    if (!more) decoder_->finish(text);
    if (was_asked_for) doubt(std::string_view(text).substr(before));
    refuse_zeros(std::string_view(text).substr(before), name());
    block_ = {};
  } else {
    text += std::exchange(block_, {});
  }
  if (std::string_view(text).substr(before).starts_with(kByteOrderMark))
    text.erase(before, kByteOrderMark.size());
  return more;
}

/// What was asked for may not be what the file is in.
void TextStream::doubt(std::string_view decoded) {
  is_doubtful_ = looks_like_utf8(block_, encoding_) && decoded != block_;
  refuse_utf16(block_, decoded, name(), encoding_);
}

void TextStream::choose_decoder() {
  encoding_ = utf16_of(block_);
  if (encoding_.empty()) {
    refuse_zeros(block_, name());
    refuse_escapes(block_, name());
  } else {
    decoder_.emplace(encoding_);
  }
}

bool TextStream::append_decoded(std::string& text) {
  block_.clear();
  const bool more = bytes_.append_to(block_);
  decoder_->decode(block_, text);
  if (!more) decoder_->finish(text);
  return more;
}

}  // namespace unroll
