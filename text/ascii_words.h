/// AsciiWords: the boundaries that ICU's word rules find in ASCII text, ten times as fast. Which
/// marks stay inside a word ("don't", "3.14") depends on ICU's version, so they are asked of ICU
/// itself.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

class AsciiWords {
 public:
  /// `is_one` says whether ICU leaves a text in one piece; it is asked about some hundred texts.
  explicit AsciiWords(const std::function<bool(const std::string&)>& is_one);

  /// Whether `text` is ASCII without marks that join a word in ways that are ICU's alone.
  bool knows(std::string_view text) const;
  /// Appends the pieces of a text that it knows, spaces too: put together they are the text.
  void operator()(std::string_view text, std::vector<std::string_view>& pieces) const;

 private:
  enum Kind : unsigned char { kMark, kLetter, kDigit, kJoiner };  // kJoiner: the underscore

  Kind kind_of(char c) const { return kinds_[static_cast<unsigned char>(c)]; }
  std::size_t end_of_piece(std::string_view text, std::size_t begin) const;
  std::size_t end_of_word(std::string_view text, std::size_t begin) const;
  bool joins(char mark, Kind kind) const;

  std::array<Kind, 128> kinds_{};
  std::string
      odd_;  // marks that are one piece with a letter, a digit or an underscore next to them
  std::array<bool, 128> between_letters_{};  // marks that letters on both sides join
  std::array<bool, 128> between_digits_{};
  std::array<bool, 128> repeats_{};  // characters of which several are one piece, such as blanks
};

}  // namespace unroll
