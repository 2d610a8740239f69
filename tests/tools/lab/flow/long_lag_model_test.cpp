// The network of the long-lag tasks and its training.

#include "unroll/tools/lab/flow/long_lag_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/gradient_check.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

using test::central_differences;
using test::kDifferenceBound;
using test::relative_error;

/// Batches are small here: a second thread would cost more than it does.
class OneThread {
 public:
  OneThread() { set_thread_count(1); }
  ~OneThread() { set_thread_count(threads_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  std::size_t threads_ = thread_count();
};

class LongLagModelOf : public testing::TestWithParam<std::tuple<LongLagTask, Cell>> {
 protected:
  static LongLagModelConfig config() {
    return {.task = std::get<0>(GetParam()), .cell = std::get<1>(GetParam()), .hidden = 5};
  }

 private:
  OneThread one_thread_;
};
INSTANTIATE_TEST_SUITE_P(EveryTask, LongLagModelOf,
                         testing::Combine(testing::Values(LongLagTask::kAdding,
                                                          LongLagTask::kTemporalOrder,
                                                          LongLagTask::kCopyMemory),
                                          testing::Values(Cell::kLstm, Cell::kGru, Cell::kRnn)),
                         [](const auto& tested) {
                           return std::string(to_string(std::get<0>(tested.param))) + "_" +
                                  std::string(to_string(std::get<1>(tested.param)));
                         });

TEST_P(LongLagModelOf, HasGradientsThatMatchCentralDifferences) {
  LongLagModel<double> model(config());
  model.init(3);
  LongLagBatch<double> batch;
  LongLagStream<double>(config().task, 10, 1, "training").next(4, batch);
  zero_grad(model.parameters());
  model.loss_and_gradients(batch);
  std::vector<Tensor<double>> gradients;
  for (const auto* parameter : model.parameters()) gradients.push_back(parameter->grad);
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    Parameter<double>& parameter = *model.parameters()[k];
    const auto numeric = central_differences(parameter.value.values(),
                                             [&] { return model.loss_and_gradients(batch); });
    EXPECT_LT(relative_error(gradients[k].values(), numeric), kDifferenceBound) << parameter.name;
  }
}

TEST(LongLagModel, CountsTheSquaredErrorOfAConstantAnswer) {
  LongLagModel<double> model({.task = LongLagTask::kAdding, .hidden = 3});
  for (auto* parameter : model.parameters()) parameter->value.fill(0);
  model.parameters().back()->value.fill(1);  // O = c = 1
  LongLagBatch<double> batch;
  LongLagStream<double>(LongLagTask::kAdding, 10, 1, "test").next(50, batch);
  double squares = 0;
  for (double y : batch.y.values()) squares += (y - 1) * (y - 1);
  EXPECT_NEAR(model.error(batch), squares / 50, 1e-14);
}

TEST(LongLagModel, CountsOnlyTheLettersToBeRemembered) {
  LongLagModel<double> model({.task = LongLagTask::kCopyMemory, .hidden = 3});
  for (auto* parameter : model.parameters()) parameter->value.fill(0);
  LongLagBatch<double> batch;
  LongLagStream<double>(LongLagTask::kCopyMemory, 20, 1, "test").next(50, batch);
  Tensor<double>& c = model.parameters().back()->value;
  c[kCopyAlphabet] = 1;  // always a blank: right at all steps but those that count
  EXPECT_EQ(model.error(batch), 1);
  c[3] = 2;  // always the fourth letter
  const auto right = std::ranges::count(batch.classes, 3);
  EXPECT_NEAR(model.error(batch), 1 - static_cast<double>(right) / (50 * kCopiedLetters), 1e-14);
}

class LongLagTraining : public testing::Test {
  OneThread one_thread_;
};

LongLagRun short_adding_problem() {
  return {.model = {.task = LongLagTask::kAdding, .hidden = 32},
          .steps = 10,
          .learning_rate = 1e-2,
          .sequences = 60'000,
          .seed = 2};
}

TEST_F(LongLagTraining, SolvesTheAddingProblemOfTenSteps) {
  const LongLagRun run = short_adding_problem();
  const LongLagOutcome outcome = run_long_lag(run);
  ASSERT_TRUE(outcome.solved_after.has_value()) << outcome.best_error;
  EXPECT_LT(outcome.best_error, kLongLagSolved);
  EXPECT_GT(outcome.sequences, *outcome.solved_after);  // it was confirmed
  EXPECT_LT(outcome.sequences, run.sequences);          // and then it stopped
  EXPECT_FALSE(outcome.diverged);
}

TEST_F(LongLagTraining, IsAFunctionOfItsArguments) {
  LongLagRun run = short_adding_problem();
  run.sequences = 8'000;
  std::vector<double> first;
  std::vector<double> second;
  run_long_lag(run, [&](std::size_t, double error) { first.push_back(error); });
  run_long_lag(run, [&](std::size_t, double error) { second.push_back(error); });
  EXPECT_EQ(first.size(), 4);
  EXPECT_EQ(first, second);
}

TEST_F(LongLagTraining, WithoutLearningSolvesNothingWithinItsBudget) {
  LongLagRun run = short_adding_problem();
  run.learning_rate = 0;
  run.sequences = 8'000;
  const LongLagOutcome outcome = run_long_lag(run);
  EXPECT_FALSE(outcome.solved_after.has_value());
  EXPECT_GT(outcome.best_error, kLongLagSolved);
  EXPECT_LE(outcome.sequences, run.sequences);
  EXPECT_GT(outcome.sequences, run.sequences * 9 / 10);
}

TEST_F(LongLagTraining, SaysThatItDiverged) {
  LongLagRun run = short_adding_problem();
  run.model.cell = Cell::kRnn;
  run.model.activation = Activation::kRelu;
  run.model.init = RecurrentInit::kIdentity;
  run.optimizer = OptimizerKind::kSgd;
  run.learning_rate = 1e30;
  run.clip_norm = 0;
  const LongLagOutcome outcome = run_long_lag(run);
  EXPECT_TRUE(outcome.diverged);
  EXPECT_FALSE(outcome.solved_after.has_value());
}

}  // namespace
}  // namespace unroll
