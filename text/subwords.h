/// Subwords: pieces of words with their probabilities (a unigram model, Kudo 2018), and the cut of
/// a text into the most probable ones. A word that training has never met still has known pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/best_cut.h"
#include "unroll/text/word_trie.h"

namespace unroll {

/// What is before a word; subwords have it, texts do not.
inline constexpr std::string_view kWordMark = "\u2581";

/// The words of a text as the pieces see them: parted at white space, with ▁ (U+2581) before each
/// but those that begin with a letter of a script without spaces. So no piece is both the
/// beginning of a word and its inside, and Chinese does not depend on where a text begins.
std::vector<std::string> marked_words(std::string_view text);

class Subwords {
 public:
  struct Piece {
    std::string text;
    double score = 0;  ///< the logarithm of its probability
    bool operator==(const Piece&) const = default;
  };

  Subwords() = default;
  /// Throws ModelError for a piece that is empty, repeated or not UTF-8.
  explicit Subwords(std::vector<Piece> pieces);

  const std::vector<Piece>& pieces() const noexcept { return pieces_; }
  /// The memory that they take.
  std::size_t bytes() const noexcept { return trie_.bytes() + pieces_.capacity() * sizeof(Piece); }
  const WordTrie& trie() const noexcept { return trie_; }
  /// The score of a character that is no piece: less than the score of any piece.
  double unknown_score() const noexcept { return unknown_score_; }

 private:
  std::vector<Piece> pieces_;
  WordTrie trie_;
  double unknown_score_ = 0;
};

/// One per thread; the pieces stay with the caller.
class SubwordCutter {
 public:
  explicit SubwordCutter(const Subwords& subwords) : subwords_(subwords) {}
  /// The pieces of folded text, in order. A character that is no piece is one on its own.
  std::vector<std::string> operator()(std::string_view text);

 private:
  void cut_word(const std::string& word, std::vector<std::string>& pieces);

  const Subwords& subwords_;
  BestCut best_;
};

}  // namespace unroll
