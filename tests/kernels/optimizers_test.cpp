#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

constexpr std::size_t kSteps = 3;

/// What a step updates: the value and up to two moving averages, n of each, in double.
struct State {
  std::vector<double> value, first, second;
};

template <typename Real>
State zero_averages(const Tensor<Real>& value) {
  return {{value.values().begin(), value.values().end()},
          std::vector<double>(value.size()),
          std::vector<double>(value.size())};
}

template <typename Real>
void expect_sgd(const SgdStep<Real>& step, std::size_t size) {
  const Tensor<Real> start = test::random_tensor<Real>(Shape{size}, "value");
  const Tensor<Real> grad = test::random_tensor<Real>(Shape{size}, "grad");
  State want = zero_averages(start);
  for (std::size_t n = 0; n < kSteps; ++n) {
    for (std::size_t j = 0; j < size; ++j) {
      const double g = grad[j] + step.weight_decay * want.value[j];
      want.first[j] = step.momentum * want.first[j] + g;
      want.value[j] -=
          step.learning_rate * (step.nesterov ? g + step.momentum * want.first[j] : want.first[j]);
    }
  }
  test::for_each_isa([&] {
    Tensor<Real> value = start;
    Tensor<Real> velocity(step.momentum == 0 ? Shape{} : start.shape());
    for (std::size_t n = 0; n < kSteps; ++n) {
      sgd_update<Real>(step, grad.values(), velocity.values(), value.values());
    }
    test::expect_close<Real>(value.values(), want.value, 8);
  });
}

template <typename Real>
AdamStep<Real> adam_step(bool decoupled, std::size_t n) {
  const double steps = static_cast<double>(n);
  return {.learning_rate = Real(0.1),
          .beta1 = Real(0.9),
          .beta2 = Real(0.99),
          .epsilon = Real(1e-8),
          .weight_decay = Real(0.05),
          .decoupled = decoupled,
          .correction1 = static_cast<Real>(1 / (1 - std::pow(0.9, steps))),
          .correction2 = static_cast<Real>(1 / (1 - std::pow(0.99, steps)))};
}

template <typename Real>
State expected_adam(bool decoupled, const Tensor<Real>& start, const Tensor<Real>& grad) {
  State want = zero_averages(start);
  for (std::size_t n = 1; n <= kSteps; ++n) {
    const AdamStep<Real> step = adam_step<Real>(decoupled, n);
    for (std::size_t j = 0; j < start.size(); ++j) {
      double& value = want.value[j];
      const double g = grad[j] + (decoupled ? 0 : step.weight_decay * value);
      double& m = want.first[j] = step.beta1 * want.first[j] + (1.0 - step.beta1) * g;
      double& v = want.second[j] = step.beta2 * want.second[j] + (1.0 - step.beta2) * g * g;
      value -= step.learning_rate *
               (m * step.correction1 / (std::sqrt(v * step.correction2) + step.epsilon) +
                (decoupled ? step.weight_decay * value : 0));
    }
  }
  return want;
}

template <typename Real>
class OptimizerKernelOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(OptimizerKernelOf, Reals);

TYPED_TEST(OptimizerKernelOf, SgdMatchesItsFormula) {
  for (std::size_t size : test::kSizes) {
    expect_sgd<TypeParam>({.learning_rate = TypeParam(0.1), .weight_decay = TypeParam(0.01)}, size);
    for (bool nesterov : {false, true}) {
      expect_sgd<TypeParam>({.learning_rate = TypeParam(0.1),
                             .momentum = TypeParam(0.9),
                             .weight_decay = TypeParam(0.01),
                             .nesterov = nesterov},
                            size);
    }
  }
}

TYPED_TEST(OptimizerKernelOf, SgdWithoutMomentumMayKeepAVelocity) {
  test::for_each_isa([&] {
    std::vector<TypeParam> grad = {1, 2}, velocity = {5, 5}, value = {0, 0};
    sgd_update<TypeParam>({.learning_rate = 1}, grad, velocity, value);
    EXPECT_EQ(value, (std::vector<TypeParam>{-1, -2}));
    EXPECT_EQ(velocity, grad);
  });
}

TYPED_TEST(OptimizerKernelOf, AdamMatchesItsFormulaWithBothKindsOfDecay) {
  for (std::size_t size : test::kSizes) {
    const Tensor<TypeParam> start = test::random_tensor<TypeParam>(Shape{size}, "value");
    const Tensor<TypeParam> grad = test::random_tensor<TypeParam>(Shape{size}, "grad");
    for (bool decoupled : {false, true}) {
      const State want = expected_adam(decoupled, start, grad);
      test::for_each_isa([&] {
        Tensor<TypeParam> value = start, m(start.shape()), v(start.shape());
        for (std::size_t n = 1; n <= kSteps; ++n) {
          adam_update<TypeParam>(adam_step<TypeParam>(decoupled, n), grad.values(), m.values(),
                                 v.values(), value.values());
        }
        test::expect_close<TypeParam>(value.values(), want.value, 12);
        test::expect_close<TypeParam>(m.values(), want.first, 6);
        test::expect_close<TypeParam>(v.values(), want.second, 6);
      });
    }
  }
}

TYPED_TEST(OptimizerKernelOf, AverageTakesItsStepsInOrder) {
  const std::vector<AverageStep<TypeParam>> steps = {{TypeParam(0.5), TypeParam(0.5)},
                                                     {TypeParam(0.9), TypeParam(0.1)},
                                                     {TypeParam(0.99), TypeParam(0.01)}};
  for (std::size_t size : test::kSizes) {
    const Tensor<TypeParam> value = test::random_tensor<TypeParam>(Shape{size}, "value");
    const Tensor<TypeParam> start = test::random_tensor<TypeParam>(Shape{size}, "average");
    // Without fused multiply-adds: the bits of these plain operations.
    std::vector<TypeParam> want(start.values().begin(), start.values().end());
    for (const auto& step : steps) {
      for (std::size_t j = 0; j < size; ++j) want[j] = step.keep * want[j] + step.take * value[j];
    }
    test::for_each_isa([&] {
      Tensor<TypeParam> average = start;
      update_average<TypeParam>({}, value.values(), average.values());
      update_average<TypeParam>(steps, value.values(), average.values());
      EXPECT_TRUE(std::ranges::equal(average.values(), want)) << "size " << size;
    });
  }
}

TYPED_TEST(OptimizerKernelOf, UpdatesHaveTheSameBitsOnEveryIsa) {
  const Tensor<TypeParam> start = test::random_tensor<TypeParam>({37}, "value");
  const Tensor<TypeParam> grad = test::random_tensor<TypeParam>({37}, "grad");
  std::vector<TypeParam> first;
  test::for_each_isa([&] {
    Tensor<TypeParam> value = start, m(start.shape()), v(start.shape());
    adam_update<TypeParam>(adam_step<TypeParam>(false, 1), grad.values(), m.values(), v.values(),
                           value.values());
    sgd_update<TypeParam>({.learning_rate = TypeParam(0.3), .momentum = TypeParam(0.9)},
                          grad.values(), m.values(), value.values());
    if (first.empty()) first.assign(value.values().begin(), value.values().end());
    EXPECT_TRUE(std::ranges::equal(value.values(), first));
  });
}

}  // namespace
}  // namespace unroll
