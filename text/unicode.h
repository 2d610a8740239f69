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

/// Unicode's property White_Space.
bool is_white_space(char32_t character) noexcept;
/// White space, a control or a format character: nothing a reader would call a word.
bool is_blank(char32_t character) noexcept;

/// A letter of a script that is written without spaces between words: Han, Hiragana, Katakana,
/// Thai, Lao, Khmer, Myanmar.
bool is_unspaced_letter(char32_t character) noexcept;
/// Whether valid `word` is made of such letters alone (and marks that belong to them).
bool is_unspaced(std::string_view word) noexcept;

/// The version of the ICU in use, as "72.1": what it calls one word, or the same letter, changes.
std::string icu_version();

/// Without white space at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Appends the words of `text`, which are its parts between white space.
void append_words(std::string_view text, std::vector<std::string>& words);

}  // namespace unroll
