#include "unroll/tools/lab/proofs/proof.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace unroll {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(RelativeError, IsTheLargestDifferenceOverTheLargestValue) {
  EXPECT_DOUBLE_EQ(relative_error(std::vector{1.0, -4.5}, std::vector{1.5, -4.0}), 0.125);
  EXPECT_DOUBLE_EQ(relative_error(std::vector{0.25, -0.5}, std::vector{0.0, 0.0}), 0.5);
}

TEST(RelativeError, IsInfiniteWhereSizesDiffer) {
  EXPECT_EQ(relative_error(std::vector{1.0}, std::vector{1.0, 1.0}), HUGE_VAL);
}

TEST(RelativeError, IsNaNWhereverANaNStands) {
  EXPECT_TRUE(std::isnan(relative_error(std::vector{kNaN, 1.0, 2.0}, std::vector{1.0, 1.0, 1.0})));
  EXPECT_TRUE(std::isnan(relative_error(std::vector{3.0, 1.0}, std::vector{1.0, kNaN})));
}

TEST(KeepWorst, NeverLosesANaN) {
  double worst = 0;
  for (double error : {0.5, kNaN, 2.0}) keep_worst(error, worst);
  EXPECT_TRUE(std::isnan(worst));
}

TEST(Finding, DoesNotHoldWithANaN) {
  for (ProofKind kind : {ProofKind::kClosedForm, ProofKind::kDifferences, ProofKind::kBound}) {
    EXPECT_FALSE((Finding{kind, kNaN}).holds());
    EXPECT_TRUE((Finding{kind, 0}).holds());
  }
}

}  // namespace
}  // namespace unroll
