#include "unroll/text/packed_text.h"

#include <zlib.h>

#include <array>
#include <cstdint>

#include "unroll/core/error.h"

namespace unroll {

namespace {

constexpr std::string_view kLetterDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> values_of_digits() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t k = 0; k < kLetterDigits.size(); ++k) {
    values[static_cast<std::uint8_t>(kLetterDigits[k])] = static_cast<std::uint8_t>(k);
  }
  return values;
}

[[noreturn]] void fail() {
  throw ModelError("text encoder: a packed text is damaged");
}

/// Three bytes are four digits; what is missing of the last three is "=".
std::string to_base64(std::string_view bytes) {
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t begin = 0; begin < bytes.size(); begin += 3) {
    const std::string_view three = bytes.substr(begin, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = (bits << 8) | (k < three.size() ? static_cast<std::uint8_t>(three[k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      result += k <= three.size() ? kLetterDigits[(bits >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return result;
}

std::string from_base64(std::string_view text) {
  static constexpr auto kValues = values_of_digits();
  if (text.size() % 4 != 0) fail();
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const std::uint8_t value = kValues[static_cast<std::uint8_t>(text[k])];
    if (value == kNoDigit) fail();
    bits = (bits << 6) | value;
    if (k % 4 != 0) bytes += static_cast<char>((bits >> (6 - 2 * (k % 4))) & 0xFF);
  }
  return bytes;
}

/// The most that a packed text may become: a damaged file must not ask for all memory.
constexpr std::size_t kMostBytes = std::size_t{1} << 28;

}  // namespace

std::string pack_text(std::string_view text) {
  uLongf size = ::compressBound(static_cast<uLong>(text.size()));
  std::string packed(size, '\0');
  const int status = ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                 reinterpret_cast<const Bytef*>(text.data()),
                                 static_cast<uLong>(text.size()), Z_BEST_COMPRESSION);
  if (status != Z_OK) throw Error(ErrorKind::kInternal, "zlib could not pack a text");
  packed.resize(size);
  return to_base64(packed);
}

std::string unpack_text(std::string_view packed) {
  const std::string bytes = from_base64(packed);
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) fail();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int status = Z_OK;
  while (status == Z_OK && text.size() < kMostBytes) {
    const std::size_t before = text.size();
    text.resize(before + (std::size_t{1} << 20));
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream.avail_out = static_cast<uInt>(text.size() - before);
    status = ::inflate(&stream, Z_NO_FLUSH);
    text.resize(text.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.avail_in != 0) fail();
  return text;
}

}  // namespace unroll
