#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

/// Two inputs and an output that end at forbidden memory.
template <typename Real>
struct Arrays {
  explicit Arrays(std::size_t size) : a(size), b(size), out(size) {
    std::ranges::copy(test::random_tensor<Real>(Shape{size}, "a").values(), a.values().begin());
    std::ranges::copy(test::random_tensor<Real>(Shape{size}, "b").values(), b.values().begin());
    std::ranges::copy(test::random_tensor<Real>(Shape{size}, "out").values(), out.values().begin());
  }
  test::GuardedArray<Real> a, b, out;
};

/// op(a, b, out) leaves want(a_i, b_i, out_i) in out, at every size and on every instruction set,
/// with the same bits on all of them.
template <typename Real>
void expect_elementwise(
    const std::function<void(std::span<const Real>, std::span<const Real>, std::span<Real>)>& op,
    const std::function<double(double, double, double)>& want) {
  for (std::size_t size : test::kSizes) {
    Arrays<Real> before(size);
    std::vector<double> expected(size);
    for (std::size_t i = 0; i < size; ++i) {
      expected[i] = want(before.a.values()[i], before.b.values()[i], before.out.values()[i]);
    }
    std::vector<Real> first;
    test::for_each_isa([&] {
      Arrays<Real> now(size);
      op(now.a.values(), now.b.values(), now.out.values());
      const std::span<Real> out = now.out.values();
      test::expect_close<Real>(out, expected, 3);
      if (first.empty()) first.assign(out.begin(), out.end());
      EXPECT_TRUE(std::ranges::equal(out, first, test::same_bits<Real>)) << "size " << size;
    });
  }
}

template <typename Real>
class ElementwiseOf : public testing::Test {
 public:
  using In = std::span<const Real>;
  using Out = std::span<Real>;
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(ElementwiseOf, Reals);

TYPED_TEST(ElementwiseOf, AddsInPlace) {
  expect_elementwise<TypeParam>([](auto x, auto, auto y) { add<TypeParam>(x, y); },
                                [](double x, double, double y) { return y + x; });
}

TYPED_TEST(ElementwiseOf, AddsAMultiple) {
  expect_elementwise<TypeParam>([](auto x, auto, auto y) { add_scaled<TypeParam>(-1.5, x, y); },
                                [](double x, double, double y) { return y - 1.5 * x; });
}

TYPED_TEST(ElementwiseOf, Scales) {
  expect_elementwise<TypeParam>([](auto, auto, auto y) { scale<TypeParam>(2.5, y); },
                                [](double, double, double y) { return 2.5 * y; });
}

TYPED_TEST(ElementwiseOf, Multiplies) {
  expect_elementwise<TypeParam>([](auto x, auto m, auto y) { multiply<TypeParam>(x, m, y); },
                                [](double x, double m, double) { return x * m; });
}

TYPED_TEST(ElementwiseOf, MultipliesInPlaceAnInputByItself) {
  expect_elementwise<TypeParam>([](auto, auto, auto y) { multiply<TypeParam>(y, y, y); },
                                [](double, double, double y) { return y * y; });
}

TYPED_TEST(ElementwiseOf, AddsAnArrayToItself) {
  expect_elementwise<TypeParam>([](auto, auto, auto y) { add<TypeParam>(y, y); },
                                [](double, double, double y) { return y + y; });
}

TYPED_TEST(ElementwiseOf, Clamps) {
  expect_elementwise<TypeParam>([](auto, auto, auto y) { clamp<TypeParam>(-0.5, 0.75, y); },
                                [](double, double, double y) { return std::clamp(y, -0.5, 0.75); });
}

TYPED_TEST(ElementwiseOf, ClampLeavesNanToBeSeen) {
  constexpr TypeParam kNan = std::numeric_limits<TypeParam>::quiet_NaN();
  constexpr TypeParam kInfinity = std::numeric_limits<TypeParam>::infinity();
  test::for_each_isa([&] {
    std::vector<TypeParam> y = {kNan, kInfinity, -kInfinity};
    clamp<TypeParam>(-1, 1, y);
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], 1);
    EXPECT_EQ(y[2], -1);
  });
}

TYPED_TEST(ElementwiseOf, SumsSquaresInDoubleWithTheSameBitsOnEveryIsa) {
  for (std::size_t size : test::kSizes) {
    Arrays<TypeParam> arrays(size);
    const std::span<const TypeParam> x = arrays.a.values();
    double want = 0;
    for (TypeParam value : x) want += static_cast<double>(value) * static_cast<double>(value);
    const double scalar = [&] {
      const test::WithIsa active(Isa::kScalar);
      return sum_of_squares(x);
    }();
    EXPECT_NEAR(scalar, want, 1e-13 * want);
    test::for_each_isa([&] { EXPECT_EQ(sum_of_squares(x), scalar) << "size " << size; });
  }
}

TYPED_TEST(ElementwiseOf, SumsOfSquaresMayBeTakenInPartsOfWholeSixteens) {
  Tensor<TypeParam> x = test::random_tensor<TypeParam>({100}, "parts");
  std::ranges::fill(x.values().subspan(32, 16), TypeParam(0));
  const std::span<const TypeParam> values = x.values();
  test::for_each_isa([&] {
    PartialSums sums{};
    add_squares(values.first(32), sums);
    add_squares(values.subspan(48), sums);
    EXPECT_EQ(total(sums), sum_of_squares(values));
  });
}

TYPED_TEST(ElementwiseOf, SumsSigmoidCrossEntropiesWithTheSameBitsOnEveryIsa) {
  for (std::size_t size : test::kSizes) {
    Arrays<TypeParam> arrays(size);
    const std::span<const TypeParam> O = arrays.a.values();
    const std::span<const TypeParam> y = arrays.b.values();
    double want = 0;
    for (std::size_t k = 0; k < size; ++k) {
      // log(1 + e^O) − O y: the same in plain words
      want += std::log(1 + std::exp(static_cast<double>(O[k]))) -
              static_cast<double>(O[k]) * static_cast<double>(y[k]);
    }
    const double scalar = [&] {
      const test::WithIsa active(Isa::kScalar);
      return sigmoid_cross_entropy_sum(O, y);
    }();
    EXPECT_NEAR(scalar, want, 1e-13 * (1 + static_cast<double>(size)));
    test::for_each_isa(
        [&] { EXPECT_EQ(sigmoid_cross_entropy_sum(O, y), scalar) << "size " << size; });
  }
}

TYPED_TEST(ElementwiseOf, SumOfSquaresDoesNotDependOnAlignment) {
  const Tensor<TypeParam> values = test::random_tensor<TypeParam>({100}, "alignment");
  test::for_each_isa([&] {
    const double want = sum_of_squares(values.values());
    for (std::size_t offset = 1; offset < 5; ++offset) {
      std::vector<TypeParam> moved(offset, 0);
      moved.insert(moved.end(), values.values().begin(), values.values().end());
      EXPECT_EQ(sum_of_squares(std::span<const TypeParam>(moved).subspan(offset)), want);
    }
  });
}

}  // namespace
}  // namespace unroll
