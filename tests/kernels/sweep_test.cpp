#include "tests/kernels/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/kernels/vector_functions.h"

namespace unroll::test {
namespace {

/// e^x as it is, but computed by this kernel.
VectorFunction exponential_by(Kernel<float> KernelTable<float>::*kernel) {
  VectorFunction function = vector_functions().front();
  function.float_kernel = kernel;
  return function;
}

std::vector<Seen<float>> seen_of(const VectorFunction& function, const std::vector<float>& x) {
  Sweep<float> sweep(function);
  sweep.look_at(x, x.front());
  return sweep.seen();
}

const std::vector<float> kAscending = {-2, -1, -0.5F, 0.5F, 1, 2};

TEST(Sweep, IsContentWithTheRightKernel) {
  for (const auto& seen : seen_of(exponential_by(&KernelTable<float>::exponential), kAscending)) {
    EXPECT_EQ(seen.numbers, kAscending.size());
    EXPECT_LE(seen.worst, 1);
    EXPECT_EQ(seen.falls + seen.outside + seen.unsteady, 0);
  }
}

TEST(Sweep, FindsErrorsAndWhereTheLargestIs) {
  // e⁻² − (e⁻² − 1) = 1 is 2²⁶ units of the last place of e⁻²; elsewhere e^x, and so the unit, is
  // larger.
  const auto all = seen_of(exponential_by(&KernelTable<float>::exponential_minus_1), kAscending);
  for (const auto& seen : all) {
    EXPECT_NEAR(seen.worst, 0x1p26, 2);
    EXPECT_EQ(seen.at, -2);
    EXPECT_EQ(seen.not_nearest, kAscending.size());
    EXPECT_EQ(seen.outside, 3);  // below 0
  }
}

TEST(Sweep, CountsFalls) {
  const std::vector<float> descending(kAscending.rbegin(), kAscending.rend());
  const VectorFunction function = exponential_by(&KernelTable<float>::exponential);
  for (const auto& seen : seen_of(function, descending)) {
    EXPECT_EQ(seen.falls, descending.size() - 1);
  }
  Sweep<float> sweep(function);
  sweep.look_at(kAscending, 3);
  EXPECT_EQ(sweep.seen().front().falls, 1);
}

TEST(Seen, OfTheWholeIsThatOfItsPartsInAnyOrder) {
  const Seen<float> a = {1.5, 2, 10, 4, 1, 0, 0}, b = {1.5, -2, 20, 1, 0, 2, 3};
  Seen<float> ab = a, ba = b;
  ab.merge(b);
  ba.merge(a);
  for (const Seen<float>& seen : {ab, ba}) {
    EXPECT_EQ(seen.worst, 1.5);
    EXPECT_EQ(seen.at, -2);
    EXPECT_EQ(seen.numbers, 30);
    EXPECT_EQ(seen.not_nearest, 5);
    EXPECT_EQ(seen.falls + seen.outside + seen.unsteady, 6);
  }
}

TEST(SweepOfFloats, IsOfAllThatAreNoNan) {
  EXPECT_EQ(swept_floats(1), (std::uint64_t{1} << 32) - 2 * 0x7fffff);
  EXPECT_EQ(sweep_floats(vector_functions().front(), 100'003).front().numbers,
            swept_floats(100'003));
}

TEST(SweepOfDoubles, IsAscendingFromInfinityToInfinityThroughDenormals) {
  const std::vector<double> x = doubles_to_sweep(1);
  EXPECT_TRUE(std::ranges::is_sorted(x));
  EXPECT_EQ(x.front(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(x.back(), std::numeric_limits<double>::infinity());
  EXPECT_GT(std::ranges::count_if(
                x, [](double v) { return v > 0 && v < std::numeric_limits<double>::min(); }),
            52);
}

}  // namespace
}  // namespace unroll::test
