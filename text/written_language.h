/// What languages are written with: their letters, the most frequent first, and how probable each
/// is as the next character that is not ASCII. With that, bytes tell their encoding (encoding.h).
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>

namespace unroll {

/// One language, as its texts use characters beyond ASCII.
struct WrittenLanguage {
  std::string_view name;
  /// Small letters in falling order of frequency; of scripts with thousands of characters only the
  /// most frequent ones.
  std::u32string_view letters;
  double share = 0.85;             ///< of the letters; the rest are signs
  const char* others = nullptr;    ///< the locale whose data has the other characters, if any
  double each_other = 1e-5;        ///< how probable each of those is
  std::u32string_view signs = {};  ///< "": those of languages with spaces
};

/// The languages whose texts come in old encodings.
std::span<const WrittenLanguage> written_languages();

/// The probabilities of a language's characters, as a function of one character.
class CharacterOdds {
 public:
  explicit CharacterOdds(const WrittenLanguage& language);
  /// 0 for one that the language does not have; capitals are as probable as small letters.
  double of_letter(char32_t character) const;
  double of_sign(char32_t character) const;

 private:
  using Odds = std::unordered_map<char32_t, double>;
  Odds letters_;
  Odds signs_;
};

}  // namespace unroll
