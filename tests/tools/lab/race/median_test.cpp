#include "unroll/tools/lab/race/median.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "unroll/core/random.h"

namespace unroll {
namespace {

std::vector<double> one_to(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Median, IsTheMiddleInWhateverOrder) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

TEST(MedianInterval, EndsWhereTheTablesOfTheSignTestSay) {
  // The ranks that statistical tables give for 95 %.
  const struct {
    std::size_t count;
    double low, high;
  } kKnown[] = {{6, 1, 6}, {9, 2, 8}, {10, 2, 9}, {20, 6, 15}, {30, 10, 21}, {100, 40, 61}};
  for (const auto& known : kKnown) {
    const MedianInterval interval = median_interval(one_to(known.count));
    EXPECT_EQ(interval.low, known.low) << known.count;
    EXPECT_EQ(interval.high, known.high) << known.count;
  }
}

TEST(MedianInterval, OfFewValuesIsAllTheyCanSay) {
  const MedianInterval interval = median_interval({5, 1, 9});
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.median, 5);
  EXPECT_EQ(interval.high, 9);
  EXPECT_TRUE(std::isnan(median_interval({}).median));
}

TEST(MedianInterval, OfThousandsIsNarrowAndFinite) {
  const MedianInterval interval = median_interval(one_to(5001));
  EXPECT_NEAR(interval.low, 2501 - 70, 2);
  EXPECT_NEAR(interval.high, 2501 + 70, 2);
}

TEST(MedianInterval, HoldsTheTrueMedianInNineteenOfTwentyDraws) {
  Random random(1, "median");
  int held = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    std::vector<double> values;
    for (int k = 0; k < 31; ++k) values.push_back(random.normal());
    const MedianInterval interval = median_interval(values);
    held += interval.low <= 0 && 0 <= interval.high;
  }
  EXPECT_GE(held, 940);
  EXPECT_LT(held, 1000);
}

}  // namespace
}  // namespace unroll
