/// A recurrent network for the long-lag tasks, and one run of the experiment "within how many
/// sequences is the task solved?".
///
///     x → one recurrent layer → last state, or every state (copy) → O = V h + c → squared error
///     (adding) or softmax cross-entropy
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "unroll/layers/linear.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/optim/optimizer.h"
#include "unroll/tools/lab/flow/long_lag.h"

namespace unroll {

struct LongLagModelConfig {
  LongLagTask task = LongLagTask::kAdding;
  Cell cell = Cell::kLstm;
  Activation activation = Activation::kTanh;  ///< of the RNN
  GruReset gru_reset = GruReset::kAfter;      ///< of the GRU
  std::size_t hidden = 64;                    ///< H
  RecurrentInit init = RecurrentInit::kUniform;
  double forget_bias = 1;
};

/// Instantiated for float and double.
template <typename Real>
class LongLagModel {
 public:
  explicit LongLagModel(const LongLagModelConfig& config);

  /// The layer as the configuration says, V Glorot, c = 0.
  void init(std::uint64_t seed);
  ParameterList<Real> parameters();

  /// The loss, its mean over the batch's answers; adds to all gradients.
  double loss_and_gradients(const LongLagBatch<Real>& batch);
  /// The error that decides whether the task is solved. Adding: the mean squared error. Order: the
  /// share of wrong classes. Copy: the share of wrong letters among those to be remembered.
  double error(const LongLagBatch<Real>& batch);

 private:
  bool answers_every_step() const { return config_.task == LongLagTask::kCopyMemory; }
  void forward(const LongLagBatch<Real>& batch);
  double loss_to_gradient(const LongLagBatch<Real>& batch);
  /// What the output layer reads.
  Tensor<Real>& readout() { return answers_every_step() ? pass_.h.back() : states_.front().h; }

  LongLagModelConfig config_;
  RecurrentStack<Real> stack_;
  Linear<Real> output_;
  typename RecurrentStack<Real>::States states_;
  typename RecurrentStack<Real>::Pass pass_;
  Tensor<Real> O_;   // (B, K), copy (N, K); becomes dO
  Tensor<Real> dh_;  // (N, H)
};

/// One run: a cell, a learning rate, a seed, a budget.
struct LongLagRun {
  LongLagModelConfig model;
  std::size_t steps = 100;  ///< T
  OptimizerKind optimizer = OptimizerKind::kAdam;
  double learning_rate = 1e-3;
  double clip_norm = 1;
  std::size_t batch = 32;           ///< B
  std::size_t sequences = 100'000;  ///< the budget
  std::size_t evaluate_every = 2'000;
  std::size_t test_sequences = 500;  ///< fresh ones, the same at every evaluation
  std::uint64_t seed = 1;            ///< of the weights and of all sequences
};

/// Solved means an error below this, at two evaluations in a row: MSE < 0.01, or more than 99 %
/// right.
inline constexpr double kLongLagSolved = 0.01;

struct LongLagOutcome {
  std::optional<std::size_t> solved_after;  ///< sequences, at the first of the two evaluations
  double best_error = 0;                    ///< of all evaluations
  std::size_t sequences = 0;                ///< read in training
  bool diverged = false;                    ///< the loss was no longer a number
};

/// Trains until solved, diverged, or out of sequences: nothing that comes later could change the
/// outcome. `evaluated` (may be empty) hears the sequences read and the error at each evaluation.
LongLagOutcome run_long_lag(
    const LongLagRun& run,
    const std::function<void(std::size_t sequences, double error)>& evaluated = {});

}  // namespace unroll
