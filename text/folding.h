/// Folding: writings of one word become one token. It is Unicode's NFKC_Casefold, which takes case
/// and compatibility forms away, and what a language wants besides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {

/// The languages whose words are not folded as those of all others are.
enum class FoldLanguage {
  kAny,
  kTurkish,      ///< I is the capital of ı, and İ that of i
  kAzerbaijani,  ///< the letters I are those of Turkish
  kArabic,       ///< vowel marks, which most texts leave out, are dropped
  kPersian,      ///< its texts have Arabic's vowel marks as rarely
  kUrdu,         ///< its texts have Arabic's vowel marks as rarely
};
inline constexpr std::array kAllLanguages{FoldLanguage::kAny,     FoldLanguage::kTurkish,
                                          FoldLanguage::kArabic,  FoldLanguage::kAzerbaijani,
                                          FoldLanguage::kPersian, FoldLanguage::kUrdu};
/// Its two letters (ISO 639), as in tr; "" for kAny.
std::string_view to_string(FoldLanguage language);
std::optional<FoldLanguage> language_of(std::string_view name);

struct FoldSettings {
  bool on = true;
  FoldLanguage language = FoldLanguage::kAny;
  bool drop_tatweel = true;  ///< U+0640, which only stretches an Arabic word
};

/// `text`, folded as the settings say; as it is if they are off.
std::string fold(std::string_view text, const FoldSettings& settings);

}  // namespace unroll
