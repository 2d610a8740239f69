#include "unroll/tools/lab/race/activation_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

const ActivationFunction kIdentity = {"identity", [](double x) { return x; }, -6, 6};
const ActivationFunction kPositive = {"identity", [](double x) { return x; }, 1, 6};

/// The identity but for what `change` does.
ArrayFunction changed(float (*change)(float)) {
  return [change](std::size_t n, const float* x, float* y) { std::transform(x, x + n, y, change); };
}

TEST(FloatSweep, SeesAnErrorWhereverItIs) {
  const FloatSweep sweep(kIdentity);
  EXPECT_EQ(sweep.max_ulp(changed([](float x) { return x; })), 0);
  EXPECT_EQ(sweep.max_ulp(changed(
                [](float x) { return x > 1e37F && x < kInfinity ? std::nextafter(x, 0.0F) : x; })),
            1);
  EXPECT_GT(sweep.max_ulp(changed([](float x) { return std::abs(x) < 1e-38F ? 0 : x; })), 1e6);
}

TEST(FloatSweep, LooksAtNegativeFloatsUnlessTheFunctionHasNone) {
  const ArrayFunction magnitude = changed([](float x) { return std::abs(x); });
  EXPECT_GT(FloatSweep(kIdentity).max_ulp(magnitude), 1);
  EXPECT_EQ(FloatSweep(kPositive).max_ulp(magnitude), 0);
}

TEST(FloatSweep, CountsAnEarlyInfinityAsANumberAndNanAsInfinitelyFar) {
  const FloatSweep sweep(kIdentity);
  const double early = sweep.max_ulp(changed([](float x) { return x > 3e38F ? kInfinity : x; }));
  EXPECT_GT(early, 1e6);
  EXPECT_LT(early, 0x1p24);
  const double never = sweep.max_ulp(changed([](float x) { return std::min(x, 3e38F); }));
  EXPECT_GT(never, 1e6);
  EXPECT_LT(never, 0x1p24);
  EXPECT_EQ(sweep.max_ulp(changed([](float x) { return x > 2 ? std::nanf("") : x; })), kInfinity);
}

TEST(RelativeError, IsTheLargestOfTheseValues) {
  Tensor<float> x(Shape{16});
  x.fill(2);
  x[3] = 0;
  x[7] = 4;
  const auto error = [&](float (*change)(float)) {
    return relative_error(kIdentity, changed(change), x);
  };
  EXPECT_EQ(error([](float v) { return v; }), 0);
  EXPECT_EQ(error([](float v) { return v == 4 ? 5 : v; }), 0.25);
  EXPECT_NEAR(error([](float v) { return v == 0 ? 1e-3F : v; }), 0.01, 1e-8);  // of 0.1
  EXPECT_EQ(error([](float v) { return v == 4 ? std::nanf("") : v; }), kInfinity);
}

}  // namespace
}  // namespace unroll
