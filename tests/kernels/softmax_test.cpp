#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

constexpr std::size_t kRows = 3;

template <typename Real>
double sum_of_exp(std::span<const Real> x) {
  double sum = 0;
  for (Real value : x) sum += std::exp(static_cast<double>(value));
  return sum;
}

template <typename Real>
class SoftmaxOf : public testing::Test {
 public:
  static constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

  static Tensor<Real> softmax_of(const Tensor<Real>& x) {
    Tensor<Real> y(x.shape());
    softmax<Real>(x.matrix(), y.matrix());
    return y;
  }
  static Real log_sum_exp_of(const std::vector<Real>& x) {
    Real y = 0;
    log_sum_exp<Real>(MatrixView<const Real>(x.data(), 1, x.size()), {&y, 1});
    return y;
  }
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(SoftmaxOf, Reals);

TYPED_TEST(SoftmaxOf, MatchesItsFormulaInEveryRow) {
  for (std::size_t K : test::kSizes) {
    const Tensor<TypeParam> x = test::random_tensor<TypeParam>(Shape{kRows, K}, "x", 2);
    test::for_each_isa([&] {
      const Tensor<TypeParam> y = this->softmax_of(x);
      for (std::size_t r = 0; r < x.matrix().rows(); ++r) {
        const double sum = sum_of_exp<TypeParam>(x.matrix().row(r));
        for (std::size_t k = 0; k < K; ++k) {
          const double want = std::exp(static_cast<double>(x.matrix()(r, k))) / sum;
          ASSERT_NEAR(y.matrix()(r, k), want,
                      12 * std::numeric_limits<TypeParam>::epsilon() * want);
        }
      }
    });
  }
}

TYPED_TEST(SoftmaxOf, MayBeTakenInPlace) {
  const Tensor<TypeParam> x = test::random_tensor<TypeParam>({kRows, 19}, "x");
  test::for_each_isa([&] {
    Tensor<TypeParam> y = x;
    softmax<TypeParam>(y.matrix(), y.matrix());
    EXPECT_TRUE(std::ranges::equal(y.values(), this->softmax_of(x).values()));
  });
}

TYPED_TEST(SoftmaxOf, DoesNotOverflow) {
  test::for_each_isa([&] {
    Tensor<TypeParam> x({1, 3});
    std::ranges::copy(std::vector<TypeParam>{10'000, 10'000, -10'000}, x.values().begin());
    const Tensor<TypeParam> y = this->softmax_of(x);
    EXPECT_EQ(y[0], TypeParam(0.5));
    EXPECT_EQ(y[1], TypeParam(0.5));
    EXPECT_EQ(y[2], 0);
  });
}

TYPED_TEST(SoftmaxOf, ARowDoesNotDependOnTheOthers) {
  const Tensor<TypeParam> x = test::random_tensor<TypeParam>({7, 11}, "x");
  test::for_each_isa([&] {
    const Tensor<TypeParam> y = this->softmax_of(x);
    for (std::size_t r = 0; r < 7; ++r) {
      std::vector<TypeParam> alone(11);
      softmax<TypeParam>(x.matrix().row_range(r, 1), MatrixView<TypeParam>(alone.data(), 1, 11));
      EXPECT_TRUE(std::ranges::equal(alone, y.matrix().row(r)));
    }
  });
}

TYPED_TEST(SoftmaxOf, LogSumExpMatchesItsFormula) {
  for (std::size_t K : test::kSizes) {
    if (K == 0) continue;
    const Tensor<TypeParam> x = test::random_tensor<TypeParam>(Shape{kRows, K}, "x", 2);
    std::vector<double> want(kRows);
    for (std::size_t r = 0; r < kRows; ++r)
      want[r] = std::log(sum_of_exp<TypeParam>(x.matrix().row(r)));
    test::for_each_isa([&] {
      std::vector<TypeParam> y(kRows);
      log_sum_exp<TypeParam>(x.matrix(), y);
      test::expect_close<TypeParam>(y, want, 8);
    });
  }
}

TYPED_TEST(SoftmaxOf, LogSumExpHasTheRightLimits) {
  const TypeParam infinity = this->kInfinity;
  test::for_each_isa([&] {
    EXPECT_EQ(this->log_sum_exp_of({-infinity, -infinity}), -infinity);
    EXPECT_EQ(this->log_sum_exp_of({-infinity, 3}), 3);
    EXPECT_EQ(this->log_sum_exp_of({1, infinity}), infinity);
    EXPECT_TRUE(std::isnan(this->log_sum_exp_of({1, std::numeric_limits<TypeParam>::quiet_NaN()})));
    EXPECT_EQ(this->log_sum_exp_of({10'000, -10'000}), 10'000);
  });
}

TYPED_TEST(SoftmaxOf, LogSumExpOfNothingIsMinusInfinity) {
  test::for_each_isa([&] {
    TypeParam y = 0;
    log_sum_exp<TypeParam>(MatrixView<const TypeParam>(nullptr, 1, 0), {&y, 1});
    EXPECT_EQ(y, -this->kInfinity);
  });
}

}  // namespace
}  // namespace unroll
