#include "unroll/text/text_trouble.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>

#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// What becomes of U+FFFD if its bytes are read as GBK.
constexpr std::string_view kReplacementAsGbk = "锟斤拷";

/// What Windows-1252 has at 0x80 to 0x9F, where Latin-1 has control characters.
constexpr std::u32string_view kWindows1252 =
    U"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/// Names between & and ;.
constexpr std::string_view kEntities[] = {"amp",   "apos",  "gt",    "hellip", "ldquo",
                                          "lsquo", "lt",    "mdash", "nbsp",   "ndash",
                                          "quot",  "rdquo", "rsquo", "copy",   "middot"};
constexpr std::string_view kTags[] = {
    "a",   "b",  "br", "div",    "em",   "font",   "h1",    "h2", "h3", "hr", "i",
    "img", "li", "p",  "script", "span", "strong", "table", "td", "tr", "u",  "ul"};
/// A tag with its attributes ends within so many bytes.
constexpr std::size_t kLongestTag = 300;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

/// Whether an 8-bit encoding made this character of a byte that continues a character of UTF-8.
bool was_continuation(char32_t c) {
  return (c >= 0x80 && c <= 0xBF) || kWindows1252.find(c) != std::u32string_view::npos;
}

/// How many bytes followed the one that became this character, if it began a character of UTF-8.
/// Among leads of two bytes only those of Latin and Cyrillic letters count: É» is no accident.
std::size_t bytes_behind(char32_t c) {
  if (c == 0xC2 || c == 0xC3 || c == 0xD0 || c == 0xD1) return 1;
  if (c >= 0xE0 && c <= 0xEF) return 2;
  return c == 0xF0 ? 3 : 0;
}

/// Whether the character at `offset`, and those behind it, are one character of UTF-8 that was read
/// byte by byte.
bool is_mojibake(std::string_view text, std::size_t offset) {
  const auto lead = next_character(text, offset);
  const std::size_t behind = lead ? bytes_behind(*lead) : 0;
  for (std::size_t k = 0; k < behind; ++k) {
    const auto next = offset < text.size() ? next_character(text, offset) : std::nullopt;
    if (!next || !was_continuation(*next)) return false;
  }
  return behind > 0;
}

bool has_mojibake(std::string_view text) {
  constexpr char kLeastLead = '\xC3';  // the first byte of U+00C2 and of all that follow
  for (std::size_t i = 0; (i = text.find(kLeastLead, i)) != std::string_view::npos; ++i)
    if (is_mojibake(text, i)) return true;
  return false;
}

/// Whether an entity begins behind an ampersand.
bool is_entity(std::string_view behind) {
  const std::size_t end = behind.substr(0, 10).find(';');
  if (end == std::string_view::npos || end == 0) return false;
  const std::string_view name = behind.substr(0, end);
  if (name.starts_with('#') && name.size() > 1)
    return is_ascii_digit(name[1]) || (name.size() > 2 && (name[1] == 'x' || name[1] == 'X'));
  return std::ranges::find(kEntities, name) != std::end(kEntities);
}

/// Whether a tag begins behind a "<".
bool opens_tag(std::string_view behind) {
  if (behind.starts_with('/')) behind.remove_prefix(1);
  const auto is_name = [](char c) { return is_ascii_letter(c) || is_ascii_digit(c); };
  const auto end = std::ranges::find_if_not(behind, is_name);
  std::string name(behind.begin(), end);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const std::string_view rest = behind.substr(name.size(), kLongestTag);
  const bool ends = rest.starts_with('>') || rest.starts_with(' ') || rest.starts_with('/');
  return ends && rest.find('>') != std::string_view::npos &&
         std::ranges::find(kTags, name) != std::end(kTags);
}

/// Whether `is_here` holds behind one of the marks.
template <typename IsHere>
bool any_behind(std::string_view text, char mark, IsHere is_here) {
  for (std::size_t i = 0; (i = text.find(mark, i)) != std::string_view::npos;)
    if (is_here(text.substr(++i))) return true;
  return false;
}

bool has(std::string_view text, TextTrouble trouble) {
  switch (trouble) {
    case TextTrouble::kReplacement:
      return text.find("\uFFFD") != std::string_view::npos ||
             text.find(kReplacementAsGbk) != std::string_view::npos;
    case TextTrouble::kMojibake:
      return has_mojibake(text);
    case TextTrouble::kControl:
      return std::ranges::any_of(text, is_control);
    case TextTrouble::kEntity:
      return any_behind(text, '&', is_entity);
    case TextTrouble::kTag:
      return any_behind(text, '<', opens_tag);
  }
  return false;
}

}  // namespace

std::string_view to_string(TextTrouble trouble) {
  switch (trouble) {
    case TextTrouble::kReplacement:
      return "replacement";
    case TextTrouble::kMojibake:
      return "mojibake";
    case TextTrouble::kControl:
      return "control";
    case TextTrouble::kEntity:
      return "entity";
    case TextTrouble::kTag:
      return "tag";
  }
  return "";
}

std::vector<TextTrouble> trouble_in(std::string_view text) {
  std::vector<TextTrouble> found;
  for (const TextTrouble trouble : kTextTroubles)
    if (has(text, trouble)) found.push_back(trouble);
  return found;
}

}  // namespace unroll
