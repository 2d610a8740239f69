#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
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
  /// The loss of one row.
  static double loss_of(const std::vector<Real>& O, std::int32_t y) {
    return softmax_cross_entropy_sum<Real>(MatrixView<const Real>(O.data(), 1, O.size()), {&y, 1},
                                           1, {});
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

TYPED_TEST(SoftmaxOf, CrossEntropyMatchesItsFormula) {
  const TypeParam weight(0.25);
  for (std::size_t K : test::kSizes) {
    if (K == 0) continue;
    const Tensor<TypeParam> O = test::random_tensor<TypeParam>(Shape{kRows, K}, "O", 2);
    std::vector<std::int32_t> y(kRows);
    std::vector<double> want(kRows * K);  // dO
    double loss = 0;
    for (std::size_t r = 0; r < kRows; ++r) {
      y[r] = static_cast<std::int32_t>((5 * r + 2) % K);
      const double sum = sum_of_exp<TypeParam>(O.matrix().row(r));
      loss += std::log(sum) - O.matrix()(r, static_cast<std::size_t>(y[r]));
      for (std::size_t k = 0; k < K; ++k) {
        const double y_hat = std::exp(static_cast<double>(O.matrix()(r, k))) / sum;
        want[r * K + k] = weight * (y_hat - (k == static_cast<std::size_t>(y[r]) ? 1 : 0));
      }
    }
    test::for_each_isa([&] {
      Tensor<TypeParam> dO(O.shape());
      const double found = softmax_cross_entropy_sum<TypeParam>(O.matrix(), y, weight, dO.matrix());
      EXPECT_NEAR(found, loss, 8 * std::numeric_limits<TypeParam>::epsilon() * (1 + loss));
      test::expect_close<TypeParam>(dO.values(), want, 8);
    });
  }
}

TYPED_TEST(SoftmaxOf, CrossEntropyIsTheSameInPlaceAndAlone) {
  const Tensor<TypeParam> O = test::random_tensor<TypeParam>({kRows, 19}, "O", 3);
  const std::vector<std::int32_t> y = {18, 0, 7};
  test::for_each_isa([&] {
    Tensor<TypeParam> dO(O.shape()), in_place = O;
    const double loss = softmax_cross_entropy_sum<TypeParam>(O.matrix(), y, 1, dO.matrix());
    EXPECT_EQ(softmax_cross_entropy_sum<TypeParam>(in_place.matrix(), y, 1, in_place.matrix()),
              loss);
    EXPECT_TRUE(std::ranges::equal(in_place.values(), dO.values()));
    EXPECT_EQ(softmax_cross_entropy_sum<TypeParam>(O.matrix(), y, 1, {}), loss);
  });
}

TYPED_TEST(SoftmaxOf, CrossEntropyHasTheRightLimits) {
  const TypeParam infinity = this->kInfinity;
  test::for_each_isa([&] {
    EXPECT_EQ(this->loss_of({10'000, -10'000}, 0), 0);
    EXPECT_EQ(this->loss_of({10'000, -10'000}, 1), 20'000);
    EXPECT_EQ(this->loss_of({-infinity, 3}, 1), 0);
    EXPECT_EQ(this->loss_of({-infinity, 3}, 0), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(this->loss_of({1, infinity}, 0)));
    EXPECT_TRUE(std::isnan(this->loss_of({1, std::numeric_limits<TypeParam>::quiet_NaN()}, 0)));
  });
}

}  // namespace
}  // namespace unroll
