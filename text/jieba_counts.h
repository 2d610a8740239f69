/// JiebaCounts: the words of jieba's dictionary and of a user's with their counts, as jieba itself
/// collects them before it cuts anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/word_trie.h"

namespace unroll {

class JiebaCounts {
 public:
  using Map = std::map<std::string, std::uint64_t, std::less<>>;

  /// A word of jieba's dictionary. Of repeated ones the last holds, and all are in the total.
  void add(const std::string& word, std::uint64_t count);
  /// A word of a user's dictionary, as jieba's `add_word` takes it. Without a count it gets the
  /// least one with which it is cut as one word; with the count 0 it is never one word.
  void add_users(const std::string& word, std::optional<std::uint64_t> count);

  const Map& words() const noexcept { return words_; }
  /// The sum of all counts that were added.
  std::uint64_t total() const noexcept { return total_; }

 private:
  std::uint64_t suggested_count(const std::string& word) const;
  std::uint64_t count_of(std::string_view piece) const;

  Map words_;
  std::uint64_t total_ = 0;
  WordTrie trie_;  // of the words with a count, by its logarithm
};

}  // namespace unroll
