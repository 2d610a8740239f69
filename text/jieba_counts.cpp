#include "unroll/text/jieba_counts.h"

#include <algorithm>
#include <cmath>

#include "unroll/text/jieba_cutter.h"
#include "unroll/text/utf8.h"

namespace unroll {

void JiebaCounts::add(const std::string& word, std::uint64_t count) {
  words_.insert_or_assign(word, count);
  total_ += count;
  trie_.set(to_utf32(word), count == 0 ? WordTrie::kNoWord : std::log(static_cast<double>(count)));
}

void JiebaCounts::add_users(const std::string& word, std::optional<std::uint64_t> count) {
  add(word, count ? *count : suggested_count(word));
}

/// One more than the count with which the word would be as probable as its best cut.
std::uint64_t JiebaCounts::suggested_count(const std::string& word) const {
  const auto total = static_cast<double>(total_);
  JiebaCutter cutter(trie_, std::log(total));
  double probability = 1;
  for (const std::string_view piece : cutter(word)) {
    probability *= static_cast<double>(count_of(piece)) / total;
  }
  const auto known = words_.find(word);
  const std::uint64_t least = known == words_.end() ? 1 : known->second;
  return std::max(static_cast<std::uint64_t>(probability * total) + 1, least);
}

/// The mere beginning of other words counts 0, what is not even that 1.
std::uint64_t JiebaCounts::count_of(std::string_view piece) const {
  const auto known = words_.find(piece);
  if (known != words_.end()) return known->second;
  return trie_.has_beginning(to_utf32(piece)) ? 0 : 1;
}

}  // namespace unroll
