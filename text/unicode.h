/// Unicode: the one normal form of all tokens, and white space. Texts are valid UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// Unicode's NFKC_Casefold: "ＡＢＣ", "ABC" and "abc" become one; invisible characters (soft
/// hyphen, zero width joiner) vanish. A text with more than 30 combining marks in a row is
/// normalized in pieces, cut inside such a run: Unicode's own limit for streams (UAX #15, section
/// 13), beyond which the time would grow with the square of the run.
std::string nfkc_casefold(std::string_view text);

/// Characters that NFKC_Casefold leaves as they are and that combine with none before them: Han and
/// kana without compatibility forms, and the marks of their texts. None is white space.
bool is_plain_asian(char32_t character) noexcept;

/// Unicode's NFKC.
std::string nfkc(std::string_view text);

/// Unicode's property White_Space.
bool is_white_space(char32_t character) noexcept;
/// White space, a control or a format character: nothing a reader would call a word.
bool is_blank(char32_t character) noexcept;

/// What counts as a character of a script.
enum class ScriptMembers {
  kOwn,     ///< those that belong to it alone
  kShared,  ///< letters and marks, too, that it shares with others, such as kana's ー
};
/// A character of a script that is written without spaces between words: Han, Hiragana, Katakana,
/// Thai, Lao, Khmer, Myanmar.
bool is_unspaced_letter(char32_t character,
                        ScriptMembers members = ScriptMembers::kShared) noexcept;
/// Whether valid `word` is made of such characters alone.
bool is_unspaced(std::string_view word, ScriptMembers members = ScriptMembers::kShared) noexcept;

/// Whether `text` is emoji that are joined to one picture, or a flag that is spelled with tags.
/// Folding would take the joiners and the tags away.
bool is_joined_emoji(std::string_view text) noexcept;
/// Without the marks that choose between a picture and a character of text.
std::string without_variation_selectors(std::string_view text);

/// The version of the ICU in use, as "72.1": what it calls one word, or the same letter, changes.
std::string icu_version();

/// Without white space at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Appends the words of `text`, which are its parts between white space.
void append_words(std::string_view text, std::vector<std::string>& words);

}  // namespace unroll
