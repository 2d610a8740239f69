/// Tokenizers: a text becomes tokens, which are folded (folding.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

class JiebaDictionary;
class Subwords;

enum class TokenizerKind {
  kChar,   ///< every character but white space
  kSpace,  ///< split at Unicode white space
  /// ICU's word BreakIterator: Chinese, Japanese, Thai by dictionary; punctuation and emoji are
  /// tokens, white space and control characters are dropped.
  kIcu,
  kJieba,    ///< Chinese words as Python's jieba cuts them, by a dictionary of the settings
  kSubword,  ///< pieces of words that were learned from the training texts
};
inline constexpr std::array kAllTokenizers{TokenizerKind::kIcu, TokenizerKind::kChar,
                                           TokenizerKind::kSpace, TokenizerKind::kJieba,
                                           TokenizerKind::kSubword};
std::string_view to_string(TokenizerKind kind);
/// The kind with this name: icu, char, space, jieba, subword. Nothing for another.
std::optional<TokenizerKind> tokenizer_kind(std::string_view name);

/// What a tokenizer does to a text is versioned: a model file says by which rules its vocabulary
/// was made, and its texts are tokenized by these rules for good.
///   1. The rules of the first program. A word with ー could be cut in two ways, depending on what
///      its process had cut before.
///   2. Rules 1, but such a word is always cut as by a process that has loaded all of ICU's
///      engines. A model of rules 1 is now read by rules 2, because what was chance then can't be
///      repeated.
///   3. A character is what a reader calls so (a letter with its marks, a flag), where it was a
///      code point. Joined emoji stay whole and are not folded, and keycaps in a row are tokens of
///      their own. Folding drops the tatweel, and depends on the language. A word with ー is of a
///      script without spaces.
inline constexpr std::uint64_t kFirstRules = 1;
inline constexpr std::uint64_t kWholeCharacters = 3;
inline constexpr std::uint64_t kNewestRules = 3;

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
struct FoldSettings {
  bool on = true;
  FoldLanguage language = FoldLanguage::kAny;
  bool drop_tatweel = true;  ///< U+0640, which only stretches an Arabic word
};

struct TokenizerSettings {
  TokenizerKind kind = TokenizerKind::kIcu;
  bool fold = true;                                             ///< NFKC and case folding
  std::uint64_t rules = kNewestRules;                           ///< kFirstRules .. kNewestRules
  FoldLanguage language = FoldLanguage::kAny;                   ///< of folding
  std::shared_ptr<const JiebaDictionary> dictionary = nullptr;  ///< of kJieba
  std::shared_ptr<const Subwords> subwords = nullptr;           ///< of kSubword

  FoldSettings folding() const { return {fold, language, rules >= kWholeCharacters}; }
};

/// Whether a word that a vocabulary lacks becomes its characters: one of a script without spaces.
bool becomes_characters(std::string_view word, const TokenizerSettings& settings);

/// One tokenizer per thread: calls are not safe at the same time.
///
/// kSpace and kSubword fold the whole text and then split it. The others split first and fold each
/// piece: folding takes Thai's and Lao's vowel AM apart and the joiners out of emoji, and what is
/// left ICU cuts in the wrong places.
class Tokenizer {
 public:
  explicit Tokenizer(const TokenizerSettings& settings);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// The tokens of valid UTF-8, in order. Throws DataError if it is not valid.
  std::vector<std::string> operator()(std::string_view text);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

enum class TokenizerReason {
  kNamed,        ///< the user has named it
  kUnspaced,     ///< many letters of a script without spaces (Chinese, Thai …)
  kUnspacedCut,  ///< such letters, but somebody has put spaces between the words
  kMarksCut,     ///< marks on their own: somebody has cut these texts into tokens
  kNothingSpecial,
  kMostlyUnknown,  ///< most words of other texts would be unknown
};

struct TokenizerChoice {
  TokenizerKind kind = TokenizerKind::kIcu;
  TokenizerReason reason = TokenizerReason::kNothingSpecial;
};

/// The kind that suits these texts, judged by their first 4 MiB. If at least one letter in twenty
/// is of a script without spaces:
///   - kSpace, if words of such letters are as short as those that somebody has cut: at most three
///     Han letters or kana between spaces, or twelve of Thai, Lao, Khmer or Burmese;
///   - kIcu otherwise.
/// Else:
///   - kSpace, if at least four in five of the words that end in a comma, a full stop or the like
///     consist of that mark alone. It then has space on both sides: somebody has cut these texts
///     already;
///   - kIcu otherwise.
/// Measured shares of such marks: 0.96 and 1.00 in texts that were cut (TREC, MR), at most 0.26 in
/// others (AG News, which joins title and text by " . ").
TokenizerChoice choose_tokenizer(std::span<const std::string_view> texts);

}  // namespace unroll
