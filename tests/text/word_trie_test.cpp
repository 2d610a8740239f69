#include "unroll/text/word_trie.h"

#include <gtest/gtest.h>

#include <string>

#include "unroll/text/best_cut.h"

namespace unroll {
namespace {

TEST(WordTrie, KnowsWordsAndTheirBeginnings) {
  WordTrie trie;
  trie.set(U"生命", -2);
  trie.set(U"生", -3);
  EXPECT_EQ(trie.weight(U"生命"), -2);
  EXPECT_EQ(trie.weight(U"生"), -3);
  EXPECT_EQ(trie.weight(U"命"), WordTrie::kNoWord);
  EXPECT_EQ(trie.weight(U"生命力"), WordTrie::kNoWord);
  trie.set(U"起源地", -1);
  EXPECT_EQ(trie.weight(U"起源"), WordTrie::kNoWord);
  EXPECT_TRUE(trie.has_beginning(U"起源"));
  EXPECT_FALSE(trie.has_beginning(U"源"));
}

TEST(WordTrie, KeepsAllWordsWhileItGrows) {
  WordTrie trie;
  for (char32_t a = 0; a < 60; ++a) {
    for (char32_t b = 0; b < 60; ++b) {
      trie.set(std::u32string{U'a' + a, 0x4E00 + b, 0x1F600 + a}, static_cast<double>(a * 60 + b));
    }
  }
  for (char32_t a = 0; a < 60; ++a) {
    for (char32_t b = 0; b < 60; ++b) {
      const std::u32string word{U'a' + a, 0x4E00 + b, 0x1F600 + a};
      ASSERT_EQ(trie.weight(word), static_cast<double>(a * 60 + b));
    }
  }
}

std::vector<std::size_t> ends(std::u32string_view text, const WordTrie& words,
                              UnknownCharacter rule) {
  BestCut best;
  best.cut(text, words, 0, -10, rule);
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < text.size(); at = best.end_of(at)) {
    result.push_back(best.end_of(at));
  }
  return result;
}

TEST(BestCut, HasTheLargestSumAndTheLongerWordOfEquals) {
  WordTrie words;
  words.set(U"ab", -3);
  words.set(U"a", -1);
  words.set(U"b", -1);
  words.set(U"c", -1);
  EXPECT_EQ(ends(U"abc", words, UnknownCharacter::kWhereNoWordBegins),
            (std::vector<std::size_t>{1, 2, 3}));
  words.set(U"ab", -2);
  EXPECT_EQ(ends(U"abc", words, UnknownCharacter::kWhereNoWordBegins),
            (std::vector<std::size_t>{2, 3}));
}

TEST(BestCut, CutsUnknownCharactersByItsRule) {
  WordTrie words;
  words.set(U"ab", -30);
  words.set(U"b", -1);
  EXPECT_EQ(ends(U"abx", words, UnknownCharacter::kWhereNoWordBegins),
            (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(ends(U"abx", words, UnknownCharacter::kAlways), (std::vector<std::size_t>{1, 2, 3}));
}

}  // namespace
}  // namespace unroll
