#include "unroll/text/best_cut.h"

namespace unroll {

namespace {

/// The best word that begins somewhere.
struct Best {
  double sum = WordTrie::kNoWord;
  std::size_t end = 0;

  /// The last of equals is the longer word.
  void offer(double other, std::size_t other_end) {
    if (other >= sum) *this = {other, other_end};
  }
};

}  // namespace

void BestCut::cut(std::u32string_view text, const WordTrie& words, double log_total, double unknown,
                  UnknownCharacter rule) {
  sums_.resize(text.size() + 1);
  ends_.resize(text.size());
  sums_[text.size()] = 0;
  for (std::size_t begin = text.size(); begin-- > 0;) {
    Best best;
    // In jieba's order of additions: another one rounds otherwise, and may cut otherwise.
    const auto offer = [&](double weight, std::size_t end) {
      best.offer(weight - log_total + sums_[end], end);
    };
    WordTrie::Node node = words.child(WordTrie::kRoot, text[begin]);
    const bool is_word = node != WordTrie::kNone && words.weight(node) != WordTrie::kNoWord;
    if (rule == UnknownCharacter::kAlways && !is_word) offer(unknown, begin + 1);
    for (std::size_t end = begin + 1; node != WordTrie::kNone; ++end) {
      if (words.weight(node) != WordTrie::kNoWord) offer(words.weight(node), end);
      if (end == text.size()) break;
      node = words.child(node, text[end]);
    }
    if (best.end == 0) offer(unknown, begin + 1);
    sums_[begin] = best.sum;
    ends_[begin] = static_cast<std::uint32_t>(best.end);
  }
}

}  // namespace unroll
