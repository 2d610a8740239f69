/// JiebaDictionary: what a JiebaCutter needs, words with their counts and a hidden Markov model
/// for the rest. It travels inside the model file, so a prediction needs no installed jieba.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "unroll/text/jieba_counts.h"
#include "unroll/text/jieba_cutter.h"
#include "unroll/text/jieba_hmm.h"
#include "unroll/text/word_trie.h"

namespace unroll {

class JiebaDictionary {
 public:
  JiebaDictionary(const JiebaCounts& counts, JiebaHmm hmm);

  /// A cutter that uses this dictionary.
  JiebaCutter cutter() const {
    return {words_, std::log(static_cast<double>(total_)), &hmm_, &split_};
  }

  std::size_t size() const noexcept { return size_; }
  /// The memory that it takes.
  std::size_t bytes() const noexcept;
  std::size_t packed_bytes() const noexcept { return packed_words_.size() + packed_hmm_.size(); }

  /// What a model file holds: {"total": 60101967, "words": "…", "hmm": "…"}. Both texts are packed
  /// (packed_text.h). The words are lines "word count" in byte order, with the count 0 for words
  /// that are always cut into characters; `hmm` is jieba's tables as a JSON object.
  std::uint64_t total() const noexcept { return total_; }
  const std::string& packed_words() const noexcept { return packed_words_; }
  const std::string& packed_hmm() const noexcept { return packed_hmm_; }
  /// Throws ModelError for what is no such dictionary.
  static JiebaDictionary unpack(std::uint64_t total, std::string words, std::string hmm);

 private:
  JiebaDictionary(std::uint64_t total, JiebaHmm hmm) : total_(total), hmm_(std::move(hmm)) {}
  void fill(std::string_view lines);
  void add(std::string_view word, std::uint64_t count);

  std::uint64_t total_;
  std::size_t size_ = 0;
  std::string packed_words_;
  std::string packed_hmm_;
  WordTrie words_;  // the logarithms of their counts
  SplitWords split_;
  JiebaHmm hmm_;
};

/// jieba's three tables from a JSON object of them, {"start": {"B": …, …}, "trans": {"B": {"E": …,
/// …}, …}, "emit": {"B": {"一": …, …}, …}}, and back. Throws ModelError for anything else.
JiebaHmm hmm_from_json(std::string_view json);
std::string to_json(const JiebaHmm& hmm);

}  // namespace unroll
