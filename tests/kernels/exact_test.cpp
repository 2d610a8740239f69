#include "tests/kernels/exact.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/vector_functions.h"

namespace unroll::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

TEST(ExactFunction, RoundsCorrectly) {
  // e = 2.b7e151628aed2a6abf7158809cf4f3c762e7… in hexadecimal, log 2 = 0.b17217f7d1cf79abc9e3b398…
  EXPECT_EQ(ExactFunction(mpfr_exponential)(1.0F).nearest, 0x1.5bf0a8p+1F);
  EXPECT_EQ(ExactFunction(mpfr_exponential)(1.0).nearest, 0x1.5bf0a8b145769p+1);
  EXPECT_EQ(ExactFunction(mpfr_logarithm)(2.0).nearest, 0x1.62e42fefa39efp-1);
  EXPECT_EQ(ExactFunction(mpfr_exponential_minus_1)(1.0).nearest, 0x1.b7e151628aed3p+0);
}

TEST(ExactFunction, KnowsWhatTheNearestLacks) {
  // e = 0x2.b7e151628aed2a6abf7158…, its last place as a double is 2⁻⁵¹: half the digits from a6…
  EXPECT_NEAR(ExactFunction(mpfr_exponential)(1.0).rest, 0x0.a6abf7158p0 / 2, 1e-9);
  const ExactValue<float> e = ExactFunction(mpfr_exponential)(1.0F);
  EXPECT_NEAR(e.rest, (0x1.5bf0a8b145769p+1 - 0x1.5bf0a8p+1) / 0x1p-22, 1e-8);
  EXPECT_NEAR(ulps_from(e, 0x1.5bf0aap+1F), 1 - e.rest, 1e-12);
  EXPECT_NEAR(ulps_from(e, 0x1.5bf0a6p+1F), 1 + e.rest, 1e-12);
}

TEST(ExactFunction, UnderflowsGraduallyAndOverflows) {
  ExactFunction exponential(mpfr_exponential);
  EXPECT_EQ(exponential(-103.0F).nearest, kDenormal);  // e⁻¹⁰³ = 1.32 · 2⁻¹⁴⁹
  EXPECT_NEAR(exponential(-103.0F).rest, std::exp(-103.0) / 0x1p-149 - 1, 1e-12);
  EXPECT_EQ(exponential(-104.0F).nearest, 0);
  EXPECT_EQ(exponential(89.0F).nearest, kInfinity);
  EXPECT_EQ(exponential(std::numeric_limits<float>::max()).nearest, kInfinity);
  EXPECT_EQ(exponential(-std::numeric_limits<double>::max()).nearest, 0);
  EXPECT_EQ(exponential(-745.0).nearest, std::numeric_limits<double>::denorm_min());
  EXPECT_NEAR(exponential(-745.0).rest, std::exp2(1074 - 745 / std::log(2.0)) - 1, 1e-10);
}

TEST(ExactFunction, HasTheLimitsOfItsFunction) {
  EXPECT_EQ(ExactFunction(mpfr_exponential_minus_1)(-kInfinity).nearest, -1);
  EXPECT_EQ(ExactFunction(mpfr_logarithm)(-0.0F).nearest, -kInfinity);
  EXPECT_TRUE(std::isnan(ExactFunction(mpfr_logarithm)(-1.0F).nearest));
  EXPECT_EQ(ExactFunction(mpfr_hyperbolic_tangent)(-kInfinity).nearest, -1);
  EXPECT_EQ(ExactFunction(mpfr_hyperbolic_tangent)(kDenormal).nearest, kDenormal);
  EXPECT_EQ(ExactFunction(mpfr_sigmoid)(0.0F).nearest, 0.5F);
  EXPECT_EQ(ExactFunction(mpfr_sigmoid)(kInfinity).nearest, 1);
  EXPECT_EQ(ExactFunction(mpfr_sigmoid)(-std::numeric_limits<double>::max()).nearest, 0);
}

TEST(UlpsFrom, IsInfiniteWhereOnlyOneIsInfiniteOrNotANumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(ulps_from<float>({kInfinity, 0}, kInfinity), 0);
  EXPECT_EQ(ulps_from<float>({kInfinity, 0}, std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(ulps_from<float>({1, 0}, kInfinity), kInfinity);
  EXPECT_EQ(ulps_from<float>({1, 0}, nan), kInfinity);
  EXPECT_EQ(ulps_from<float>({nan, 0}, nan), 0);
}

TEST(UlpsFrom, CountsDenormalsInTheLeastOne) {
  EXPECT_EQ(ulps_from<float>({2 * kDenormal, 0.25}, 5 * kDenormal), 2.75);
  EXPECT_EQ(ulps_from<double>({0, 0}, -3 * std::numeric_limits<double>::denorm_min()), 3);
}

/// A library that is 50 units off, more than any is.
template <int sign>
double poor_exponential(double x) {
  return std::exp(x) * (1 + sign * 50 * std::numeric_limits<double>::epsilon());
}

TEST(ExactFloatFunction, IsCorrectlyRoundedWhateverTheLibrarysLastBits) {
  ExactFunction exact(mpfr_exponential);
  ExactFloatFunction above(poor_exponential<1>, mpfr_exponential);
  ExactFloatFunction below(poor_exponential<-1>, mpfr_exponential);
  int differs = 0;  // were the library trusted
  const auto look_at = [&](float x) {
    const float nearest = exact(x).nearest;
    ASSERT_EQ(above(x).nearest, nearest) << x;
    ASSERT_EQ(below(x).nearest, nearest) << x;
    differs += static_cast<float>(poor_exponential<1>(x)) != nearest;
    differs += static_cast<float>(poor_exponential<-1>(x)) != nearest;
  };
  for (std::uint32_t k = 1; k < 2000; ++k) {
    look_at(std::bit_cast<float>(0x33800000 + k));   // eˣ is just above the middle 1 + 2⁻²⁴
    look_at(-std::bit_cast<float>(0x33000000 + k));  // and just below 1 − 2⁻²⁵
    look_at(-103.97F + 1e-5F * static_cast<float>(k));
    look_at(88.72F + 1e-5F * static_cast<float>(k));
  }
  EXPECT_GT(differs, 0);
}

TEST(ExactFloatFunction, AgreesWithMpfrEverywhere) {
  for (const VectorFunction& function : vector_functions()) {
    ExactFunction exact(function.exact);
    ExactFloatFunction quick(function.library, function.exact);
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 1'000'003) {
      const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      const ExactValue<float> want = exact(x), got = quick(x);
      ASSERT_EQ(ulps_from(want, got.nearest), std::abs(want.rest)) << function.name << " of " << x;
      ASSERT_NEAR(got.rest, want.rest, 1e-7) << function.name << " of " << x;
    }
  }
}

}  // namespace
}  // namespace unroll::test
