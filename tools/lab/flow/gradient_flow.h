/// How far a gradient reaches: ‖∂h_t/∂h_k‖₂ of an RNN or GRU and ‖∂C_t/∂C_k‖₂ of an LSTM over the
/// lags t − k, measured with the layer's own backward pass, and what the derivation bounds them
/// by.
///
/// All norms are kept as natural logarithms, and the product of Jacobians is scaled by a power of
/// two at each step, so nothing under- or overflows however many lags there are. log 0 is −∞.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "unroll/kernels/ops.h"
#include "unroll/layers/recurrent.h"

namespace unroll {

/// The Jacobian of the last state of a sequence in the states before it, one step back at a time.
///
/// The rows of a batch do not know each other, so one backward step over H identical rows, given
/// the H rows of ∂h_t/∂h_{k+1} as the gradients that arrive, returns the rows of ∂h_t/∂h_k.
class JacobianWalk {
 public:
  /// x (T, I), T ≥ 1, in the order in which the layer reads it; start: h_0, C_0 of one row. The
  /// layer is borrowed; its gradients serve as scratch. Throws ShapeError.
  JacobianWalk(RecurrentLayer<double>& layer, MatrixView<const double> x,
               RecurrentState<double> start);

  /// How many steps can be taken back: T − 1, to h_1.
  std::size_t steps_left() const { return steps_.size() - 1 - lag_; }
  /// One step further from the last state, by RecurrentLayer::backward.
  void step_back();

  std::size_t lag() const { return lag_; }  ///< t − k
  /// (H, H), row i: the derivatives of h_{t,i} or C_{t,i}; times exp(log_scale()) it is ∂h_t/∂h_k.
  /// For an LSTM this is ∂C_t/∂C_k over all paths: h_k = o_k ⊙ tanh C_k moves with C_k, o_k does
  /// not.
  const Tensor<double>& jacobian() const { return jacobian_; }
  double log_scale() const;
  /// What the layer computed at step k + 1, through which the last step back went; of step t before
  /// the first. One row.
  const RecurrentInspection<double>& crossed() const;
  /// What the layer computed at step j = 1 .. T. One row.
  const RecurrentInspection<double>& step(std::size_t j) const { return steps_[j - 1]; }

 private:
  void gather_jacobian();
  void rescale();

  RecurrentLayer<double>& layer_;
  MatrixView<const double> x_;
  std::vector<RecurrentInspection<double>> steps_;
  RecurrentState<double> rows_;  // ∂(last state)/∂(h_k, C_k), scaled
  Tensor<double> jacobian_;
  long exponent_ = 0;  // of two: an integer, so that it is exact however many steps there are
  std::size_t lag_ = 0;
};

/// The norms of one walk; index lag − 1. Of an RNN `carry` is empty, of other cells `ceiling` and
/// `lower` are.
struct FlowNorms {
  std::vector<double> norm;  ///< log ‖∂h_t/∂h_k‖; LSTM: log ‖∂C_t/∂C_k‖; over all paths
  std::vector<double> smallest;  ///< log σ_min of the same, right while above 1e-14·‖·‖
  std::vector<double>
      carry;  ///< along the carry alone: log ‖Π diag f_j‖, of a GRU log ‖Π diag u_j‖
  std::vector<double> bound;  ///< RNN: Σ log ‖D_j‖‖W‖; of the carry: Σ log max f_j or u_j
  std::vector<double> ceiling;  ///< known before any input: lag · log(max φ′ · ‖W‖)
  std::vector<double> lower;    ///< Σ log(min φ′(z_j) · σ_min(W)), below every σ_min
  /// The share of slopes φ′(z) (of an LSTM or GRU: of all gates) that are below kFlat of their
  /// activation's largest, over the units and the steps walked through. For ReLU: the share off.
  double saturated = 0;
  /// The share of units whose slope is 0 at every step walked through: for ReLU, dead units.
  double dead = 0;
};

/// A slope below this share of the largest counts as saturated: for tanh |h| > 0.975.
inline constexpr double kFlat = 0.05;

/// Walks back from the last of x's T steps over at most `lags` lags (T − 1 if that is fewer).
/// Throws UsageError if a state is not finite.
FlowNorms flow_norms(RecurrentLayer<double>& layer, MatrixView<const double> x,
                     const RecurrentState<double>& start, std::size_t lags);

/// Which of the values that a step saves is the gate of the carry: f of an LSTM, u of a GRU.
std::optional<std::size_t> carry_gate(Cell cell);

/// max φ′: 1/4 for sigmoid, else 1.
double largest_slope(Activation activation);

/// Sets b and returns the state h* of one row so that a layer without input rests at h* where every
/// slope is largest: b = −½W1, h* = ½ (sigmoid); b = 0, h* = 0 (tanh); b = 1 − W1, h* = 1 (ReLU).
/// With W = w·(orthogonal) the bounds are then attained.
RecurrentState<double> rest_at_steepest(RecurrentLayer<double>& rnn, Activation activation);

}  // namespace unroll
