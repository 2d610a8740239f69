/// BestCut: the cut of a text into words whose weights have the largest sum. With the logarithms
/// of the words' probabilities as weights it is the most probable one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "unroll/text/word_trie.h"

namespace unroll {

/// When a single character that is no word may be cut off.
enum class UnknownCharacter {
  kWhereNoWordBegins,  ///< jieba's rule
  kAlways,             ///< SentencePiece's rule
};

class BestCut {
 public:
  /// Cuts `text`. Each word weighs as the trie says, a character that is no word `unknown`, and
  /// `log_total` is taken off each. Where sums are equal, the cut whose first word is longer wins.
  /// Time is linear in the text, since no word is longer than the trie's longest.
  void cut(std::u32string_view text, const WordTrie& words, double log_total, double unknown,
           UnknownCharacter rule);
  /// Behind the word that begins at `begin`, which is 0 or the end of a word.
  std::size_t end_of(std::size_t begin) const noexcept { return ends_[begin]; }

 private:
  std::vector<double> sums_;  // of the best cut from here on
  std::vector<std::uint32_t> ends_;
};

}  // namespace unroll
