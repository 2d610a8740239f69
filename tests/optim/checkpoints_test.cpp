// A run that goes on from a checkpoint ends with the bits of one that was never interrupted.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"
#include "unroll/core/random.h"
#include "unroll/core/saved_state.h"
#include "unroll/optim/training_loop.h"

namespace unroll {
namespace {

constexpr std::size_t kSteps = 4;

/// A table of which each step touches two rows, and a vector that every step touches, pulled to
/// random targets.
struct Model {
  Parameter<float> E{"E", {40, 3}};
  Parameter<float> b{"b", {5}};
  std::unique_ptr<Optimizer<float>> optimizer;
  std::size_t step = 0;  ///< of the run
  double memory = 0;     ///< what the task itself goes on from

  explicit Model(const OptimizerConfig& config) : optimizer(make_optimizer<float>(config)) {
    for (Parameter<float>* parameter : parameters()) {
      Random random(1, parameter->name);
      for (float& value : parameter->value.values()) value = static_cast<float>(random.normal());
    }
  }
  ParameterList<float> parameters() { return {&E, &b}; }

  double add_gradients() {
    Random random(2, "step/", step++);
    E.touched.restart();
    double loss = memory;
    for (int k = 0; k < 2; ++k) {
      const auto row = static_cast<std::int32_t>(random.below(40));
      E.touched.add(std::span(&row, 1));
      for (std::size_t c = 0; c < 3; ++c) {
        E.grad.matrix()(static_cast<std::size_t>(row), c) += static_cast<float>(random.normal());
      }
    }
    for (std::size_t k = 0; k < b.value.size(); ++k) {
      const float distance = b.value[k] - static_cast<float>(random.normal());
      b.grad[k] += distance;
      loss += distance * distance;
    }
    return loss;
  }

  /// Falls and rises, so that the best epoch is neither the first nor the last.
  Score score() {
    memory += 0.1;
    const double distance = b.value[0] - 0.1;
    return {.value = -distance * distance, .loss = distance};
  }

  TrainingTask task() {
    return {.begin_epoch = [](std::size_t) { return kSteps; },
            .loss_and_gradients = [this](std::size_t) { return add_gradients(); },
            .work = {},
            .evaluate = [this] { return score(); },
            .state =
                [this](SavedState& state) {
                  state.add("run_step", step);
                  state.add("memory", memory);
                }};
  }
};

struct Setup {
  std::string name;
  OptimizerConfig optimizer;
  double averaging = 0;
};

const std::vector<Setup> kSetups{
    {"adam", {.kind = OptimizerKind::kAdam}},
    {"adam_averaged", {.kind = OptimizerKind::kAdam}, 0.9},
    {"adam_decaying", {.kind = OptimizerKind::kAdam, .weight_decay = 0.1}, 0.9},
    {"adamw", {.kind = OptimizerKind::kAdamW, .weight_decay = 0.1}, 0.9},
    {"lazy_adam", {.kind = OptimizerKind::kLazyAdam}, 0.9},
    {"sgd", {.kind = OptimizerKind::kSgd, .momentum = 0}, 0.9},
    {"momentum", {.kind = OptimizerKind::kSgd, .momentum = 0.9}},
    {"nesterov", {.kind = OptimizerKind::kSgd, .momentum = 0.9, .nesterov = true}, 0.9}};

struct CheckpointsOf : testing::TestWithParam<Setup> {
  TrainingResult run(Model& model, const Checkpoints& checkpoints,
                     const TrainingObserver& watch = {}) {
    const TrainingOptions options{
        .epochs = 5,
        .clip_norm = 2,
        .averaging = GetParam().averaging,
        .schedule = {.peak = 0.1, .decay = Decay::kLinear, .total_steps = 20}};
    return train<float>(model.parameters(), *model.optimizer, options, model.task(), watch,
                        checkpoints);
  }
  void expect_same(const Model& a, const TrainingResult& one, const Model& b,
                   const TrainingResult& two) {
    EXPECT_TRUE(std::ranges::equal(a.E.value.values(), b.E.value.values()));
    EXPECT_TRUE(std::ranges::equal(a.b.value.values(), b.b.value.values()));
    EXPECT_EQ(one.end, two.end);
    EXPECT_EQ(one.best_epoch, two.best_epoch);
    ASSERT_EQ(one.epochs.size(), two.epochs.size());
    for (std::size_t k = 0; k < one.epochs.size(); ++k) {
      EXPECT_EQ(one.epochs[k].mean_loss, two.epochs[k].mean_loss);
      EXPECT_EQ(one.epochs[k].best, two.epochs[k].best);
    }
  }

  TempFolder folder;
  std::filesystem::path path = folder.file("last.ckpt");
};

TEST_P(CheckpointsOf, GiveTheBitsOfAnUninterruptedRunWhereverItIsStopped) {
  Model whole(GetParam().optimizer);
  const TrainingResult expected = run(whole, {});
  for (std::size_t steps = 0; steps < 20; ++steps) {
    std::size_t asked = 0;
    Model stopped(GetParam().optimizer);
    const TrainingResult first =
        run(stopped, {.write = [&](SavedState& state) { state.write(path); }},
            {.stop = [&] { return asked++ == steps; }});
    ASSERT_EQ(first.end, TrainingEnd::kStopped);
    Model resumed(GetParam().optimizer);
    const auto state = std::make_shared<SavedState>(SavedState::open(path));
    const TrainingResult result = run(resumed, {.begin = state});
    SCOPED_TRACE(steps);
    expect_same(whole, expected, resumed, result);
  }
}

TEST_P(CheckpointsOf, ChangeNothingAboutTheRunThatWritesThem) {
  Model whole(GetParam().optimizer);
  const TrainingResult expected = run(whole, {});
  Model watched(GetParam().optimizer);
  std::size_t after_steps = 0, after_epochs = 0, written = 0;
  const TrainingResult result = run(
      watched,
      {.is_due = [&](bool epoch_is_done) { return ++(epoch_is_done ? after_epochs : after_steps); },
       .write = [&](SavedState&) { ++written; }});
  expect_same(whole, expected, watched, result);
  EXPECT_EQ(after_steps, 20u);
  EXPECT_EQ(after_epochs, 5u);
  EXPECT_EQ(written, 25u);
}

INSTANTIATE_TEST_SUITE_P(Setups, CheckpointsOf, testing::ValuesIn(kSetups),
                         [](const auto& test) { return test.param.name; });

// The epoch that ends a run early is counted from before the checkpoint.
TEST(Checkpoints, RememberWhichEpochBroughtProgress) {
  TempFolder folder;
  const auto path = folder.file("last.ckpt");
  std::vector<double> scores{3, 2, 1, 4};
  const auto run_on = [&](std::size_t first, const Checkpoints& checkpoints) {
    Model model({});
    std::size_t epoch = first;
    TrainingTask task = model.task();
    task.evaluate = [&] { return Score{.value = scores.at(epoch++), .loss = 0}; };
    return train<float>(model.parameters(), *model.optimizer,
                        {.epochs = 4, .early_stop = 2, .schedule = {.peak = 0.1}}, task, {},
                        checkpoints);
  };
  std::size_t epochs = 0;
  run_on(0, {.is_due = [&](bool epoch_is_done) { return epoch_is_done && ++epochs == 1; },
             .write = [&](SavedState& state) { state.write(path); }});
  const TrainingResult result =
      run_on(1, {.begin = std::make_shared<SavedState>(SavedState::open(path))});
  EXPECT_EQ(result.end, TrainingEnd::kEarlyStop);
  EXPECT_EQ(result.epochs.size(), 3u);
  EXPECT_EQ(result.best_epoch, 0u);
}

}  // namespace
}  // namespace unroll
