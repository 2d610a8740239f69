#include "unroll/text/vocabulary.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using Counts = std::unordered_map<std::string, std::uint64_t>;

std::vector<std::string> tokens_of(const Vocabulary& vocabulary) {
  std::vector<std::string> tokens;
  for (std::size_t id = 0; id < vocabulary.size(); ++id) {
    tokens.emplace_back(vocabulary.token(static_cast<std::int32_t>(id)));
  }
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
  EXPECT_EQ(vocabulary.count(0), 0u);
}

TEST(Vocabulary, LeavesOutRareTokensAndCountsThemAsUnknown) {
  const Vocabulary vocabulary(Counts{{"a", 5}, {"b", 2}, {"c", 1}},
                              {.min_count = 3, .max_size = 0});
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>", "a"}));
  EXPECT_EQ(vocabulary.count(0), 3u);
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
  EXPECT_EQ(vocabulary.count(0), 100u);
}

TEST(Vocabulary, IsMadeAgainFromItsEntries) {
  const Vocabulary vocabulary(std::vector<Vocabulary::Entry>{{"<unk>", 7}, {"a", 5}, {"b", 2}});
  EXPECT_EQ(tokens_of(vocabulary), (std::vector<std::string>{"<unk>", "a", "b"}));
  EXPECT_EQ(vocabulary.id("b"), 2);
  EXPECT_EQ(vocabulary.count(0), 7u);
}

TEST(Vocabulary, FindsEachOfManyTokensAndNoOther) {
  std::vector<Vocabulary::Entry> entries{{"<unk>", 0}, {"", 1}};
  for (int k = 0; entries.size() < 3000; ++k) {
    entries.push_back({std::string("w").append(std::to_string(k)), 1});
    if (entries.size() > 40 && entries.size() % 997 != 0) continue;
    const Vocabulary vocabulary(entries);
    for (std::size_t id = 0; id < entries.size(); ++id) {
      ASSERT_EQ(vocabulary.id(entries[id].token), static_cast<std::int32_t>(id));
      ASSERT_EQ(vocabulary.token(static_cast<std::int32_t>(id)), entries[id].token);
    }
    for (const char* other : {"w", "w-1", "W0", "w3000", "<unk"}) {
      EXPECT_EQ(vocabulary.id(other), Vocabulary::kUnknown) << other;
    }
  }
}

TEST(Vocabulary, HasNoTokenOfAnotherId) {
  const Vocabulary vocabulary;
  EXPECT_THROW(vocabulary.token(1), std::out_of_range);
  EXPECT_THROW(vocabulary.token(-1), std::out_of_range);
  EXPECT_THROW(vocabulary.count(1), std::out_of_range);
}

TEST(Vocabulary, RefusesARepeatedToken) {
  using Entries = std::vector<Vocabulary::Entry>;
  EXPECT_TRUE(contains(message_of<ModelError>([] {
                         Vocabulary(Entries{{"<unk>", 0}, {"a", 1}, {"a", 1}});
                       }),
                       "holds \"a\" twice"));
  EXPECT_TRUE(contains(message_of<ModelError>([] {
                         Vocabulary(Entries{{"<unk>", 0}, {"a", 1}, {"<unk>", 1}});
                       }),
                       "holds \"<unk>\" twice"));
  EXPECT_THROW(Vocabulary(Entries{{"a", 1}}), ModelError);
  EXPECT_THROW(Vocabulary(Entries{}), ModelError);
}

TEST(Vocabulary, TakesMoreWordsBehindItsOwn) {
  const Vocabulary few({{"a", 5}, {"b", 1}, {"c", 1}}, {.min_count = 2});
  ASSERT_EQ(few.count(Vocabulary::kUnknown), 2u);
  const std::vector<Vocabulary::Entry> more{{"z", 0}, {"b", 1}};
  const Vocabulary vocabulary = few.with(more);
  EXPECT_EQ(vocabulary.size(), 4u);
  EXPECT_EQ(vocabulary.id("a"), 1);
  EXPECT_EQ(vocabulary.id("z"), 2);
  EXPECT_EQ(vocabulary.id("b"), 3);
  EXPECT_EQ(vocabulary.count(3), 1u);
  EXPECT_EQ(vocabulary.count(Vocabulary::kUnknown), 1u) << "b is known now";
  const std::vector<Vocabulary::Entry> again{{"a", 0}};
  EXPECT_THROW(few.with(again), ModelError);
}

}  // namespace
}  // namespace unroll
