#include "unroll/optim/training_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "unroll/core/ranks.h"
#include "unroll/core/saved_state.h"
#include "unroll/core/thread_tuner.h"
#include "unroll/optim/average.h"
#include "unroll/optim/clip.h"

namespace unroll {

namespace {

/// Values of all parameters at some moment.
template <typename Real>
class Snapshot {
 public:
  explicit Snapshot(const ParameterList<Real>& parameters) : parameters_(parameters) {}

  void plan(MemoryPlan& plan) {
    values_.resize(parameters_.size());
    for (std::size_t k = 0; k < values_.size(); ++k) {
      plan.add(values_[k], parameters_[k]->value.shape());
    }
  }
  bool taken() const { return taken_; }
  void take() {
    values_.resize(parameters_.size());
    for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = parameters_[k]->value;
    taken_ = true;
  }
  void restore() const {
    for (std::size_t k = 0; k < values_.size(); ++k) parameters_[k]->value = values_[k];
  }
  void list(SavedState& state) {
    state.add("best.taken", taken_);
    if (!taken_) return;
    values_.resize(parameters_.size());
    for (std::size_t k = 0; k < values_.size(); ++k) {
      values_[k].resize(parameters_[k]->value.shape());
      state.add("best." + parameters_[k]->name, values_[k]);
    }
  }

 private:
  bool taken_ = false;
  const ParameterList<Real>& parameters_;
  std::vector<Tensor<Real>> values_;
};

template <typename Real>
bool are_finite(const ParameterList<Real>& parameters) {
  return std::ranges::all_of(parameters,
                             [](const auto* parameter) { return is_finite(parameter->value); });
}

/// One run of `train`.
template <typename Real>
class Loop {
 public:
  Loop(const ParameterList<Real>& parameters, Optimizer<Real>& optimizer,
       const TrainingOptions& options, const TrainingTask& task, const TrainingObserver& observer,
       const Checkpoints& checkpoints)
      : parameters_(parameters),
        optimizer_(optimizer),
        options_(options),
        task_(task),
        observer_(observer),
        checkpoints_(checkpoints),
        best_(parameters) {
    MemoryPlan reserve(MemoryPlan::Mode::kReserve);
    optimizer.plan(parameters, reserve);
    if (options.averaging > 0) average_.emplace(parameters, options.averaging);
  }

  TrainingResult run() {
    if (checkpoints_.begin) read(*checkpoints_.begin);
    result_.end = epochs_or_checkpoint();
    if (best_.taken()) best_.restore();
    return std::move(result_);
  }

 private:
  /// A step without all ranks changes nothing, so the run can go on from the step before.
  TrainingEnd epochs_or_checkpoint() {
    try {
      return epochs();
    } catch (const LostRankError&) {
      write();
      throw;
    }
  }

  TrainingEnd epochs() {
    while (epoch_ < options_.epochs) {
      if (const auto end = one_epoch()) return *end;
      if (options_.early_stop > 0 && epoch_ - last_progress_ >= options_.early_stop) {
        return TrainingEnd::kEarlyStop;
      }
      ++epoch_;
      step_ = 0;
      total_loss_ = 0;
      write_if_due(true);
    }
    return TrainingEnd::kAllEpochs;
  }

  /// Goes on with the epoch at `step_`. Why training ends, if it does.
  std::optional<TrainingEnd> one_epoch() {
    const std::size_t steps = task_.begin_epoch(epoch_);
    while (step_ < steps) {
      if (observer_.stop && observer_.stop()) return stop();
      const double loss = one_step(epoch_, step_, steps);
      if (!std::isfinite(loss)) return diverge();
      total_loss_ += loss;
      ++step_;
      write_if_due(false);
    }
    if (finish_epoch(epoch_, total_loss_ / static_cast<double>(steps))) return std::nullopt;
    return diverge();
  }

  TrainingEnd diverge() {
    if (task_.diverged) task_.diverged(result_.failed);
    return TrainingEnd::kDiverged;
  }

  TrainingEnd stop() {
    write();
    return TrainingEnd::kStopped;
  }

  double one_step(std::size_t epoch, std::size_t step, std::size_t steps) {
    StepReport& report = result_.failed;  // unless it turns out well
    report = {.epoch = epoch, .step = step, .steps = steps};
    if (!compute_step(report)) return std::numeric_limits<double>::quiet_NaN();
    if (observer_.step) observer_.step(report);
    return report.loss;
  }

  /// False, and nothing is changed, if loss or gradient are no finite numbers.
  bool compute_step(StepReport& report) {
    const ThreadTuner::Turn turn(threads_, task_.work ? task_.work(report.step) : 1);
    zero_grad(parameters_);
    report.loss = task_.loss_and_gradients(report.step);
    clip_by_value(parameters_, options_.clip_value);
    report.gradient_norm = clip_by_norm(parameters_, options_.clip_norm);
    if (!std::isfinite(report.loss) || !std::isfinite(report.gradient_norm)) return false;
    report.learning_rate = options_.schedule.rate(optimizer_.steps());
    optimizer_.step(parameters_, report.learning_rate, average_ ? &*average_ : nullptr);
    report.updated = true;
    return true;
  }

  /// False if the weights are no longer finite: the last step's loss was that of the weights before
  /// it, and such weights may score well where no word of theirs occurs. Also if the score's loss
  /// is not.
  bool evaluate(EpochReport& report) {
    if (!are_finite(parameters_)) return false;
    report.score = task_.evaluate();
    return std::isfinite(report.score.loss);
  }

  /// While it lives, the average is what is evaluated, kept and shown to observers.
  class Averaged {
   public:
    explicit Averaged(std::optional<ParameterAverage<Real>>& average) : average_(average) {
      if (average_) average_->swap();
    }
    ~Averaged() {
      if (average_) average_->swap();
    }
    Averaged(const Averaged&) = delete;
    Averaged& operator=(const Averaged&) = delete;

   private:
    std::optional<ParameterAverage<Real>>& average_;
  };

  bool is_best(const Score& score) const {
    if (task_.is_good_enough && !task_.is_good_enough()) return false;
    return !result_.best_epoch || score.better_than(result_.best_score);
  }

  /// False if it has diverged.
  bool finish_epoch(std::size_t epoch, double mean_loss) {
    const Averaged averaged(average_);
    EpochReport report{.epoch = epoch, .mean_loss = mean_loss, .score = {}};
    if (!evaluate(report)) return false;
    report.best = is_best(report.score);
    if (report.best || (options_.loss_counts && report.score.loss < least_loss_)) {
      last_progress_ = epoch;
    }
    least_loss_ = std::min(least_loss_, report.score.loss);
    if (report.best) best_.take();
    take_epoch(report);
    if (observer_.epoch) observer_.epoch(report);
    return true;
  }

  /// All that the run goes on from.
  void list(SavedState& state) {
    state.add("epoch", epoch_);
    state.add("step", step_);
    state.add("loss", total_loss_);
    state.add("last_progress", last_progress_);
    state.add("least_loss", least_loss_);
    list_epochs(state);
    for (Parameter<Real>* parameter : parameters_) {
      state.add("value." + parameter->name, parameter->value);
    }
    optimizer_.list(parameters_, state);
    if (average_) average_->list(state);
    best_.list(state);
    if (task_.state) task_.state(state);
  }

  /// The best one is among the epochs that are done.
  void list_epochs(SavedState& state) {
    std::vector<double> losses, values, dev_losses, best;
    for (const EpochReport& epoch : result_.epochs) {
      losses.push_back(epoch.mean_loss);
      values.push_back(epoch.score.value);
      dev_losses.push_back(epoch.score.loss);
      best.push_back(epoch.best ? 1 : 0);
    }
    state.add("epochs.loss", losses);
    state.add("epochs.score", values);
    state.add("epochs.dev_loss", dev_losses);
    state.add("epochs.best", best);
    if (!state.is_read()) return;
    for (std::size_t k = 0; k < losses.size(); ++k) {
      take_epoch({.epoch = k,
                  .mean_loss = losses[k],
                  .score = {.value = values.at(k), .loss = dev_losses.at(k)},
                  .best = best.at(k) != 0});
    }
  }

  void take_epoch(const EpochReport& report) {
    result_.epochs.push_back(report);
    if (!report.best) return;
    result_.best_epoch = report.epoch;
    result_.best_score = report.score;
  }

  void read(SavedState& state) {
    list(state);
    state.read_tensors();
  }

  void write() {
    if (!checkpoints_.write) return;
    SavedState state;
    list(state);
    checkpoints_.write(state);
  }

  void write_if_due(bool epoch_is_done) {
    if (checkpoints_.is_due && checkpoints_.is_due(epoch_is_done)) write();
  }

  const ParameterList<Real>& parameters_;
  Optimizer<Real>& optimizer_;
  const TrainingOptions& options_;
  const TrainingTask& task_;
  const TrainingObserver& observer_;
  const Checkpoints& checkpoints_;
  std::optional<ParameterAverage<Real>> average_;
  Snapshot<Real> best_;
  std::size_t epoch_ = 0;          // the one that is being done, and
  std::size_t step_ = 0;           // its next step
  double total_loss_ = 0;          // of the steps before that
  std::size_t last_progress_ = 0;  // an epoch
  double least_loss_ = std::numeric_limits<double>::infinity();
  ThreadTuner threads_;
  TrainingResult result_;
};

}  // namespace

template <typename Real>
void count_training(const ParameterList<Real>& parameters, Optimizer<Real>& optimizer,
                    const TrainingOptions& options, MemoryPlan& plan) {
  plan.begin_part("optimizer");
  optimizer.plan(parameters, plan);
  plan.begin_part("average");
  if (options.averaging > 0) ParameterAverage<Real>::count(parameters, plan);
  plan.begin_part("best epoch");
  Snapshot<Real>(parameters).plan(plan);
}

template <typename Real>
TrainingResult train(const ParameterList<Real>& parameters, Optimizer<Real>& optimizer,
                     const TrainingOptions& options, const TrainingTask& task,
                     const TrainingObserver& observer, const Checkpoints& checkpoints) {
  return Loop<Real>(parameters, optimizer, options, task, observer, checkpoints).run();
}

template void count_training(const ParameterList<float>&, Optimizer<float>&, const TrainingOptions&,
                             MemoryPlan&);
template void count_training(const ParameterList<double>&, Optimizer<double>&,
                             const TrainingOptions&, MemoryPlan&);
template TrainingResult train(const ParameterList<float>&, Optimizer<float>&,
                              const TrainingOptions&, const TrainingTask&, const TrainingObserver&,
                              const Checkpoints&);
template TrainingResult train(const ParameterList<double>&, Optimizer<double>&,
                              const TrainingOptions&, const TrainingTask&, const TrainingObserver&,
                              const Checkpoints&);

}  // namespace unroll
