#include "unroll/text/epoch_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "unroll/core/error.h"
#include "unroll/text/batches.h"

namespace unroll {
namespace {

/// Rows that have nothing but a length.
class Lengths final : public ExampleRows {
 public:
  explicit Lengths(std::size_t count, std::size_t length = 3) : count_(count), length_(length) {}
  std::size_t size() const override { return count_; }
  std::size_t length(std::size_t row) const override { return length_ + row % 5; }
  std::int32_t label(std::size_t) const override { return 0; }
  float weight(std::size_t) const override { return 1; }
  std::span<const std::int32_t> ids(std::size_t, std::vector<std::int32_t>&) const override {
    return {};
  }

 private:
  std::size_t count_, length_;
};

using Batches = std::vector<std::vector<std::size_t>>;

Batches epoch_of(EpochOrder& order, std::size_t epoch) {
  order.begin(epoch);
  Batches batches;
  for (std::size_t step = 0; step < order.steps(); ++step) {
    const auto rows = order.batch(step);
    batches.emplace_back(rows.begin(), rows.end());
  }
  return batches;
}

TEST(EpochOrder, ShufflesRowsThatFitAsAWhole) {
  const Lengths rows(20'000);
  EpochOrder order(rows, 64, 7);
  for (const std::size_t epoch : {0U, 3U}) {
    std::vector<std::size_t> all(rows.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    Random random(7, "shuffle/" + std::to_string(epoch));
    EXPECT_EQ(epoch_of(order, epoch), shuffled_batches(rows, all, 64, random));
  }
}

TEST(EpochOrder, HasEachRowOnceAndAsManyStepsInEachEpoch) {
  for (const std::size_t batch : {1000U, 4096U, 70'000U}) {
    const Lengths rows(5 * EpochOrder::kBlockRows + 1234);
    EpochOrder order(rows, batch, 1);
    EXPECT_EQ(order.steps(), (rows.size() + batch - 1) / batch);
    for (const std::size_t epoch : {0U, 1U}) {
      std::vector<bool> seen(rows.size());
      for (const auto& of_step : epoch_of(order, epoch)) {
        EXPECT_LE(of_step.size(), batch);
        for (const std::size_t row : of_step) {
          EXPECT_FALSE(seen[row]);
          seen[row] = true;
        }
      }
      EXPECT_TRUE(std::ranges::all_of(seen, [](bool is_there) { return is_there; }));
    }
  }
}

TEST(EpochOrder, TouchesFewBlocksAtATime) {
  const Lengths rows(10 * EpochOrder::kBlockRows);
  EpochOrder order(rows, 4096, 1);
  const Batches batches = epoch_of(order, 0);
  std::set<std::size_t> blocks;
  for (std::size_t step = 0; step < EpochOrder::kJoinedBlocks * EpochOrder::kBlockRows / 4096;
       ++step)
    for (const std::size_t row : batches[step]) blocks.insert(row / EpochOrder::kBlockRows);
  EXPECT_EQ(blocks.size(), EpochOrder::kJoinedBlocks);
  EXPECT_NE(epoch_of(order, 1).front(), batches.front()) << "the next epoch";
}

TEST(EpochOrder, EndsABlockOfLongTextsEarly) {
  const Lengths rows(60'000, 400);
  EpochOrder order(rows, 100, 1);
  EXPECT_LE(order.most_ids(), EpochOrder::kJoinedBlocks * (EpochOrder::kBlockIds + 100 * 405));
  EXPECT_NE(epoch_of(order, 0), epoch_of(order, 1));
}

TEST(EpochOrder, GoesToAnyStep) {
  const Lengths rows(6 * EpochOrder::kBlockRows);
  EpochOrder order(rows, 2048, 3), resumed(rows, 2048, 3);
  const Batches batches = epoch_of(order, 2);
  resumed.begin(2);
  for (const std::size_t step : {150U, 20U, 149U}) {
    const auto found = resumed.batch(step);
    EXPECT_TRUE(std::ranges::equal(found, batches[step])) << step;
  }
}

TEST(EpochOrder, RefusesBatchesOfNoRows) {
  const Lengths rows(3);
  EXPECT_THROW(EpochOrder(rows, 0, 1), UsageError);
}

}  // namespace
}  // namespace unroll
