#include "unroll/text/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "unroll/core/error.h"

namespace unroll {
namespace {

using Indices = std::vector<std::size_t>;

/// Examples of lengths 1 .. 37, in no order of length.
std::vector<Example> many_examples(std::size_t count) {
  std::vector<Example> examples(count);
  for (std::size_t i = 0; i < count; ++i) {
    examples[i].ids.assign(1 + i * 17 % 37, static_cast<std::int32_t>(i));
    examples[i].label = static_cast<std::int32_t>(i % 3);
  }
  return examples;
}

Indices all_rows(const std::vector<Indices>& batches) {
  Indices rows;
  for (const Indices& batch : batches) rows.insert(rows.end(), batch.begin(), batch.end());
  return rows;
}

void expect_every_example_once(const std::vector<Indices>& batches, std::size_t count) {
  Indices rows = all_rows(batches);
  std::sort(rows.begin(), rows.end());
  Indices expected(count);
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(rows, expected);
}

TEST(MakeBatch, PacksTimeMajorLongestFirst) {
  const std::vector<Example> examples = {
      {{10}, 0}, {{20, 21, 22}, 1}, {{30, 31}, -1}, {{40, 41}, 2}};
  const Batch batch = make_batch(examples, Indices{0, 3, 1, 2});
  EXPECT_EQ(batch.rows, (Indices{1, 3, 2, 0})) << "equal lengths keep their order";
  EXPECT_EQ(batch.labels, (std::vector<std::int32_t>{1, 2, -1, 0}));
  EXPECT_EQ(batch.shape.lengths(), (Indices{3, 2, 2, 1}));
  EXPECT_EQ(batch.ids, (std::vector<std::int32_t>{20, 40, 30, 10, 21, 41, 31, 22}));
}

TEST(MakeBatch, RefusesAnExampleWithoutIds) {
  const std::vector<Example> examples = {{{}, 0}};
  EXPECT_THROW(make_batch(examples, Indices{0}), ShapeError);
}

TEST(ShuffledBatches, HoldEveryExampleOnce) {
  const auto examples = many_examples(1003);
  for (const std::size_t size : {1u, 7u, 64u, 1003u, 5000u}) {
    Random random(1, "batches");
    const auto batches = shuffled_batches(examples, size, random);
    expect_every_example_once(batches, examples.size());
    for (const Indices& batch : batches) EXPECT_LE(batch.size(), size);
    EXPECT_EQ(batches.size(), (examples.size() + size - 1) / size);
  }
}

TEST(ShuffledBatches, HoldAlikeLengths) {
  const auto examples = many_examples(1000);
  Random random(1, "batches");
  for (const Indices& batch : shuffled_batches(examples, 20, random)) {
    EXPECT_LE(examples[batch.front()].ids.size() - examples[batch.back()].ids.size(), 2u);
  }
}

TEST(ShuffledBatches, DependOnTheSeedAndDifferBetweenEpochs) {
  const auto examples = many_examples(500);
  Random one(1, "batches"), again(1, "batches"), other(2, "batches");
  const auto first = shuffled_batches(examples, 16, one);
  EXPECT_EQ(first, shuffled_batches(examples, 16, again));
  EXPECT_NE(first, shuffled_batches(examples, 16, other));
  EXPECT_NE(first, shuffled_batches(examples, 16, one)) << "the next epoch";
}

TEST(SortedBatches, FallInLengthInAFixedOrder) {
  const auto examples = many_examples(103);
  const auto batches = sorted_batches(examples, 10);
  EXPECT_EQ(batches.size(), 11u);
  expect_every_example_once(batches, examples.size());
  const Indices rows = all_rows(batches);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::size_t before = examples[rows[i - 1]].ids.size(),
                      here = examples[rows[i]].ids.size();
    EXPECT_TRUE(before > here || (before == here && rows[i - 1] < rows[i]));
  }
}

TEST(Batches, AcceptNoExamplesAndHugeSizesButNoEmptyBatch) {
  Random random(1, "batches");
  EXPECT_TRUE(shuffled_batches({}, 8, random).empty());
  EXPECT_TRUE(sorted_batches({}, 8).empty());
  const auto examples = many_examples(3);
  EXPECT_EQ(sorted_batches(examples, SIZE_MAX).size(), 1u);
  EXPECT_EQ(shuffled_batches(examples, SIZE_MAX, random).size(), 1u);
  EXPECT_THROW(sorted_batches(examples, 0), UsageError);
  EXPECT_THROW(shuffled_batches(examples, 0, random), UsageError);
}

}  // namespace
}  // namespace unroll
