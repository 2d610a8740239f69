// The generators of the long-lag tasks.

#include "unroll/tools/lab/flow/long_lag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "unroll/core/error.h"

namespace unroll {
namespace {

constexpr std::size_t kRows = 200;

LongLagBatch<double> batch_of(LongLagTask task, std::size_t steps, std::size_t rows = kRows,
                              std::uint64_t seed = 1, std::string_view name = "training") {
  LongLagBatch<double> batch;
  LongLagStream<double>(task, steps, seed, name).next(rows, batch);
  return batch;
}

/// The columns that are 1 in a row of a one-hot x; fails if there is not exactly one.
std::size_t symbol_at(const LongLagBatch<double>& batch, std::size_t t, std::size_t row) {
  const auto x_t = batch.x.matrix().row(batch.shape.index(t, row));
  EXPECT_EQ(std::ranges::count(x_t, 1.0), 1);
  EXPECT_EQ(std::ranges::count(x_t, 0.0), static_cast<std::ptrdiff_t>(x_t.size()) - 1);
  return static_cast<std::size_t>(std::ranges::find(x_t, 1.0) - x_t.begin());
}

TEST(AddingProblem, MarksExactlyTwoStepsOneInEachHalfAndAsksForTheirSum) {
  for (std::size_t steps : {2, 3, 10, 51}) {
    const LongLagBatch<double> batch = batch_of(LongLagTask::kAdding, steps);
    ASSERT_EQ(batch.x.shape(), Shape({steps * kRows, 2}));
    for (std::size_t row = 0; row < kRows; ++row) {
      std::size_t first_half = 0;
      std::size_t second_half = 0;
      double sum = 0;
      for (std::size_t t = 0; t < steps; ++t) {
        const auto x_t = batch.x.matrix().row(batch.shape.index(t, row));
        ASSERT_TRUE(x_t[0] >= 0 && x_t[0] < 1);
        ASSERT_TRUE(x_t[1] == 0 || x_t[1] == 1);
        if (x_t[1] == 0) continue;
        ++(t < steps / 2 ? first_half : second_half);
        sum += x_t[0];
      }
      ASSERT_EQ(first_half, 1);
      ASSERT_EQ(second_half, 1);
      ASSERT_EQ(batch.y[row], sum);
    }
  }
}

TEST(AddingProblem, GivesWhoAnswersOneAMeanSquaredErrorOfOneSixth) {
  constexpr std::size_t kMany = 20'000;
  const LongLagBatch<double> batch = batch_of(LongLagTask::kAdding, 4, kMany);
  double squares = 0;
  for (double y : batch.y.values()) squares += (y - 1) * (y - 1);
  // (y − 1)² has mean 1/6 and deviation 0.197: five of its standard errors.
  EXPECT_NEAR(squares / kMany, 1.0 / 6, 5 * 0.197 / std::sqrt(kMany));
}

TEST(TemporalOrder, HidesTwoLettersBetweenDistractorsAndAsksWhichTheyWere) {
  constexpr std::size_t kSteps = 60;
  const LongLagBatch<double> batch = batch_of(LongLagTask::kTemporalOrder, kSteps);
  for (std::size_t row = 0; row < kRows; ++row) {
    const std::size_t length = batch.shape.length(row);
    ASSERT_TRUE(length >= kSteps && length <= kSteps + kSteps / 10);
    EXPECT_EQ(symbol_at(batch, 0, row), 7);           // E
    EXPECT_EQ(symbol_at(batch, length - 1, row), 6);  // B
    std::vector<std::size_t> places;
    std::vector<std::size_t> letters;
    for (std::size_t t = 1; t + 1 < length; ++t) {
      const std::size_t symbol = symbol_at(batch, t, row);
      ASSERT_LT(symbol, 6);
      if (symbol < 4) continue;  // a b c d
      places.push_back(t);
      letters.push_back(symbol - 4);  // X 0, Y 1
    }
    ASSERT_EQ(places.size(), 2);
    EXPECT_TRUE(places[0] >= 6 && places[0] <= 12) << places[0];
    EXPECT_TRUE(places[1] >= 30 && places[1] <= 36) << places[1];
    EXPECT_EQ(batch.classes[row], static_cast<std::int32_t>(2 * letters[0] + letters[1]));
  }
}

TEST(TemporalOrder, HasItsFourClassesEquallyOften) {
  const LongLagBatch<double> batch = batch_of(LongLagTask::kTemporalOrder, 10, 4'000);
  for (std::int32_t k = 0; k < 4; ++k) {
    // 1,000 each, with a deviation of 27
    EXPECT_NEAR(static_cast<double>(std::ranges::count(batch.classes, k)), 1'000, 5 * 27) << k;
  }
}

TEST(CopyMemory, AsksForTheLettersAfterTheSignalAndForBlanksBefore) {
  constexpr std::size_t kDelay = 7;
  const LongLagBatch<double> batch = batch_of(LongLagTask::kCopyMemory, kDelay);
  ASSERT_EQ(batch.shape.steps(), kDelay + 20);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t t = 0; t < kDelay + 20; ++t) {
      const std::size_t symbol = symbol_at(batch, t, row);
      const auto answer = static_cast<std::size_t>(batch.classes[batch.shape.index(t, row)]);
      if (t < 10) {
        EXPECT_LT(symbol, 8);
      } else {
        EXPECT_EQ(symbol, t == 9 + kDelay ? 9 : 8) << t;
      }
      if (t < 10 + kDelay) {
        EXPECT_EQ(answer, 8);
      } else {
        EXPECT_EQ(answer, symbol_at(batch, t - 10 - kDelay, row));
      }
    }
  }
}

class LongLagStreamOf : public testing::TestWithParam<LongLagTask> {};
INSTANTIATE_TEST_SUITE_P(EveryTask, LongLagStreamOf,
                         testing::Values(LongLagTask::kAdding, LongLagTask::kTemporalOrder,
                                         LongLagTask::kCopyMemory),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(LongLagStreamOf, IsAFunctionOfItsSeedAndName) {
  const auto x_of = [&](std::uint64_t seed, std::string_view name) {
    const LongLagBatch<double> batch = batch_of(GetParam(), 20, kRows, seed, name);
    return std::vector<double>(batch.x.values().begin(), batch.x.values().end());
  };
  EXPECT_EQ(x_of(3, "training"), x_of(3, "training"));
  EXPECT_NE(x_of(3, "training"), x_of(4, "training"));
  EXPECT_NE(x_of(3, "training"), x_of(3, "test"));
}

TEST_P(LongLagStreamOf, GivesFreshSequencesEachTime) {
  LongLagStream<double> stream(GetParam(), 20, 1, "training");
  LongLagBatch<double> first;
  LongLagBatch<double> second;
  stream.next(kRows, first);
  stream.next(kRows, second);
  EXPECT_FALSE(std::ranges::equal(first.x.values(), second.x.values()));
}

TEST_P(LongLagStreamOf, IsFoundByItsName) {
  EXPECT_EQ(long_lag_task_named(to_string(GetParam())), GetParam());
}

TEST(LongLagStream, RefusesTooFewSteps) {
  EXPECT_THROW(LongLagStream<float>(LongLagTask::kAdding, 1, 1, "training"), UsageError);
  EXPECT_THROW(LongLagStream<float>(LongLagTask::kTemporalOrder, 9, 1, "training"), UsageError);
  EXPECT_THROW(LongLagStream<float>(LongLagTask::kCopyMemory, 0, 1, "training"), UsageError);
}

TEST(LongLagTaskNames, AreListedWhereOneIsWrong) {
  try {
    long_lag_task_named("parity");
    ADD_FAILURE() << "no error";
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()),
              "there is no long-lag task \"parity\"; there are adding, order, copy");
  }
}

}  // namespace
}  // namespace unroll
