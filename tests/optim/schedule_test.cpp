#include "unroll/optim/schedule.h"

#include <gtest/gtest.h>

namespace unroll {
namespace {

TEST(Schedule, ConstantStaysAtThePeak) {
  const Schedule schedule{.peak = 0.5};
  EXPECT_EQ(schedule.rate(0), 0.5);
  EXPECT_EQ(schedule.rate(123456), 0.5);
}

TEST(Schedule, WarmupRisesLinearlyToThePeak) {
  const Schedule schedule{.peak = 1, .warmup_steps = 4};
  EXPECT_EQ(schedule.rate(0), 0.25);
  EXPECT_EQ(schedule.rate(3), 1);
  EXPECT_EQ(schedule.rate(4), 1);
}

TEST(Schedule, StepDropsByItsFactor) {
  const Schedule schedule{.peak = 1, .decay = Decay::kStep, .step_every = 10, .step_factor = 0.1};
  EXPECT_EQ(schedule.rate(9), 1);
  EXPECT_NEAR(schedule.rate(10), 0.1, 1e-15);
  EXPECT_NEAR(schedule.rate(25), 0.01, 1e-15);
}

TEST(Schedule, CosineGoesThroughHalfAtTheMiddle) {
  const Schedule schedule{
      .peak = 2, .decay = Decay::kCosine, .total_steps = 110, .warmup_steps = 10};
  EXPECT_EQ(schedule.rate(10), 2);
  EXPECT_NEAR(schedule.rate(60), 1, 1e-15);
  EXPECT_NEAR(schedule.rate(110), 0, 1e-15);
  EXPECT_NEAR(schedule.rate(999), 0, 1e-15);
}

TEST(Schedule, LinearEndsAtItsFinalFraction) {
  const Schedule schedule{
      .peak = 1, .decay = Decay::kLinear, .total_steps = 100, .final_fraction = 0.2};
  EXPECT_NEAR(schedule.rate(50), 0.6, 1e-15);
  EXPECT_NEAR(schedule.rate(100), 0.2, 1e-15);
}

}  // namespace
}  // namespace unroll
