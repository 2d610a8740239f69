#include "unroll/tools/lab/race/fma_peak.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/for_each_isa.h"

namespace unroll {
namespace {

double short_peak(std::size_t threads) {
  const RaceSettings settings = {
      .threads = threads, .seconds = 0, .least_rounds = 1, .longest_slice = 1e-5};
  return gflops(race({fma_peak_racer(threads)}, settings).time(0));
}

TEST(FmaPeak, IsMeasuredOnEveryInstructionSet) {
  test::for_each_isa([] {
    const double peak = short_peak(1);
    EXPECT_GT(peak, 0);
    EXPECT_TRUE(std::isfinite(peak));
  });
}

TEST(FmaPeak, CountsTheWorkOfAllThreads) {
  EXPECT_EQ(fma_peak_racer(3).elements, 3 * fma_peak_racer(1).elements);
  EXPECT_GT(short_peak(2), 0);
}

TEST(FmaPeak, CountsAVectorsLanes) {
  const Isa before = active_isa();
  const double lanes = before == Isa::kAvx512 ? 16 : before == Isa::kAvx2 ? 8 : 1;
  set_active_isa(Isa::kScalar);
  const double scalar = fma_peak_racer(1).elements;
  set_active_isa(before);
  if (lanes > 1) {
    EXPECT_EQ(fma_peak_racer(1).elements, lanes * scalar);
  }
}

}  // namespace
}  // namespace unroll
