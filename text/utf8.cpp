#include "unroll/text/utf8.h"

#include <cstdint>
#include <cstring>

#include "unroll/text/visible.h"

namespace unroll {

namespace {

constexpr std::size_t kQuotedBytes =
    40;  // enough to find the place in a file, and still one line of a terminal

std::uint8_t byte_at(std::string_view text, std::size_t offset) {
  return static_cast<std::uint8_t>(text[offset]);
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/// What a first byte promises: how many bytes, its own payload, and the smallest value that needs
/// that many.
struct Lead {
  std::size_t bytes;
  char32_t payload;
  char32_t smallest;
};

std::optional<Lead> read_lead(std::uint8_t byte) {
  if ((byte & 0xE0) == 0xC0) return Lead{2, byte & 0x1Fu, 0x80};
  if ((byte & 0xF0) == 0xE0) return Lead{3, byte & 0x0Fu, 0x800};
  if ((byte & 0xF8) == 0xF0) return Lead{4, byte & 0x07u, 0x10000};
  return std::nullopt;
}

constexpr std::size_t kBlock = sizeof(std::uint64_t);

/// Whether a block of bytes follows that are all ASCII: most of most texts is.
bool is_ascii_block(std::string_view text, std::size_t offset) {
  if (text.size() - offset < kBlock) return false;
  std::uint64_t block = 0;
  std::memcpy(&block, text.data() + offset, kBlock);
  return (block & 0x8080808080808080) == 0;
}

/// The first byte from `offset` on that is not ASCII; eight at a time.
std::size_t end_of_ascii(std::string_view text, std::size_t offset) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  for (std::uint64_t eight; offset + sizeof(eight) <= text.size(); offset += sizeof(eight)) {
    std::memcpy(&eight, text.data() + offset, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  while (offset < text.size() && byte_at(text, offset) < 0x80) ++offset;
  return offset;
}

/// Where a run of valid characters of three bytes ends, which Chinese, Japanese and Korean texts
/// are made of.
std::size_t end_of_three_bytes(std::string_view text, std::size_t offset) {
  constexpr std::uint32_t kLeast = 0x800 >> 6, kSurrogates = 0xD800 >> 11;
  for (; text.size() - offset >= 3; offset += 3) {
    const std::uint32_t lead = byte_at(text, offset), middle = byte_at(text, offset + 1);
    if ((lead & 0xF0) != 0xE0 || (middle & 0xC0) != 0x80) break;
    if (!is_continuation(byte_at(text, offset + 2))) break;
    const std::uint32_t upper = (lead & 0x0F) << 6 | (middle & 0x3F);  // all but the last six bits
    if (upper < kLeast || upper >> 5 == kSurrogates) break;
  }
  return offset;
}

bool is_scalar_value(char32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

}  // namespace

std::optional<char32_t> next_character(std::string_view text, std::size_t& offset) noexcept {
  const std::uint8_t first = byte_at(text, offset);
  if (first < 0x80) {
    ++offset;
    return first;
  }
  const std::optional<Lead> lead = read_lead(first);
  if (!lead || text.size() - offset < lead->bytes) return std::nullopt;
  char32_t value = lead->payload;
  for (std::size_t i = 1; i < lead->bytes; ++i) {
    const std::uint8_t byte = byte_at(text, offset + i);
    if (!is_continuation(byte)) return std::nullopt;
    value = (value << 6) | (byte & 0x3Fu);
  }
  if (value < lead->smallest || !is_scalar_value(value)) return std::nullopt;
  offset += lead->bytes;
  return value;
}

std::u32string to_utf32(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character) break;
    characters += *character;
  }
  return characters;
}

bool is_ascii(std::string_view text) noexcept {
  return end_of_ascii(text, 0) == text.size();
}

std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept {
  std::size_t offset = end_of_ascii(text, 0);
  while (offset < text.size()) {
    const std::size_t before = offset;
    offset = is_ascii_block(text, offset) ? offset + kBlock : end_of_three_bytes(text, offset);
    if (offset == before && !next_character(text, offset)) return offset;
  }
  return std::nullopt;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(byte_at(text, bytes))) --bytes;
  return text.substr(0, bytes);
}

std::string_view whole_characters(std::string_view bytes) noexcept {
  constexpr std::size_t kMostContinuations = 3;
  std::size_t end = bytes.size();
  while (end > 0 && bytes.size() - end < kMostContinuations &&
         is_continuation(byte_at(bytes, end - 1)))
    --end;
  const bool begins_here = end > 0 && byte_at(bytes, end - 1) >= 0xC0;
  return begins_here ? bytes.substr(0, end - 1) : bytes;
}

std::string in_quotes(std::string_view text) {
  const std::string_view shown = utf8_prefix(text, kQuotedBytes);
  std::string result = "\"";
  for (const char c : visible(shown)) result += c == '"' ? "\\\"" : std::string(1, c);
  return result + (shown.size() < text.size() ? "…\"" : "\"");
}

}  // namespace unroll
