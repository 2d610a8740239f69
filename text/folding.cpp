#include "unroll/text/folding.h"

#include <algorithm>

#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::string_view kTatweel = "\u0640";

/// Fathatan to sukun, the vowel signs of later additions, and the small alef above. The marks of
/// madda and hamza are parts of letters.
bool is_vowel_mark(char32_t c) {
  return (c >= 0x064B && c <= 0x0652) || c == 0x0656 || c == 0x0657 ||
         (c >= 0x0659 && c <= 0x065F) || c == 0x0670;
}

bool is_turkic(FoldLanguage language) {
  return language == FoldLanguage::kTurkish || language == FoldLanguage::kAzerbaijani;
}

bool drops_vowel_marks(FoldLanguage language) {
  return language == FoldLanguage::kArabic || language == FoldLanguage::kPersian ||
         language == FoldLanguage::kUrdu;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Lower case for both I of Turkish. The text is composed before: İ may be written as I and a dot.
std::string with_turkic_i(std::string_view text) {
  std::string result = nfkc(text);
  replace_all(result, "\u0130", "i");
  replace_all(result, "I", "\u0131");
  return result;
}

template <typename IsDropped>
std::string without(std::string_view text, IsDropped is_dropped) {
  std::string result;
  for_each_character(text, [&](std::string_view character) {
    std::size_t offset = 0;
    if (!is_dropped(*next_character(character, offset))) result += character;
  });
  return result;
}

}  // namespace

std::string_view to_string(FoldLanguage language) {
  switch (language) {
    case FoldLanguage::kAny:
      return "";
    case FoldLanguage::kTurkish:
      return "tr";
    case FoldLanguage::kAzerbaijani:
      return "az";
    case FoldLanguage::kArabic:
      return "ar";
    case FoldLanguage::kPersian:
      return "fa";
    case FoldLanguage::kUrdu:
      return "ur";
  }
  return "";
}

std::optional<FoldLanguage> language_of(std::string_view name) {
  const auto found = std::ranges::find_if(
      kAllLanguages, [&](FoldLanguage language) { return to_string(language) == name; });
  return found == kAllLanguages.end() ? std::nullopt : std::optional(*found);
}

std::string fold(std::string_view text, const FoldSettings& settings) {
  if (!settings.on) return std::string(text);
  std::string folded =
      is_turkic(settings.language) ? nfkc_casefold(with_turkic_i(text)) : nfkc_casefold(text);
  if (is_ascii(text)) return folded;
  if (settings.drop_tatweel && folded.find(kTatweel) != folded.npos) {
    replace_all(folded, kTatweel, "");
  }
  return drops_vowel_marks(settings.language) ? without(folded, is_vowel_mark) : folded;
}

}  // namespace unroll
