#include "unroll/tools/lab/checks/differences.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unroll {
namespace {

TEST(Slope, IsGoodToTenDigits) {
  const LineFunction f = [](double s) { return std::exp(std::sin(3 * s + 1)); };
  const auto found = slope(f, {.step = 0.1, .noise = 1e-15, .wanted = 1e-11});
  ASSERT_TRUE(found);
  const double exact = 3 * std::cos(1.0) * std::exp(std::sin(1.0));
  EXPECT_NEAR(found->value, exact, 1e-10);
  EXPECT_EQ(found->retries, 0u);
}

TEST(Slope, TakesSmallerStepsUntilNoneCrossesTheKink) {
  const LineFunction f = [](double s) -> std::optional<double> {
    if (std::abs(s) > 1e-3) return std::nullopt;
    return s * s + 2 * s;
  };
  const auto found = slope(f, {.step = 0.1, .noise = 1e-16, .wanted = 1e-12});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->value, 2, 1e-10);
  EXPECT_EQ(found->retries, 4u);  // 0.1 / 4⁴ is the first below 1e-3
}

TEST(Slope, IsNothingAtAKink) {
  const LineFunction f = [](double s) { return s < 0 ? std::nullopt : std::optional(s); };
  EXPECT_FALSE(slope(f, {.step = 0.1}));
}

TEST(Slope, KnowsWhatTheNoiseOfTheFunctionDoesToIt) {
  constexpr double kNoise = 1e-6;
  const LineFunction f = [](double s) { return std::round((2 * s + s * s) / kNoise) * kNoise; };
  const auto found = slope(f, {.step = 0.1, .noise = kNoise, .wanted = 0});
  ASSERT_TRUE(found);
  EXPECT_GT(found->rounding, 0);
  EXPECT_NEAR(found->value, 2, found->rounding);
}

TEST(MeasureNoise, IsTheRoundingOfASumThatCancels) {
  const LineFunction f = [](double s) { return (1e8 + std::sin(1 + s)) - 1e8; };
  const double place = 1e8 * 0x1p-53;
  EXPECT_GE(measure_noise(f, 1e-4), place / 2);
  EXPECT_LE(measure_noise(f, 1e-4), 8 * place);
}

TEST(MeasureNoise, IsTheLastPlaceOfAFunctionThatIsExact) {
  const LineFunction f = [](double s) { return 3 + 2 * s; };
  EXPECT_LE(measure_noise(f, 1e-4), 16 * 3 * 0x1p-52);
}

TEST(MeasureNoise, KeepsAwayFromKinks) {
  const LineFunction f = [](double s) -> std::optional<double> {
    if (std::abs(s) > 1e-5) return std::nullopt;
    return std::round(s / 3 * 1e12) / 1e12;
  };
  EXPECT_GE(measure_noise(f, 1e-4), 1e-13);
}

}  // namespace
}  // namespace unroll
