#include "unroll/text/ngrams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/text/ngram_index.h"

namespace unroll {
namespace {

using Tokens = std::vector<std::string>;
using Counts = std::map<std::uint32_t, int>;

Counts counts_of(NgramCounter& counter, const Tokens& tokens) {
  counter.count(tokens);
  Counts counts;
  for (std::size_t k = 0; k < counter.keys().size(); ++k) {
    EXPECT_TRUE(counts.emplace(counter.keys()[k], counter.counts()[k]).second) << "a key twice";
  }
  return counts;
}

Counts counts_of(const Tokens& tokens, const NgramSettings& settings = {}) {
  NgramCounter counter(settings);
  return counts_of(counter, tokens);
}

int total(const Counts& counts) {
  int sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

TEST(Ngrams, ComeFromTheFirstTokensAloneWhereThatIsSet) {
  const Tokens text{"a", "good", "film", "不满意"};
  EXPECT_EQ(counts_of(text, {.most_tokens = 2}), counts_of({"a", "good"}));
  EXPECT_EQ(counts_of(text, {.most_tokens = 9}), counts_of(text));
  EXPECT_NE(counts_of(text, {.most_tokens = 3}), counts_of(text));
}

constexpr NgramSettings kWordsAlone{.words = 2, .most_letters = 0, .unspaced = 0};

TEST(Ngrams, OfWordsAreEachWordAndEachPair) {
  const Counts counts = counts_of({"a", "b", "a", "b"}, kWordsAlone);
  EXPECT_EQ(counts.size(), 4u);  // a, b, a b, b a
  EXPECT_EQ(total(counts), 7);
  const Counts one = counts_of({"a"}, kWordsAlone);
  EXPECT_EQ(counts.at(one.begin()->first), 2);
}

TEST(Ngrams, KnowTheOrderAndTheBordersOfWords) {
  const auto pair_of = [](const Tokens& tokens) {
    NgramCounter counter(kWordsAlone);
    counter.count(tokens);
    return counter.keys()[1];  // first the word, then the pair that begins with it
  };
  EXPECT_NE(pair_of({"a", "b"}), pair_of({"b", "a"}));
  EXPECT_NE(pair_of({"ab", "c"}), pair_of({"a", "bc"}));
}

TEST(Ngrams, OfLettersHaveTheEndsOfTheirWord) {
  const NgramSettings letters{.words = 0, .least_letters = 3, .most_letters = 4, .unspaced = 0};
  // <film>: 4 of three letters, 3 of four; a word of one letter has none
  EXPECT_EQ(total(counts_of({"film"}, letters)), 7);
  EXPECT_EQ(total(counts_of({"a"}, letters)), 0);
  const auto shared = [&](const std::string& a, const std::string& b) {
    int count = 0;
    const Counts of_b = counts_of({b}, letters);
    for (const auto& [key, n] : counts_of({a}, letters)) count += of_b.contains(key) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(shared("film", "filmt"), 5);  // all but those with the end: "lm>", "ilm>"
  EXPECT_EQ(shared("für", "fürs"), 3);    // "<fü", "für", "<für"
}

TEST(Ngrams, OfScriptsWithoutSpacesGoAcrossTokens) {
  const NgramSettings unspaced{.words = 0, .most_letters = 5, .unspaced = 3};
  const Counts cut = counts_of({"不", "满意"}, unspaced);
  EXPECT_EQ(cut, counts_of({"不满意"}, unspaced));
  EXPECT_EQ(cut, counts_of({"不满", "意"}, unspaced));
  EXPECT_EQ(cut.size(), 6u);                                          // 3 + 2 + 1
  EXPECT_EQ(total(counts_of({"不", ",", "满意"}, unspaced)), 1 + 3);  // not across marks
}

TEST(Ngrams, TellLettersFromWordsByTheirHighestBit) {
  NgramCounter counter({});
  counter.count(Tokens{"good", "film", "很好"});
  EXPECT_TRUE(std::ranges::is_partitioned(counter.keys(),
                                          [](std::uint32_t key) { return key < kLetterKeys; }));
  EXPECT_EQ(
      std::ranges::count_if(counter.keys(), [](std::uint32_t key) { return key < kLetterKeys; }),
      6);  // 3 + 2 + 1
}

TEST(Ngrams, OfATextDoNotDependOnTheTextsBefore) {
  std::mt19937 random(3);
  NgramCounter kept({});
  for (int text = 0; text < 300; ++text) {
    Tokens tokens;
    for (std::size_t k = random() % 60; k > 0; --k) tokens.push_back(std::to_string(random() % 90));
    ASSERT_EQ(counts_of(kept, tokens), counts_of(tokens)) << text;
  }
}

TEST(Ngrams, AreCountedUpToTheMost) {
  const Counts counts = counts_of(Tokens(1000, "a"), kWordsAlone);
  for (const auto& [key, count] : counts) EXPECT_EQ(count, kMostCount);
}

TEST(NgramIndex, KnowsTheKeysOfEnoughRows) {
  SparseCounts rows;
  const std::vector<std::uint8_t> twice{2, 2};
  rows.append(std::vector<std::uint32_t>{7, kLetterKeys + 1}, twice);
  rows.append(std::vector<std::uint32_t>{5, 7}, twice);
  rows.append(std::vector<std::uint32_t>{kLetterKeys + 1, 9}, twice);
  const NgramIndex index(rows, 2);
  ASSERT_EQ(index.size(), 2u);
  EXPECT_EQ(index.words(), 1u);
  EXPECT_EQ(index.number(7), 0u);
  EXPECT_EQ(index.number(kLetterKeys + 1), 1u);
  EXPECT_EQ(index.number(5), NgramIndex::kNone);

  index.number_columns(rows);
  EXPECT_EQ(rows.columns, (std::vector<std::uint32_t>{0, 1, 0, 1}));
  EXPECT_EQ(rows.ends, (std::vector<std::size_t>{2, 3, 4}));
  EXPECT_EQ(rows.counts.size(), 4u);
}

TEST(NgramIndex, IsTheSameOnAnyNumberOfThreads) {
  std::mt19937 random(5);
  SparseCounts rows;
  for (int row = 0; row < 2000; ++row) {
    std::vector<std::uint32_t> keys;
    for (int k = 0; k < 20; ++k) keys.push_back(static_cast<std::uint32_t>(random() % 5000) << 19);
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    rows.append(keys, std::vector<std::uint8_t>(keys.size(), 1));
  }
  const std::size_t before = thread_count();
  const auto numbered = [&](std::size_t threads) {
    set_thread_count(threads);
    SparseCounts copy = rows;
    NgramIndex(copy, 3).number_columns(copy);
    return copy.columns;
  };
  const auto alone = numbered(1);
  EXPECT_FALSE(alone.empty());
  for (const std::size_t threads : {2, 3, 8}) EXPECT_EQ(numbered(threads), alone) << threads;
  set_thread_count(before);
}

TEST(NgramIndex, FindsEveryKeyAndNoOther) {
  for (const std::size_t size : {1, 2, 3, 1000}) {
    Tensor<std::uint32_t> keys;
    keys.resize({size});
    for (std::size_t k = 0; k < size; ++k)  // as close as can be, far apart, and the highest one
      keys[k] = k % 2 == 0 ? static_cast<std::uint32_t>(7 + k * 4000000) : keys[k - 1] + 2;
    keys[size - 1] = ~std::uint32_t{0};
    const NgramIndex index(keys);
    for (std::uint32_t k = 0; k < size; ++k) {
      EXPECT_EQ(index.number(keys[k]), k);
      EXPECT_EQ(index.number(keys[k] - 1), NgramIndex::kNone);
    }
    EXPECT_EQ(index.number(0), NgramIndex::kNone);
  }
}

TEST(NgramIndex, RefusesKeysThatDoNotRise) {
  Tensor<std::uint32_t> keys({2});
  EXPECT_THROW(NgramIndex{keys}, ModelError);
}

TEST(NgramPlaces, AreAllThatTheCounterCounts) {
  const Tokens tokens{"good", "很好", "的", "good", "x", "film"};
  Counts counts;
  for (const NgramPlace& place : place_ngrams(tokens, {})) ++counts[place.key];
  EXPECT_EQ(counts, counts_of(tokens));
}

TEST(NgramPlaces, SayWhatAReaderWouldWriteAndWhichTokensItTouches) {
  const Tokens tokens{"so", "很好", "的"};
  std::map<std::string, Range> places;
  for (const NgramPlace& place : place_ngrams(tokens, {})) places[place.text] = place.tokens;
  EXPECT_EQ(places.at("so 很好").end, 2u);
  EXPECT_EQ(places.at("<so>").begin, 0u);
  EXPECT_EQ(places.at("<so>").end, 1u);
  EXPECT_EQ(places.at("~好的~").begin, 1u) << "across the tokenizer's cut";
  EXPECT_EQ(places.at("~好的~").end, 3u);
}

}  // namespace
}  // namespace unroll
