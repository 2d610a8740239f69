#include "unroll/layers/dropout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

Tensor<float> dropped(const Dropout<float>& dropout, const DropoutSource& source,
                      std::size_t rows = 300) {
  Tensor<float> x({rows, 50});
  x.fill(1);
  Tensor<float> mask;
  dropout.forward(source, mask, x.matrix());
  return x;
}

TEST(Dropout, KeepsTheExpectedValue) {
  const Tensor<float> x = dropped(Dropout<float>("d", 0.3), {.seed = 1, .step = 2});
  double sum = 0;
  std::size_t zeros = 0;
  for (float value : x.values()) {
    sum += value;
    if (value == 0) ++zeros;
    EXPECT_TRUE(value == 0 || std::abs(value - 1 / 0.7f) < 1e-6f);
  }
  EXPECT_NEAR(sum / static_cast<double>(x.size()), 1, 0.02);
  EXPECT_NEAR(static_cast<double>(zeros) / static_cast<double>(x.size()), 0.3, 0.02);
}

TEST(Dropout, IsAFunctionOfSeedAndStep) {
  const Dropout<float> dropout("d", 0.5);
  const auto same = [](const Tensor<float>& a, const Tensor<float>& b) {
    return std::ranges::equal(a.values(), b.values());
  };
  EXPECT_TRUE(
      same(dropped(dropout, {.seed = 1, .step = 2}), dropped(dropout, {.seed = 1, .step = 2})));
  EXPECT_FALSE(
      same(dropped(dropout, {.seed = 1, .step = 2}), dropped(dropout, {.seed = 1, .step = 3})));
  EXPECT_FALSE(
      same(dropped(dropout, {.seed = 1, .step = 2}), dropped(dropout, {.seed = 2, .step = 2})));
}

TEST(Dropout, DoesNotDependOnTheNumberOfThreads) {
  const std::size_t before = thread_count();
  const Dropout<float> dropout("d", 0.5);
  set_thread_count(1);
  const Tensor<float> one = dropped(dropout, {.seed = 1, .step = 2}, 301);
  set_thread_count(3);
  const Tensor<float> three = dropped(dropout, {.seed = 1, .step = 2}, 301);
  set_thread_count(before);
  EXPECT_TRUE(std::ranges::equal(one.values(), three.values()));
}

TEST(Dropout, DrawsForARowWhatItDrawsInTheWhole) {
  const Dropout<float> dropout("d", 0.5);
  const Tensor<float> whole = dropped(dropout, {.seed = 1, .step = 2}, 100);
  const std::vector<std::int32_t> rows{99, 3, 4, 5, 0};
  const Tensor<float> part = dropped(dropout, {.seed = 1, .step = 2, .rows = rows}, rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto expected = whole.matrix().row(static_cast<std::size_t>(rows[r]));
    EXPECT_TRUE(std::ranges::equal(part.matrix().row(r), expected)) << r;
  }
  EXPECT_THROW(dropped(dropout, {.seed = 1, .step = 2, .rows = rows}, 4), ShapeError);
}

TEST(Dropout, OfZeroChangesNothing) {
  const Tensor<float> x = dropped(Dropout<float>("d", 0), {.seed = 1, .step = 2});
  for (float value : x.values()) EXPECT_EQ(value, 1);
}

}  // namespace
}  // namespace unroll
