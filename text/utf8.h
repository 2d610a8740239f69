/// UTF-8: one character at a time, and where a text stops being valid.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {

/// The code point at `offset`, which moves behind it. For a byte that begins no character there
/// (too short, overlong, a surrogate, beyond U+10FFFF) nothing is returned and `offset` stays.
/// Requires offset < text.size().
std::optional<char32_t> next_character(std::string_view text, std::size_t& offset) noexcept;

/// Whether all characters are ASCII.
bool is_ascii(std::string_view text) noexcept;

/// A character, or a byte of UTF-8: those of other characters are neither.
constexpr bool is_ascii_digit(char32_t c) noexcept {
  return c >= U'0' && c <= U'9';
}
constexpr bool is_ascii_letter(char32_t c) noexcept {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

/// Calls body with each character of a valid text.
template <typename Body>
void for_each_character(std::string_view text, Body body) {
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    next_character(text, end);
    body(text.substr(begin, end - begin));
  }
}

/// The characters of a valid text.
std::u32string to_utf32(std::string_view text);

/// The offset of the first byte that is not part of a valid character; nothing if the text is
/// valid.
std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept;

/// The longest beginning of valid `text` that holds at most `bytes` bytes and whole characters.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes) noexcept;

/// The beginning of `bytes`, less a last character that may be cut off by their end.
std::string_view whole_characters(std::string_view bytes) noexcept;

/// `text` in quotes for an error message: at most 40 bytes of it; quotes, controls and invisible
/// characters as \", \t, \n, \r, \uNNNN.
std::string in_quotes(std::string_view text);

}  // namespace unroll
