#include "unroll/optim/training_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace unroll {
namespace {

/// One value p, loss (p − 3)²/2, and scores that the test dictates.
struct TrainingLoopTest : testing::Test {
  TrainingTask task() {
    return {.begin_epoch = [](std::size_t) { return std::size_t{5}; },
            .loss_and_gradients =
                [this](std::size_t) {
                  const double distance = p.value[0] - 3;
                  p.grad[0] += distance;
                  return distance * distance / 2;
                },
            .work = {},
            .evaluate =
                [this] {
                  values.push_back(p.value[0]);
                  return Score{.value = scores.at(values.size() - 1),
                               .loss = losses.at(values.size() - 1)};
                }};
  }
  TrainingResult run(const TrainingObserver& observer = {}) {
    return train<double>({&p}, sgd, options, task(), observer);
  }

  Parameter<double> p{"p", {1}};
  Sgd<double> sgd{SgdConfig{}};
  TrainingOptions options{.epochs = 4, .schedule = {.peak = 0.1}};
  std::vector<double> scores{1, 2, 3, 4};
  std::vector<double> losses{0, 0, 0, 0};
  std::vector<double> values;  ///< of p after each epoch
};

TEST_F(TrainingLoopTest, GoesDownTheLoss) {
  const TrainingResult result = run();
  EXPECT_EQ(result.end, TrainingEnd::kAllEpochs);
  ASSERT_EQ(result.epochs.size(), 4u);
  EXPECT_LT(result.epochs[3].mean_loss, result.epochs[0].mean_loss);
  EXPECT_NEAR(p.value[0], 3 * (1 - std::pow(0.9, 20)), 1e-12);
}

TEST_F(TrainingLoopTest, KeepsTheBestEpochsParameters) {
  scores = {1, 5, 2, 3};
  const TrainingResult result = run();
  EXPECT_EQ(result.best_epoch, 1u);
  EXPECT_EQ(result.best_score.value, 5);
  EXPECT_EQ(p.value[0], values[1]);
}

TEST_F(TrainingLoopTest, KeepsTheFirstOfEqualEpochs) {
  scores = {5, 5, 5, 5};
  EXPECT_EQ(run().best_epoch, 0u);
  EXPECT_EQ(p.value[0], values[0]);
}

TEST_F(TrainingLoopTest, HasNoBestEpochUntilOneIsGoodEnough) {
  scores = {9, 5, 3, 8};
  TrainingTask choosy = task();
  choosy.is_good_enough = [this] { return values.size() == 2 || values.size() == 3; };
  const TrainingResult result = train<double>({&p}, sgd, options, choosy);
  EXPECT_EQ(result.best_epoch, 1u) << "the others are not good enough, or worse";
  EXPECT_EQ(p.value[0], values[1]);
  choosy.is_good_enough = [] { return false; };
  values.clear();
  EXPECT_EQ(train<double>({&p}, sgd, options, choosy).best_epoch, std::nullopt);
}

TEST_F(TrainingLoopTest, TakesTheLowerLossOfEqualScores) {
  scores = {5, 5, 5, 4};
  losses = {3, 1, 2, 0};
  EXPECT_EQ(run().best_epoch, 1u);
}

TEST_F(TrainingLoopTest, StopsEarlyWhenTheScoreNoLongerRises) {
  options.epochs = 4;
  scores = {5, 4, 4, 9};
  options.early_stop = 2;
  const TrainingResult result = run();
  EXPECT_EQ(result.end, TrainingEnd::kEarlyStop);
  EXPECT_EQ(result.epochs.size(), 3u);
}

TEST_F(TrainingLoopTest, GoesOnWhileTheLossFallsIfThatCounts) {
  options.epochs = 4;
  scores = {5, 4, 4, 9};
  losses = {3, 3, 2, 1};
  options.early_stop = 2;
  options.loss_counts = true;
  EXPECT_EQ(run().best_epoch, 3u);
  losses = {3, 3, 3, 1};
  values.clear();
  EXPECT_EQ(run().epochs.size(), 3u);
}

TEST_F(TrainingLoopTest, KeepsTheBestEpochWhenStoppedFromOutside) {
  std::size_t asked = 0;
  const TrainingResult result = run({.step = {}, .epoch = {}, .stop = [&] { return ++asked > 7; }});
  EXPECT_EQ(result.end, TrainingEnd::kStopped);
  EXPECT_EQ(result.epochs.size(), 1u);
  EXPECT_EQ(p.value[0], values[0]);
}

TEST_F(TrainingLoopTest, KeepsTheMovingAverageIfAskedTo) {
  options.averaging = 0.5;
  options.epochs = 1;
  scores = {1};
  run();
  double value = 0;
  double average = 0;
  for (int n = 0; n < 5; ++n) {
    value += 0.1 * (3 - value);
    const double decay = std::min(0.5, n / (n + 9.0));
    average = decay * average + (1 - decay) * value;
  }
  EXPECT_NEAR(values[0], average, 1e-12) << "evaluated";
  EXPECT_NEAR(p.value[0], average, 1e-12) << "kept";
}

TEST_F(TrainingLoopTest, GoesOnFromTheLastStepNotFromTheAverage) {
  options.averaging = 0.9;
  options.early_stop = 0;
  std::vector<double> distances;
  run({.step = [&](const StepReport& report) { distances.push_back(report.gradient_norm); },
       .epoch = {},
       .stop = {}});
  for (std::size_t n = 0; n < distances.size(); ++n) {
    EXPECT_NEAR(distances[n], 3 * std::pow(0.9, static_cast<double>(n)), 1e-12);
  }
}

TEST_F(TrainingLoopTest, EndsWhenTheLossIsNotFinite) {
  options.schedule.peak = 1e200;
  const TrainingResult result = run();
  EXPECT_EQ(result.end, TrainingEnd::kDiverged);
  EXPECT_TRUE(result.epochs.empty());
}

TEST_F(TrainingLoopTest, NamesTheStepThatDiverged) {
  TrainingTask diverging = task();
  std::size_t calls = 0;
  diverging.loss_and_gradients = [&](std::size_t) {
    p.grad[0] = ++calls == 8 ? std::numeric_limits<double>::infinity() : 0;
    return 1.0;
  };
  const TrainingResult result = train<double>({&p}, sgd, options, diverging);
  EXPECT_EQ(result.end, TrainingEnd::kDiverged);
  EXPECT_EQ(result.failed.epoch, 1u);
  EXPECT_EQ(result.failed.step, 2u);
  EXPECT_EQ(result.epochs.size(), 1u);
}

// The last step of an epoch can spoil the weights after its loss was computed.
TEST_F(TrainingLoopTest, KeepsNoWeightsThatAreNotFinite) {
  options.schedule.peak = std::numeric_limits<double>::max();
  TrainingTask diverging = task();
  diverging.begin_epoch = [](std::size_t) { return std::size_t{1}; };
  diverging.loss_and_gradients = [&](std::size_t) {
    p.grad[0] = 2;
    return 1.0;
  };
  diverging.evaluate = [] { return Score{.value = 1, .loss = 0}; };  // as if nothing had happened
  const TrainingResult result = train<double>({&p}, sgd, options, diverging);
  EXPECT_EQ(result.end, TrainingEnd::kDiverged);
  EXPECT_TRUE(result.epochs.empty());
}

TEST_F(TrainingLoopTest, KeepsNoWeightsWhoseLossOnHeldBackDataIsNotFinite) {
  losses = {0.5, std::numeric_limits<double>::quiet_NaN(), 0, 0};
  const TrainingResult result = run();
  EXPECT_EQ(result.end, TrainingEnd::kDiverged);
  EXPECT_EQ(result.epochs.size(), 1u);
  EXPECT_EQ(p.value[0], values[0]);
}

TEST_F(TrainingLoopTest, ReportsTheNormBeforeClippingAndClips) {
  options.clip_norm = 0.5;
  options.epochs = 1;
  std::vector<StepReport> reports;
  run({.step = [&](const StepReport& report) { reports.push_back(report); },
       .epoch = {},
       .stop = {}});
  ASSERT_EQ(reports.size(), 5u);
  EXPECT_EQ(reports[0].gradient_norm, 3);
  EXPECT_NEAR(values[0], 5 * 0.1 * 0.5, 1e-12);
}

}  // namespace
}  // namespace unroll
