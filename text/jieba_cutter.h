/// JiebaCutter: cuts a text as Python's jieba does in its precise mode. Inside a block of Chinese
/// characters, letters and digits the cut is the most probable one by the words of a dictionary;
/// where it leaves single characters in a row, a hidden Markov model looks for words that the
/// dictionary lacks. Everything else is cut into characters.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/best_cut.h"
#include "unroll/text/jieba_hmm.h"
#include "unroll/text/word_trie.h"

namespace unroll {

/// Words that the hidden Markov model must not find.
using SplitWords = std::set<std::u32string, std::less<>>;

/// One per thread: it keeps the memory of one text for the next one. What it is given stays with
/// the caller.
class JiebaCutter {
 public:
  /// `words` with the logarithms of their counts, `log_total` that of the sum of all counts.
  /// Without `hmm`, unknown characters are cut off one by one, but for letters and digits, which
  /// stay together (jieba's HMM=False).
  JiebaCutter(const WordTrie& words, double log_total, const JiebaHmm* hmm = nullptr,
              const SplitWords* split = nullptr)
      : words_(words), log_total_(log_total), hmm_(hmm), split_(split) {}

  /// All pieces of valid UTF-8 text, spaces too: put together they are the text. Views into `text`.
  std::vector<std::string_view> operator()(std::string_view text);

 private:
  void decode(std::string_view text);
  void cut_block(std::size_t begin, std::size_t end);
  void cut_singles(std::size_t begin, std::size_t end);
  void join_letters(std::size_t begin, std::size_t end);
  void find_words(std::size_t begin, std::size_t end);
  void find_chinese_words(std::size_t begin, std::size_t end);
  void find_numbers(std::size_t begin, std::size_t end);
  void emit(std::size_t begin, std::size_t end);
  void emit_each(std::size_t begin, std::size_t end);
  std::u32string_view part(std::size_t begin, std::size_t end) const;

  const WordTrie& words_;
  double log_total_;
  const JiebaHmm* hmm_;
  const SplitWords* split_;
  BestCut best_;
  std::string_view text_;
  std::u32string characters_;           // of the text
  std::vector<std::uint32_t> offsets_;  // where they begin, and the text's end
  std::vector<std::size_t> ends_;       // of words that the hidden Markov model has found
  std::vector<std::string_view> pieces_;
};

}  // namespace unroll
