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

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string ascii_casefold(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), ascii_lower);
  return folded;
}

const icu::Normalizer2& casefolder() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFKCCasefoldInstance(status);
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

void append_casefolded(std::string_view piece, std::string& result) {
  if (piece.size() > std::numeric_limits<std::int32_t>::max()) {
    throw DataError("a text of more than 2 GiB can't be normalized; cut it into smaller ones");
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&result);
  const icu::StringPiece source(piece.data(), static_cast<std::int32_t>(piece.size()));
  casefolder().normalizeUTF8(0, source, sink, nullptr, status);
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::kInternal,
                fmt::format("ICU could not normalize a text: {}", u_errorName(status)));
  }
}

/// The first character at or after `offset` that is white space (`wanted`) or is not; text.size()
/// if there is none.
std::size_t find_white_space(std::string_view text, std::size_t offset, bool wanted) {
  while (offset < text.size()) {
    std::size_t next = offset;
    const auto character = next_character(text, next);
    if (!character) return text.size();
    if (is_white_space(*character) == wanted) return offset;
    offset = next;
  }
  return text.size();
}

}  // namespace

std::string nfkc_casefold(std::string_view text) {
  if (is_ascii(text)) return ascii_casefold(text);
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.size() <= kMaxMarks ? text.size() : safe_end(text, begin);
    append_casefolded(text.substr(begin, end - begin), result);
    begin = end;
  }
  return result;
}

bool is_white_space(char32_t character) noexcept {
  if (character < 0x80) return character == ' ' || (character >= '\t' && character <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(character)) != 0;
}

bool is_blank(char32_t character) noexcept {
  if (is_white_space(character)) return true;
  const auto category = u_charType(static_cast<UChar32>(character));
  return category == U_CONTROL_CHAR || category == U_FORMAT_CHAR;
}

bool is_unspaced_letter(char32_t character) noexcept {
  if (character < 0x80) return false;
  UErrorCode status = U_ZERO_ERROR;
  constexpr std::array kUnspaced{USCRIPT_HAN, USCRIPT_HIRAGANA, USCRIPT_KATAKANA, USCRIPT_THAI,
                                 USCRIPT_LAO, USCRIPT_KHMER,    USCRIPT_MYANMAR};
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(character), &status);
  return std::ranges::find(kUnspaced, script) != kUnspaced.end();
}

bool is_unspaced(std::string_view word) noexcept {
  std::size_t offset = 0;
  while (offset < word.size()) {
    const auto character = next_character(word, offset);
    if (!character || !is_unspaced_letter(*character)) return false;
  }
  return !word.empty();
}

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_versionToString(version, text);
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = find_white_space(text, 0, false);
  std::size_t end = begin;
  for (std::size_t offset = begin; offset < text.size();) {
    end = find_white_space(text, offset, true);
    offset = find_white_space(text, end, false);
  }
  return text.substr(begin, end - begin);
}

void append_words(std::string_view text, std::vector<std::string>& words) {
  std::size_t begin = find_white_space(text, 0, false);
  while (begin < text.size()) {
    const std::size_t end = find_white_space(text, begin, true);
    words.emplace_back(text.substr(begin, end - begin));
    begin = find_white_space(text, end, false);
  }
}

}  // namespace unroll
