/// The training loop: epochs of steps, clipping, a schedule, early stopping, and the best epoch
/// kept. It knows Parameters and a loss; data and layers are behind the two functions of
/// TrainingTask.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "unroll/core/parameter.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/schedule.h"

namespace unroll {

/// How good the parameters are on held-back data.
struct Score {
  double value = 0;  ///< higher is better
  double loss = 0;   ///< decides between equal values: lower is better
  bool better_than(const Score& other) const {
    return value > other.value || (value == other.value && loss < other.loss);
  }
};

class SavedState;
struct StepReport;

/// What the loop trains.
struct TrainingTask {
  /// Prepares an epoch (shuffles) and returns its number of steps. Epochs count from 0.
  std::function<std::size_t(std::size_t epoch)> begin_epoch;
  /// Adds the gradients of the epoch's step (counted from 0) and returns its loss.
  std::function<double(std::size_t step)> loss_and_gradients;
  /// How much work the step is, say its tokens, in any unit; empty: all steps are alike.
  std::function<double(std::size_t step)> work;
  /// The score after each epoch.
  std::function<Score()> evaluate;
  /// Whether the epoch that was just evaluated may become the best one; empty: any may.
  std::function<bool()> is_good_enough{};
  /// Called when training has diverged, while the parameters are those that the step left: to find
  /// out where. The step was the last one that was computed; `updated` tells how far it came.
  std::function<void(const StepReport&)> diverged{};
  /// Lists what else these functions go on from, if there is anything.
  std::function<void(SavedState&)> state{};
};

struct TrainingOptions {
  std::size_t epochs = 10;
  std::size_t early_stop = 0;  ///< epochs without a better score before training ends; 0: never
  /// Whether an epoch with the lowest loss so far puts off the early stop, too, whatever its score:
  /// among few rows the value of a score moves by chance, its loss less.
  bool loss_counts = false;
  double clip_norm = 0;   ///< 0: off
  double clip_value = 0;  ///< 0: off
  /// Decay of the moving average of all parameters that is evaluated and kept instead of the last
  /// step's values (Polyak & Juditsky 1992); 0: off.
  double averaging = 0;
  Schedule schedule;
};

struct StepReport {
  std::size_t epoch = 0;
  std::size_t step = 0;   ///< in the epoch, from 0
  std::size_t steps = 0;  ///< of the epoch
  double loss = 0;
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
  bool updated = false;  ///< the optimizer has moved the parameters
};

struct EpochReport {
  std::size_t epoch = 0;
  double mean_loss = 0;  ///< of its steps
  Score score;
  bool best = false;  ///< so far
};

/// The functions through which a caller watches training. Any of them may be empty.
struct TrainingObserver {
  std::function<void(const StepReport&)> step;
  std::function<void(const EpochReport&)> epoch;
  /// Asked before every step; true ends training, as an interrupt does.
  std::function<bool()> stop;
};

/// How a run outlives its process. With the same parameters, optimizer, options and task, a run
/// that begins with a state ends with the bits of the run that wrote it.
struct Checkpoints {
  /// The state to begin with, as `write` was given it: read once. Null: a run from its beginning.
  std::shared_ptr<SavedState> begin{};
  /// Whether a checkpoint is wanted now. Asked after every step and after every epoch.
  std::function<bool(bool epoch_is_done)> is_due{};
  /// Writes the state. Called when one is due, and when the observer stops training. Empty: never.
  std::function<void(SavedState&)> write{};
};

enum class TrainingEnd { kAllEpochs, kEarlyStop, kStopped, kDiverged };

struct TrainingResult {
  TrainingEnd end = TrainingEnd::kAllEpochs;
  std::vector<EpochReport> epochs;  ///< those that were completed
  /// The epoch whose parameters are the result. There is none if no epoch was completed and good
  /// enough.
  std::optional<std::size_t> best_epoch;
  Score best_score;   ///< of that epoch
  StepReport failed;  ///< where `end` is kDiverged: the step whose numbers were not finite
};

/// Counts what `train` holds besides the parameters and their gradients: one part each for the
/// optimizer, the average and the best epoch's parameters.
template <typename Real>
void count_training(const ParameterList<Real>& parameters, Optimizer<Real>& optimizer,
                    const TrainingOptions& options, MemoryPlan& plan);

/// Trains until the epochs are over, the score no longer rises, the observer stops it, or loss,
/// gradients or weights are no longer finite numbers. Also writes a checkpoint if the task throws a
/// LostRankError (unroll/core/ranks.h), which goes on to the caller. In every other case the
/// parameters are then those of the best completed epoch (unchanged from the last step if there is
/// none). A step gets as many threads as make it fast (ThreadTuner), which changes no bit of
/// the result.
template <typename Real>
TrainingResult train(const ParameterList<Real>& parameters, Optimizer<Real>& optimizer,
                     const TrainingOptions& options, const TrainingTask& task,
                     const TrainingObserver& observer = {}, const Checkpoints& checkpoints = {});

}  // namespace unroll
