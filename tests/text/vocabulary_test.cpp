#include "unroll/text/vocabulary.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using Counts = std::unordered_map<std::string, std::uint64_t>;

std::vector<std::string> tokens_of(const Vocabulary& vocabulary) {
  std::vector<std::string> tokens;
  for (const auto& entry : vocabulary.entries()) tokens.push_back(entry.token);
  return tokens;
}

TEST(Vocabulary, HoldsTheUnknownWordFromTheBeginning) {
  const Vocabulary vocabulary;
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>"}));
  EXPECT_EQ(vocabulary.id("anything"), Vocabulary::kUnknown);
}

TEST(Vocabulary, IsOrderedByFallingCountThenBytes) {
  const Vocabulary vocabulary(Counts{{"b", 2}, {"好", 2}, {"a", 2}, {"z", 9}, {"c", 1}}, {});
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>", "z", "a", "b", "好", "c"}));
  EXPECT_EQ(vocabulary.id("z"), 1);
  EXPECT_EQ(vocabulary.token(4), "好");
  EXPECT_EQ(vocabulary.entries()[0].count, 0u);
}

TEST(Vocabulary, LeavesOutRareTokensAndCountsThemAsUnknown) {
  const Vocabulary vocabulary(Counts{{"a", 5}, {"b", 2}, {"c", 1}},
                              {.min_count = 3, .max_size = 0});
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>", "a"}));
  EXPECT_EQ(vocabulary.entries()[0].count, 3u);
  EXPECT_EQ(vocabulary.id("b"), Vocabulary::kUnknown);
}

TEST(Vocabulary, CountsTheUnknownWordInItsSize) {
  const Counts counts{{"a", 5}, {"b", 2}, {"c", 1}};
  EXPECT_EQ(tokens_of(Vocabulary(counts, {.min_count = 1, .max_size = 2})),
            (std::vector<std::string>{"<unk>", "a"}));
  EXPECT_EQ(Vocabulary(counts, {.min_count = 1, .max_size = 1}).size(), 1u);
  EXPECT_EQ(Vocabulary(counts, {.min_count = 1, .max_size = 4}).size(), 4u);
}

TEST(Vocabulary, TakesTheUnknownWordInATextAsUnknown) {
  const Vocabulary vocabulary(Counts{{"<unk>", 100}, {"a", 1}}, {});
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>", "a"}));
  EXPECT_EQ(vocabulary.entries()[0].count, 100u);
}

TEST(Vocabulary, IsMadeAgainFromItsEntries) {
  const Vocabulary vocabulary(Counts{{"a", 5}, {"b", 2}}, {});
  const Vocabulary again(vocabulary.entries());
  EXPECT_EQ(tokens_of(again), tokens_of(vocabulary));
  EXPECT_EQ(again.id("b"), 2);
}

TEST(Vocabulary, RefusesARepeatedToken) {
  using Entries = std::vector<Vocabulary::Entry>;
  EXPECT_TRUE(contains(message_of<ModelError>([] {
                         Vocabulary(Entries{{"<unk>", 0}, {"a", 1}, {"a", 1}});
                       }),
                       "holds \"a\" twice"));
  EXPECT_THROW(Vocabulary(Entries{{"a", 1}}), ModelError);
  EXPECT_THROW(Vocabulary(Entries{}), ModelError);
}

}  // namespace
}  // namespace unroll
