#include "unroll/optim/training_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

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
       const TrainingOptions& options, const TrainingTask& task, const TrainingObserver& observer)
      : parameters_(parameters),
        optimizer_(optimizer),
        options_(options),
        task_(task),
        observer_(observer),
        best_(parameters) {
    MemoryPlan reserve(MemoryPlan::Mode::kReserve);
    optimizer.plan(parameters, reserve);
    if (options.averaging > 0) average_.emplace(parameters, options.averaging);
  }

  TrainingResult run() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    result_.best_score = {.value = -kInfinity, .loss = kInfinity};
    result_.end = epochs();
    if (best_.taken()) best_.restore();
    return std::move(result_);
  }

 private:
  TrainingEnd epochs() {
    for (std::size_t epoch = 0; epoch < options_.epochs; ++epoch) {
      const std::size_t steps = task_.begin_epoch(epoch);
      double total = 0;
      for (std::size_t step = 0; step < steps; ++step) {
        if (observer_.stop && observer_.stop()) return TrainingEnd::kStopped;
        const double loss = one_step(epoch, step, steps);
        if (!std::isfinite(loss)) return TrainingEnd::kDiverged;
        total += loss;
      }
      if (!finish_epoch(epoch, total / static_cast<double>(steps))) return TrainingEnd::kDiverged;
      if (options_.early_stop > 0 && epoch - last_progress_ >= options_.early_stop) {
        return TrainingEnd::kEarlyStop;
      }
    }
    return TrainingEnd::kAllEpochs;
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
    return true;
  }

  /// False if the weights are no longer finite: the last step's loss was that of the weights before
  /// it, and such weights may score well where no word of theirs occurs.
  bool finish_epoch(std::size_t epoch, double mean_loss) {
    if (average_) average_->swap();  // what is evaluated, kept and shown to observers
    if (!are_finite(parameters_)) return false;
    EpochReport report{.epoch = epoch, .mean_loss = mean_loss, .score = task_.evaluate()};
    if (!std::isfinite(report.score.loss)) return false;
    report.best = report.score.better_than(result_.best_score);
    if (report.best || (options_.loss_counts && report.score.loss < least_loss_)) {
      last_progress_ = epoch;
    }
    least_loss_ = std::min(least_loss_, report.score.loss);
    if (report.best) {
      best_.take();
      result_.best_epoch = epoch;
      result_.best_score = report.score;
    }
    result_.epochs.push_back(report);
    if (observer_.epoch) observer_.epoch(report);
    if (average_) average_->swap();
    return true;
  }

  const ParameterList<Real>& parameters_;
  Optimizer<Real>& optimizer_;
  const TrainingOptions& options_;
  const TrainingTask& task_;
  const TrainingObserver& observer_;
  std::optional<ParameterAverage<Real>> average_;
  Snapshot<Real> best_;
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
                     const TrainingObserver& observer) {
  return Loop<Real>(parameters, optimizer, options, task, observer).run();
}

template void count_training(const ParameterList<float>&, Optimizer<float>&, const TrainingOptions&,
                             MemoryPlan&);
template void count_training(const ParameterList<double>&, Optimizer<double>&,
                             const TrainingOptions&, MemoryPlan&);
template TrainingResult train(const ParameterList<float>&, Optimizer<float>&,
                              const TrainingOptions&, const TrainingTask&, const TrainingObserver&);
template TrainingResult train(const ParameterList<double>&, Optimizer<double>&,
                              const TrainingOptions&, const TrainingTask&, const TrainingObserver&);

}  // namespace unroll
