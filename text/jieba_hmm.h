/// JiebaHmm: the hidden Markov model by which jieba cuts characters that form no word of its
/// dictionary. Each one begins a word (B), is inside (M), ends it (E) or is one on its own (S);
/// the most probable sequence of these states (Viterbi) says where words end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll {

class JiebaHmm {
 public:
  static constexpr std::size_t kStates = 4;
  /// In the order of their letters: of equal probabilities jieba takes the later letter.
  static constexpr std::string_view kLetters = "BEMS";
  /// The characters that the model knows, and that the dictionary's blocks call Chinese.
  static constexpr char32_t kFirst = 0x4E00, kLast = 0x9FD5;
  static bool is_chinese(char32_t c) noexcept { return c >= kFirst && c <= kLast; }

  /// The logarithms of the probabilities. What is missing is as good as impossible.
  struct Tables {
    std::array<double, kStates> start{};
    std::array<std::array<double, kStates>, kStates> transition{};  // [from][to]
    std::vector<std::array<double, kStates>> emission;              // by character − kFirst
    Tables();
  };
  explicit JiebaHmm(Tables tables) : tables_(std::move(tables)) {}

  /// Appends where the words of `text` end; all its characters are Chinese.
  void cut(std::u32string_view text, std::vector<std::size_t>& ends) const;

  const Tables& tables() const noexcept { return tables_; }
  /// jieba's value for what its tables lack.
  static constexpr double kImpossible = -3.14e100;

 private:
  using Sums = std::array<double, kStates>;
  using Before = std::array<std::uint8_t, kStates>;  // the state before each state

  const Sums& emission(char32_t character) const { return tables_.emission[character - kFirst]; }
  Before step(Sums& sums, char32_t character) const;

  Tables tables_;
};

}  // namespace unroll
