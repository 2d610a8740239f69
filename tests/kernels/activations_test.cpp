#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/dispatch.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

template <typename Real>
using Op = void (*)(std::span<const Real> x, std::span<Real> y);

/// A function under test. How accurate it is, accuracy.cpp tests.
struct Function {
  std::string name;
  Op<float> float_op;
  Op<double> double_op;
};

/// An entry of the table of kernels, which has functions that no op offers.
template <typename Real, Unary<Real>* KernelTable<Real>::*entry>
void by_table(std::span<const Real> x, std::span<Real> y) {
  (kernels<Real>().*entry)(x.size(), x.data(), y.data());
}

template <typename Real, Activation activation>
void activate_op(std::span<const Real> x, std::span<Real> y) {
  activate<Real>(activation, x, y);
}

const Function kExponential = {"exp", &by_table<float, &KernelTable<float>::exponential>,
                               &by_table<double, &KernelTable<double>::exponential>};
const Function kExponentialMinus1 = {"expm1",
                                     &by_table<float, &KernelTable<float>::exponential_minus_1>,
                                     &by_table<double, &KernelTable<double>::exponential_minus_1>};
const Function kLogarithm = {"log", &by_table<float, &KernelTable<float>::logarithm>,
                             &by_table<double, &KernelTable<double>::logarithm>};
const Function kTanh = {"tanh", &activate_op<float, Activation::kTanh>,
                        &activate_op<double, Activation::kTanh>};
const Function kSigmoid = {"sigmoid", &activate_op<float, Activation::kSigmoid>,
                           &activate_op<double, Activation::kSigmoid>};
const Function kFunctions[] = {kExponential, kExponentialMinus1, kLogarithm, kTanh, kSigmoid};

template <typename Real>
void apply(const Function& function, std::span<const Real> x, std::span<Real> y) {
  if constexpr (sizeof(Real) == sizeof(float)) {
    function.float_op(x, y);
  } else {
    function.double_op(x, y);
  }
}

template <typename Real>
Real apply(const Function& function, Real x) {
  Real y = 0;
  apply<Real>(function, {&x, 1}, {&y, 1});
  return y;
}

template <typename Real>
class ActivationOf : public testing::Test {
 public:
  static constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  static constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();
  static constexpr Real kDenormal = std::numeric_limits<Real>::denorm_min();
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(ActivationOf, Reals);

TYPED_TEST(ActivationOf, NanIsNan) {
  test::for_each_isa([&] {
    for (const Function& function : kFunctions) {
      EXPECT_TRUE(std::isnan(apply(function, this->kNan))) << function.name;
      EXPECT_TRUE(std::isnan(apply(function, -this->kNan))) << function.name;
    }
    TypeParam y = this->kNan;
    activate<TypeParam>(Activation::kRelu, {&y, 1}, {&y, 1});
    EXPECT_TRUE(std::isnan(y));
  });
}

TYPED_TEST(ActivationOf, InfinityIsItsLimit) {
  test::for_each_isa([&] {
    EXPECT_EQ(apply(kExponential, this->kInfinity), this->kInfinity);
    EXPECT_EQ(apply(kExponential, -this->kInfinity), 0);
    EXPECT_EQ(apply(kExponentialMinus1, this->kInfinity), this->kInfinity);
    EXPECT_EQ(apply(kExponentialMinus1, -this->kInfinity), -1);
    EXPECT_EQ(apply(kLogarithm, this->kInfinity), this->kInfinity);
    EXPECT_EQ(apply(kTanh, this->kInfinity), 1);
    EXPECT_EQ(apply(kTanh, -this->kInfinity), -1);
    EXPECT_EQ(apply(kSigmoid, this->kInfinity), 1);
    EXPECT_EQ(apply(kSigmoid, -this->kInfinity), 0);
  });
}

TYPED_TEST(ActivationOf, ZeroIsExact) {
  test::for_each_isa([&] {
    for (TypeParam zero : {TypeParam(0), -TypeParam(0)}) {
      EXPECT_EQ(apply(kExponential, zero), 1);
      EXPECT_TRUE(test::same_bits(apply(kTanh, zero), zero));
      EXPECT_TRUE(test::same_bits(apply(kExponentialMinus1, zero), zero));
      EXPECT_EQ(apply(kLogarithm, zero), -this->kInfinity);
      EXPECT_EQ(apply(kSigmoid, zero), TypeParam(0.5));
    }
  });
}

TYPED_TEST(ActivationOf, ADenormalIsItsOwnTanhAndExpm1) {
  test::for_each_isa([&] {
    for (const Function& function : {kTanh, kExponentialMinus1}) {
      EXPECT_EQ(apply(function, this->kDenormal), this->kDenormal);
      EXPECT_EQ(apply(function, -3 * this->kDenormal), -3 * this->kDenormal);
    }
  });
}

TYPED_TEST(ActivationOf, LogarithmIsZeroAtOneAndNotANumberBelowZero) {
  test::for_each_isa([&] {
    EXPECT_TRUE(test::same_bits(apply(kLogarithm, TypeParam(1)), TypeParam(0)));
    for (TypeParam x : {-this->kDenormal, TypeParam(-1), -this->kInfinity}) {
      EXPECT_TRUE(std::isnan(apply(kLogarithm, x))) << x;
    }
  });
}

/// Ordinary and extraordinary values, so many that bodies and tails see each of them.
template <typename Real>
std::vector<Real> notable_values() {
  using Limits = std::numeric_limits<Real>;
  std::vector<Real> x;
  for (int repeat = 0; repeat < 7; ++repeat) {
    for (Real magnitude :
         {Real(0), Limits::denorm_min(), Limits::min(), Real(0.3), Real(1), Real(7), Real(87.4),
          Real(88.8), Real(700), Limits::max(), Limits::infinity()}) {
      x.push_back(magnitude);
      x.push_back(-magnitude);
    }
  }
  return x;
}

TYPED_TEST(ActivationOf, NoFiniteValueIsAnInvalidOperation) {
  std::vector<TypeParam> x = notable_values<TypeParam>();
  std::erase_if(x, [](TypeParam value) { return std::isinf(value); });
  std::vector<TypeParam> y(x.size());
  test::for_each_isa([&] {
    for (const Function& function : {kExponential, kExponentialMinus1, kTanh, kSigmoid}) {
      std::feclearexcept(FE_ALL_EXCEPT);
      apply<TypeParam>(function, x, y);
      EXPECT_FALSE(std::fetestexcept(FE_INVALID)) << function.name;
    }
  });
}

TYPED_TEST(ActivationOf, InPlaceIsOutOfPlace) {
  const std::vector<TypeParam> x = notable_values<TypeParam>();
  test::for_each_isa([&] {
    for (const Function& function : kFunctions) {
      std::vector<TypeParam> y(x.size()), in_place = x;
      apply<TypeParam>(function, x, y);
      apply<TypeParam>(function, in_place, in_place);
      for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_TRUE(test::same_bits(in_place[i], y[i])) << function.name << " of " << x[i];
      }
    }
  });
}

TYPED_TEST(ActivationOf, OfMoreThanTheCachesHoldIsTheSame) {
  const std::size_t size = (std::size_t{16} << 20) / sizeof(TypeParam) + 67;  // written past caches
  std::vector<TypeParam> x(size + 3), y(size + 3), in_place;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<TypeParam>(i)) * 5;
  test::for_each_isa([&] {
    in_place = x;
    const std::span<TypeParam> part(in_place.data() + 3, size);  // aligned to nothing but TypeParam
    activate<TypeParam>(Activation::kSigmoid, part, part);
    activate<TypeParam>(Activation::kSigmoid, {x.data() + 3, size}, {y.data() + 3, size});
    EXPECT_TRUE(std::equal(part.begin(), part.end(), y.begin() + 3));
    EXPECT_EQ(y[2], 0);
  });
}

TYPED_TEST(ActivationOf, StaysWithinItsRange) {
  test::for_each_isa([&] {
    for (TypeParam x = -40; x < 40; x += TypeParam(0.001)) {
      ASSERT_LE(std::abs(apply(kTanh, x)), 1) << x;
      ASSERT_GE(apply(kSigmoid, x), 0) << x;
      ASSERT_LE(apply(kSigmoid, x), 1) << x;
    }
  });
}

TYPED_TEST(ActivationOf, ExponentialOverflowsAndUnderflowsWhereItShould) {
  const TypeParam largest = std::log(std::numeric_limits<TypeParam>::max());
  const TypeParam least = std::log(std::numeric_limits<TypeParam>::min());
  test::for_each_isa([&] {
    EXPECT_LT(apply(kExponential, largest * TypeParam(0.9999)), this->kInfinity);
    EXPECT_EQ(apply(kExponential, largest * TypeParam(1.0001)), this->kInfinity);
    const TypeParam gradual = apply(kExponential, least - 2);  // a denormal, not yet 0
    EXPECT_GT(gradual, 0);
    EXPECT_LT(gradual, std::numeric_limits<TypeParam>::min());
  });
}

TYPED_TEST(ActivationOf, AValueDoesNotDependOnItsPosition) {
  const Tensor<TypeParam> x = test::random_tensor<TypeParam>({67}, "position", 3);
  std::vector<TypeParam> y(x.size() + 1);
  test::for_each_isa([&] {
    for (const Function& function : kFunctions) {
      std::vector<TypeParam> alone(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) alone[i] = apply(function, x[i]);
      for (std::size_t first = 0; first < 9; ++first) {
        for (std::size_t count : test::kSizes) {
          count = std::min(count, x.size() - first);
          apply<TypeParam>(function, x.values().subspan(first, count), {y.data() + 1, count});
          for (std::size_t i = 0; i < count; ++i) {
            ASSERT_TRUE(test::same_bits(y[i + 1], alone[first + i]))
                << function.name << " at " << i;
          }
        }
      }
    }
  });
}

TYPED_TEST(ActivationOf, ReluCutsOffBelowZero) {
  const std::vector<TypeParam> x = {-2, -1, 0, 1, 2, -this->kInfinity, this->kInfinity};
  const std::vector<TypeParam> want = {0, 0, 0, 1, 2, 0, this->kInfinity};
  std::vector<TypeParam> y(x.size());
  test::for_each_isa([&] {
    activate<TypeParam>(Activation::kRelu, x, y);
    EXPECT_EQ(y, want);
  });
}

/// φ′ in terms of y, in double.
double slope(Activation activation, double y) {
  switch (activation) {
    case Activation::kTanh:
      return 1 - y * y;
    case Activation::kSigmoid:
      return y * (1 - y);
    case Activation::kRelu:
      break;
  }
  return y > 0 ? 1 : 0;
}

TYPED_TEST(ActivationOf, GradientIsTakenFromTheOutput) {
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    for (std::size_t size : test::kSizes) {
      Tensor<TypeParam> y = test::random_tensor<TypeParam>(Shape{size}, "y");
      const Tensor<TypeParam> dy = test::random_tensor<TypeParam>(Shape{size}, "dy");
      activate<TypeParam>(activation, y.values(), y.values());
      std::vector<double> want(size);
      for (std::size_t i = 0; i < size; ++i) want[i] = dy[i] * slope(activation, y[i]);
      test::for_each_isa([&] {
        Tensor<TypeParam> dx = dy;
        activate_backward<TypeParam>(activation, y.values(), dx.values(), dx.values());
        test::expect_close<TypeParam>(dx.values(), want, 2);
      });
    }
  }
}

}  // namespace
}  // namespace unroll
