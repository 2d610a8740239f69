#include "unroll/text/unicode.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kMaxMarks = 30;  // UAX #15, Stream-Safe Text Format

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string ascii_casefold(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), ascii_lower);
  return folded;
}

bool is_between(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

}  // namespace

bool is_plain_asian(char32_t c) noexcept {
  return is_between(c, 0x4E00, 0x9FFF) || is_between(c, 0x3041, 0x3096) ||
         is_between(c, 0x30A0, 0x30FE) || is_between(c, 0x3005, 0x3029) || c == 0x3001 ||
         c == 0x3002;
}

namespace {

/// The casefold of ASCII, Chinese and Japanese text, without ICU, which takes ten times as long for
/// a word. False for text that has other characters; `folded` is then of no use.
bool append_plain_casefolded(std::string_view text, std::string& folded) {
  constexpr char32_t kWideFirst = 0xFF01, kWideLast = 0xFF5E;  // of ASCII's ! to ~
  folded.reserve(text.size());
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto c = next_character(text, end);
    if (!c) return false;
    if (*c < 0x80) {
      folded += ascii_lower(text[begin]);
    } else if (is_plain_asian(*c)) {
      folded.append(text, begin, end - begin);
    } else if (is_between(*c, kWideFirst, kWideLast)) {
      folded += ascii_lower(static_cast<char>(*c - kWideFirst + '!'));
    } else {
      return false;
    }
  }
  return true;
}

using GetNormalizer = const icu::Normalizer2* (*)(UErrorCode&);

const icu::Normalizer2& normalizer(GetNormalizer get) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = get(status);
  if (U_FAILURE(status)) {
    throw Error(
        ErrorKind::kInternal,
        fmt::format("ICU has no NFKC_Casefold: {}. Is its data installed?", u_errorName(status)));
  }
  return *instance;
}

/// Where the next piece ends: behind kMaxMarks combining marks in a row, or at the end.
std::size_t safe_end(std::string_view text, std::size_t begin) {
  std::size_t marks = 0;
  std::size_t offset = begin;
  while (offset < text.size()) {
    const auto character = next_character(text, offset);
    if (!character) return text.size();
    marks = u_getCombiningClass(static_cast<UChar32>(*character)) == 0 ? 0 : marks + 1;
    if (marks == kMaxMarks) return offset;
  }
  return text.size();
}

void append_normalized(std::string_view piece, const icu::Normalizer2& form, std::string& result) {
  if (piece.size() > std::numeric_limits<std::int32_t>::max()) {
    throw DataError("a text of more than 2 GiB can't be normalized; cut it into smaller ones");
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&result);
  const icu::StringPiece source(piece.data(), static_cast<std::int32_t>(piece.size()));
  form.normalizeUTF8(0, source, sink, nullptr, status);
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::kInternal,
                fmt::format("ICU could not normalize a text: {}", u_errorName(status)));
  }
}

std::string normalized(std::string_view text, GetNormalizer get) {
  const icu::Normalizer2& form = normalizer(get);
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.size() <= kMaxMarks ? text.size() : safe_end(text, begin);
    append_normalized(text.substr(begin, end - begin), form, result);
    begin = end;
  }
  return result;
}

constexpr bool is_ascii_white_space(char32_t character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

/// The first character at or after `offset` that is white space (`wanted`) or is not; text.size()
/// if there is none.
std::size_t find_white_space(std::string_view text, std::size_t offset, bool wanted) {
  while (offset < text.size()) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte < 0x80) {  // without a call: most of most texts
      if (is_ascii_white_space(byte) == wanted) return offset;
      ++offset;
      continue;
    }
    std::size_t next = offset;
    const std::optional<char32_t> character = next_character(text, next);
    if (!character) return text.size();
    if (is_white_space(*character) == wanted) return offset;
    offset = next;
  }
  return text.size();
}

}  // namespace

std::string nfkc_casefold(std::string_view text) {
  if (is_ascii(text)) return ascii_casefold(text);
  std::string folded;
  if (append_plain_casefolded(text, folded)) return folded;
  return normalized(text, icu::Normalizer2::getNFKCCasefoldInstance);
}

std::string nfkc(std::string_view text) {
  return is_ascii(text) ? std::string(text) : normalized(text, icu::Normalizer2::getNFKCInstance);
}

bool is_white_space(char32_t character) noexcept {
  if (character < 0x80) return is_ascii_white_space(character);
  return character <= 0x3000 && u_isUWhiteSpace(static_cast<UChar32>(character)) != 0;
}

bool is_blank(char32_t character) noexcept {
  if (is_between(character, '!', '~') || is_between(character, 0x3001, 0xD7FF)) return false;
  if (is_white_space(character)) return true;
  const auto category = u_charType(static_cast<UChar32>(character));
  return category == U_CONTROL_CHAR || category == U_FORMAT_CHAR;
}

namespace {

constexpr std::array kUnspacedScripts{USCRIPT_HAN, USCRIPT_HIRAGANA, USCRIPT_KATAKANA, USCRIPT_THAI,
                                      USCRIPT_LAO, USCRIPT_KHMER,    USCRIPT_MYANMAR};

bool is_letter_or_mark(UChar32 character) {
  return (U_GET_GC_MASK(character) & (U_GC_L_MASK | U_GC_M_MASK)) != 0;
}

}  // namespace

bool is_unspaced_letter(char32_t character, ScriptMembers members) noexcept {
  if (character < 0x80) return false;
  const auto letter = static_cast<UChar32>(character);
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(letter, &status);
  if (std::ranges::find(kUnspacedScripts, script) != kUnspacedScripts.end()) return true;
  const bool is_shared = script == USCRIPT_COMMON || script == USCRIPT_INHERITED;
  return members == ScriptMembers::kShared && is_shared && is_letter_or_mark(letter) &&
         std::ranges::any_of(kUnspacedScripts, [&](UScriptCode unspaced) {
           return uscript_hasScript(letter, unspaced) != 0;
         });
}

bool is_unspaced(std::string_view word, ScriptMembers members) noexcept {
  std::size_t offset = 0;
  while (offset < word.size()) {
    const auto character = next_character(word, offset);
    if (!character || !is_unspaced_letter(*character, members)) return false;
  }
  return !word.empty();
}

namespace {

constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr std::string_view kZeroWidthJoinerBytes = "\u200D";
constexpr std::string_view kTagBytes = "\xF3\xA0";  // with which a tag begins

bool is_tag(char32_t c) {
  return c >= 0xE0020 && c <= 0xE007F;
}

bool is_variation_selector(char32_t c) {
  return c == 0xFE0E || c == 0xFE0F;
}

}  // namespace

bool is_joined_emoji(std::string_view text) noexcept {
  if (text.find(kZeroWidthJoinerBytes) == text.npos && text.find(kTagBytes) == text.npos) {
    return false;
  }
  bool has_picture = false, has_joint = false;
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character) return false;
    has_joint = has_joint || *character == kZeroWidthJoiner || is_tag(*character);
    has_picture = has_picture || u_hasBinaryProperty(static_cast<UChar32>(*character),
                                                     UCHAR_EXTENDED_PICTOGRAPHIC) != 0;
  }
  return has_picture && has_joint;
}

std::string without_variation_selectors(std::string_view text) {
  std::string result;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto character = next_character(text, end);
    if (!character) break;
    if (!is_variation_selector(*character)) result += text.substr(begin, end - begin);
  }
  return result;
}

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_versionToString(version, text);
  return text;
}

namespace {

/// Whether valid text ends in white space, and where the last character begins.
bool ends_in_white_space(std::string_view text, std::size_t& last) {
  last = text.size() - 1;
  while (last > 0 && (text[last] & 0xC0) == 0x80) --last;  // inside a character
  std::size_t end = last;
  const auto character = next_character(text, end);
  return character && is_white_space(*character);
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  text.remove_prefix(find_white_space(text, 0, false));
  std::size_t last = 0;
  while (!text.empty() && ends_in_white_space(text, last)) text.remove_suffix(text.size() - last);
  return text;
}

void append_words(std::string_view text, std::vector<std::string>& words) {
  constexpr std::size_t kWordBytes = 8;  // a vector that grows moves its words
  if (words.empty()) words.reserve(text.size() / kWordBytes);
  std::size_t begin = find_white_space(text, 0, false);
  while (begin < text.size()) {
    const std::size_t end = find_white_space(text, begin, true);
    words.emplace_back(text.substr(begin, end - begin));
    begin = find_white_space(text, end, false);
  }
}

}  // namespace unroll
