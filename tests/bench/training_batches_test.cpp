#include "bench/training/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace unroll::bench {
namespace {

/// Texts of the lengths 1 .. count.
std::vector<Example> texts(std::size_t count) {
  std::vector<Example> examples;
  for (std::size_t length = 1; length <= count; ++length) {
    const auto value = static_cast<std::int32_t>(length);
    examples.push_back({std::vector<std::int32_t>(length, value), value % 2});
  }
  return examples;
}

std::size_t longest(const TrainingBatch& batch) {
  std::size_t length = 0;
  for (const Example& example : batch) length = std::max(length, example.ids.size());
  return length;
}

TEST(TrainingBatches, SampleStandsForTheEpochInRisingOrder) {
  const auto sample = sample_batches(texts(80), BatchOrder::kBucketed, 8, 5);
  ASSERT_EQ(sample.size(), 5);
  // Ten batches of alike lengths, 8, 16 … 80 the longest: every second one.
  for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(longest(sample[k]), 16 * (k + 1)) << k;
}

TEST(TrainingBatches, ShuffledOnesMixLengths) {
  const auto sample = sample_batches(texts(80), BatchOrder::kShuffled, 40, 2);
  ASSERT_EQ(sample.size(), 2);
  for (const TrainingBatch& batch : sample) EXPECT_GT(longest(batch), 60);
}

TEST(TrainingBatches, AreAllThereIsWhereMoreAreWanted) {
  EXPECT_EQ(sample_batches(texts(10), BatchOrder::kShuffled, 4, 99).size(), 3);
}

TEST(TrainingBatches, AreCutToTheirShortestText) {
  for (const TrainingBatch& batch : without_padding({texts(5), {{{7, 8}, 0}, {{9, 9, 9}, 1}}})) {
    EXPECT_EQ(longest(batch), batch.front().ids.size());
  }
}

TEST(TrainingBatches, ComeBackFromAFile) {
  const TempFolder folder;
  const std::vector<TrainingBatch> batches = {texts(3), texts(1)};
  write_batches(folder.file("b.jsonl"), batches);
  const std::vector<TrainingBatch> read = read_batches(folder.file("b.jsonl"));
  ASSERT_EQ(read.size(), 2);
  ASSERT_EQ(read[0].size(), 3);
  EXPECT_EQ(read[0][2].ids, batches[0][2].ids);
  EXPECT_EQ(read[0][2].label, batches[0][2].label);
  EXPECT_EQ(read[1].size(), 1);
}

TEST(TrainingBatches, AreEncodedAsTrainingDoes) {
  const TempFolder folder;
  const std::string path =
      folder.write("a.tsv", "label\ttext\nbad\ta dull dull film\ngood\ta fine film\n");
  const TrainingData data = read_training_data(path);
  ASSERT_EQ(data.examples.size(), 2);
  EXPECT_EQ(data.examples[0].ids.size(), 4);
  EXPECT_EQ(data.examples[0].ids[1], data.examples[0].ids[2]);
  EXPECT_EQ(data.examples[1].label, 1);
  EXPECT_EQ(token_count(data.examples), 7);
}

}  // namespace
}  // namespace unroll::bench
