#include "unroll/tools/lab/flow/long_lag_model.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/layers/squared_error.h"
#include "unroll/optim/training_loop.h"

namespace unroll {

namespace {

RecurrentStackConfig stack_config(const LongLagModelConfig& config) {
  return {.cell = config.cell,
          .activation = config.activation,
          .gru_reset = config.gru_reset,
          .input = long_lag_input_size(config.task),
          .hidden = config.hidden};
}

/// The share of rows first .. whose largest score is not that of their class.
template <typename Real>
double share_wrong(MatrixView<const Real> O, std::span<const std::int32_t> classes,
                   std::size_t first) {
  std::size_t wrong = 0;
  for (std::size_t r = first; r < O.rows(); ++r) {
    const auto O_r = O.row(r);
    if (std::ranges::max_element(O_r) - O_r.begin() != classes[r]) ++wrong;
  }
  return static_cast<double>(wrong) / static_cast<double>(O.rows() - first);
}

}  // namespace

template <typename Real>
LongLagModel<Real>::LongLagModel(const LongLagModelConfig& config)
    : config_(config),
      stack_(stack_config(config)),
      output_("output", config.hidden, long_lag_output_size(config.task)) {}

template <typename Real>
void LongLagModel<Real>::init(std::uint64_t seed) {
  stack_.init(config_.init, config_.forget_bias, seed);
  init_glorot(output_.V, seed);
  output_.c.value.fill(0);
}

template <typename Real>
ParameterList<Real> LongLagModel<Real>::parameters() {
  ParameterList<Real> list = stack_.parameters();
  for (Parameter<Real>* parameter : output_.parameters()) list.push_back(parameter);
  return list;
}

template <typename Real>
void LongLagModel<Real>::forward(const LongLagBatch<Real>& batch) {
  states_ = stack_.zero_states(batch.shape.batch());
  stack_.forward(batch.shape, batch.x.matrix(), states_, pass_, nullptr);
  const MatrixView<const Real> h = std::as_const(readout()).matrix();
  O_.resize({h.rows(), long_lag_output_size(config_.task)});
  output_.forward(h, O_.matrix());
}

/// The loss of O, which becomes dO.
template <typename Real>
double LongLagModel<Real>::loss_to_gradient(const LongLagBatch<Real>& batch) {
  const MatrixView<const Real> O = std::as_const(O_).matrix();
  const double weight = 1 / static_cast<double>(O.rows());
  if (config_.task == LongLagTask::kAdding) {
    return squared_error<Real>(O, batch.y.matrix(), weight, O_.matrix());
  }
  return softmax_cross_entropy<Real>(O, batch.classes, weight, O_.matrix());
}

template <typename Real>
double LongLagModel<Real>::loss_and_gradients(const LongLagBatch<Real>& batch) {
  forward(batch);
  const double loss = loss_to_gradient(batch);
  const MatrixView<const Real> h = std::as_const(readout()).matrix();
  auto dstates = stack_.zero_states(batch.shape.batch());
  dh_.resize({batch.shape.tokens(), config_.hidden});
  if (answers_every_step()) {
    output_.backward(h, O_.matrix(), dh_.matrix());
  } else {
    dh_.fill(0);
    output_.backward(h, O_.matrix(), dstates.front().h.matrix());  // ∂L/∂h_T
  }
  stack_.backward(batch.shape, batch.x.matrix(), pass_, dh_.matrix(), dstates, {}, false);
  return loss;
}

template <typename Real>
double LongLagModel<Real>::error(const LongLagBatch<Real>& batch) {
  forward(batch);
  const MatrixView<const Real> O = std::as_const(O_).matrix();
  switch (config_.task) {
    case LongLagTask::kAdding:
      return 2 * squared_error<Real>(O, batch.y.matrix(), 1 / static_cast<double>(O.rows()));
    case LongLagTask::kTemporalOrder:
      return share_wrong<Real>(O, batch.classes, 0);
    case LongLagTask::kCopyMemory:
      break;
  }
  // Rows are ordered by step: the letters are asked for in the last ones.
  return share_wrong<Real>(O, batch.classes, O.rows() - kCopiedLetters * batch.shape.batch());
}

template class LongLagModel<float>;
template class LongLagModel<double>;

namespace {

/// One run of `run_long_lag`.
class Experiment {
 public:
  using Observer = std::function<void(std::size_t, double)>;

  Experiment(const LongLagRun& run, const Observer& evaluated)
      : run_(run),
        evaluated_(evaluated),
        model_(run.model),
        training_(run.model.task, run.steps, run.seed, "training") {
    model_.init(run.seed);
    outcome_.best_error = std::numeric_limits<double>::infinity();
    draw_test();
  }

  LongLagOutcome outcome() {
    const TrainingOptions options{.epochs = run_.sequences / (steps_between() * run_.batch),
                                  .clip_norm = run_.clip_norm,
                                  .schedule = {.peak = run_.learning_rate}};
    const TrainingTask task{.begin_epoch = [&](std::size_t) { return steps_between(); },
                            .loss_and_gradients = [&](std::size_t) { return step(); },
                            .work = {},
                            .evaluate = [&] { return evaluate(); }};
    TrainingObserver observer;
    observer.stop = [&] { return confirmed_; };
    const auto optimizer = make_optimizer<float>({.kind = run_.optimizer});
    const auto result = train<float>(model_.parameters(), *optimizer, options, task, observer);
    outcome_.diverged = result.end == TrainingEnd::kDiverged;
    if (!confirmed_) outcome_.solved_after.reset();
    return outcome_;
  }

 private:
  std::size_t steps_between() const {
    return std::max<std::size_t>(1, run_.evaluate_every / run_.batch);
  }

  /// In batches of the training's size, which lie in the cache.
  void draw_test() {
    LongLagStream<float> stream(run_.model.task, run_.steps, run_.seed, "test");
    for (std::size_t drawn = 0; drawn < run_.test_sequences; drawn += run_.batch) {
      stream.next(std::min(run_.batch, run_.test_sequences - drawn), test_.emplace_back());
    }
  }

  double step() {
    training_.next(run_.batch, batch_);
    outcome_.sequences += run_.batch;
    return model_.loss_and_gradients(batch_);
  }

  Score evaluate() {
    double sum = 0;
    for (const LongLagBatch<float>& batch : test_) {
      sum += model_.error(batch) * static_cast<double>(batch.shape.batch());
    }
    const double error = sum / static_cast<double>(run_.test_sequences);
    outcome_.best_error = std::min(outcome_.best_error, error);
    note(error < kLongLagSolved);
    if (evaluated_) evaluated_(outcome_.sequences, error);
    return {.value = -error};
  }

  void note(bool solved) {
    if (!solved) {
      outcome_.solved_after.reset();
    } else if (outcome_.solved_after) {
      confirmed_ = true;
    } else {
      outcome_.solved_after = outcome_.sequences;
    }
  }

  const LongLagRun& run_;
  const Observer& evaluated_;
  LongLagModel<float> model_;
  LongLagStream<float> training_;
  LongLagBatch<float> batch_;
  std::vector<LongLagBatch<float>> test_;
  LongLagOutcome outcome_;
  bool confirmed_ = false;
};

}  // namespace

LongLagOutcome run_long_lag(
    const LongLagRun& run,
    const std::function<void(std::size_t sequences, double error)>& evaluated) {
  return Experiment(run, evaluated).outcome();
}

}  // namespace unroll
