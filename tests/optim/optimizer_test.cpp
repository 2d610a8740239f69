#include "unroll/optim/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/support/golden.h"

namespace unroll {
namespace {

using test::Golden;

/// Five steps along the golden file's gradients, compared with PyTorch's values after each.
void expect_trajectory(Optimizer<double>& optimizer, const std::string& name,
                       double learning_rate) {
  const Golden golden("adam_sgd");
  Parameter<double> parameter("p", golden[name + ".0"].shape());
  parameter.value = golden[name + ".0"];
  for (int step = 0; step < 5; ++step) {
    parameter.grad = golden["grad." + std::to_string(step)];
    optimizer.step({&parameter}, learning_rate);
    const Tensor<double>& expected = golden[name + "." + std::to_string(step + 1)];
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_NEAR(parameter.value[k], expected[k], 1e-13) << "step " << step << ", value " << k;
    }
  }
}

TEST(Sgd, EqualsPyTorchWithNesterovMomentumAndDecay) {
  Sgd<double> sgd({.momentum = 0.9, .weight_decay = 0.01, .nesterov = true});
  expect_trajectory(sgd, "sgd", 0.1);
}

TEST(Adam, EqualsPyTorchWithWeightDecay) {
  Adam<double> adam({.weight_decay = 0.01});
  expect_trajectory(adam, "adam", 0.01);
}

TEST(AdamW, EqualsPyTorchWithDecoupledDecay) {
  Adam<double> adamw({.weight_decay = 0.01, .decoupled = true});
  expect_trajectory(adamw, "adamw", 0.01);
}

TEST(LazyAdam, EqualsPyTorchsSparseAdam) {
  const Golden golden("sparse_adam");
  Parameter<double> E("E", golden["value.0"].shape());
  E.value = golden["value.0"];
  Adam<double> adam({.epsilon = 1e-30, .lazy = true});
  for (int step = 0; step < 5; ++step) {
    const std::string s = std::to_string(step);
    zero_grad<double>({&E});
    E.grad = golden["grad." + s];
    const std::span<const double> rows = golden["rows." + s].values();
    E.touched.add(std::vector<std::int32_t>(rows.begin(), rows.end()));
    adam.step({&E}, 0.01);
    const Tensor<double>& expected = golden["value." + std::to_string(step + 1)];
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_NEAR(E.value[k], expected[k], 1e-13) << "step " << step << ", value " << k;
    }
  }
}

TEST(Sgd, WithoutMomentumIsPlainGradientDescent) {
  Parameter<float> p("p", {2});
  p.value[0] = 1;
  p.value[1] = -1;
  p.make_grad();
  p.grad[0] = 2;
  Sgd<float> sgd({});
  sgd.step({&p}, 0.5);
  EXPECT_EQ(p.value[0], 0);
  EXPECT_EQ(p.value[1], -1);
}

TEST(Adam, CountsStepsNotTensors) {
  // The first step of Adam moves every value by the learning rate, however many tensors came before
  // it.
  Parameter<double> a("a", {1});
  Parameter<double> b("b", {1});
  zero_grad<double>({&a, &b});
  a.grad[0] = 3;
  b.grad[0] = -5;
  Adam<double> adam({.epsilon = 0});
  adam.step({&a, &b}, 0.25);
  EXPECT_NEAR(a.value[0], -0.25, 1e-15);
  EXPECT_NEAR(b.value[0], 0.25, 1e-15);
  EXPECT_EQ(adam.steps(), 1u);
}

TEST(Optimizer, LeavesFrozenParametersAlone) {
  Parameter<double> p("p", {1});
  p.make_grad();
  p.grad[0] = 1;
  p.frozen = true;
  Adam<double> adam({.weight_decay = 0.1});
  adam.step({&p}, 1);
  EXPECT_EQ(p.value[0], 0);
}

TEST(Optimizer, TakesAGradientThatNobodyMadeAsZero) {
  Parameter<double> p("p", {2});
  p.value.fill(1);
  Sgd<double>({.weight_decay = 0.5}).step({&p}, 0.5);
  EXPECT_EQ(p.value[1], 0.75);
}

TEST(Adam, GivesTheSameForSplitAndWholeTensors) {
  // Large enough to be split over threads.
  Parameter<float> large("large", {1001, 103});
  Parameter<float> small("small", {1});
  zero_grad<float>({&large, &small});
  for (std::size_t k = 0; k < large.grad.size(); ++k) large.grad[k] = 0.5f;
  small.grad[0] = 0.5f;
  Adam<float> adam({});
  for (int step = 0; step < 3; ++step) adam.step({&large, &small}, 1e-2);
  for (float value : large.value.values()) ASSERT_EQ(value, small.value[0]);
}

TEST(MakeOptimizer, KnowsEveryKind) {
  for (OptimizerKind kind : {OptimizerKind::kAdam, OptimizerKind::kAdamW, OptimizerKind::kLazyAdam,
                             OptimizerKind::kSgd}) {
    Parameter<float> p("p", {1});
    p.make_grad();
    p.grad[0] = 1;
    make_optimizer<float>({.kind = kind})->step({&p}, 0.1);
    EXPECT_NEAR(p.value[0], -0.1, 1e-6) << to_string(kind);
  }
}

}  // namespace
}  // namespace unroll
