/// Experiments on gradient flow: a recurrent layer with a chosen start reads random inputs, and the
/// norms of its Jacobians over the lags are summed up over several draws of weights and inputs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/lab/flow/gradient_flow.h"

namespace unroll {

/// How W starts (of a cell with gates each gate's W). The first three are layers/init.h's.
enum class FlowInit {
  kUniform,      ///< U, W, b uniform in ±1/√H
  kGlorot,       ///< uniform in ±√(3/H)
  kOrthogonal,   ///< Q of a Gaussian matrix
  kIdentity,     ///< I
  kGaussian,     ///< normal with deviation 1/√H: spectral radius near 1
  kNonnegative,  ///< the magnitudes of kGaussian
};
std::string_view to_string(FlowInit init);
template <>
inline constexpr std::array kAll<FlowInit>{FlowInit::kUniform,    FlowInit::kGlorot,
                                           FlowInit::kOrthogonal, FlowInit::kIdentity,
                                           FlowInit::kGaussian,   FlowInit::kNonnegative};

/// What a W that was drawn is scaled by; of a cell with gates each gate's W for itself.
enum class FlowScale {
  kGain,    ///< W is multiplied
  kRadius,  ///< to a spectral radius ρ(W)
  kNorm,    ///< to a norm ‖W‖₂
};
std::string_view to_string(FlowScale scale);

/// One case. U is Glorot's, so that with I = H each unit's U x_t has the deviation of x_t's values;
/// b = 0.
struct FlowExperiment {
  std::string name;
  Cell cell = Cell::kRnn;
  Activation activation = Activation::kTanh;  ///< of the RNN
  GruReset gru_reset = GruReset::kAfter;      ///< of the GRU
  FlowInit init = FlowInit::kOrthogonal;
  FlowScale scale = FlowScale::kGain;
  double size = 1;            ///< what W's gain, spectral radius or norm becomes
  double input_strength = 1;  ///< x_t is normal with this deviation
  bool positive = false;      ///< U and x_t are replaced by their magnitudes
  bool centred = false;       ///< RNN: b and h_0 by rest_at_steepest()
  double forget_bias = 1;     ///< LSTM
  std::size_t input = 32;     ///< I
  std::size_t hidden = 32;    ///< H
  std::size_t lags = 200;
  std::size_t draws = 10;
  std::uint64_t seed = 1;
};

/// Steps read before the first state that a lag reaches: the start is forgotten by then.
inline constexpr std::size_t kFlowWarmUp = 50;

/// Several draws as natural logarithms by lag: the mean of the logarithms (the geometric mean),
/// the smallest and the largest. Empty where the cell has no such norm.
struct FlowSummary {
  std::vector<double> mean;
  std::vector<double> least;
  std::vector<double> most;
};

enum class FlowEnd {
  kVanishes,  ///< by more than a factor e in 200 steps
  kStays,
  kExplodes,
  kDies,  ///< the norm is exactly 0 at some lag, in at least one draw
};

struct FlowVerdict {
  FlowEnd end = FlowEnd::kStays;
  /// The norm's factor per step: exp of the slope of the least-squares line through the mean of the
  /// logarithms, over all lags but the first tenth (and those where it is 0).
  double rate = 1;
  std::size_t zero_from = 0;  ///< kDies: the first such lag
};
/// "vanishes ×0.246", "stays ×0.999", "explodes ×1.101", "dies at lag 31".
std::string to_string(const FlowVerdict& verdict);

struct FlowResult {
  FlowExperiment experiment;
  std::string command;  ///< runs the case again; empty for a layer of a model that was trained
  FlowSummary norm;
  FlowSummary carry;    ///< LSTM, GRU
  FlowSummary bound;    ///< GRAD-bound; LSTM, GRU: of the carry
  FlowSummary ceiling;  ///< RNN: GRAD-sigmoid, GRAD-tanh, GRAD-relu
  double saturated = 0;
  double dead = 0;
  double radius = 0;       ///< ρ(W), mean over draws; LSTM: W_f, GRU: W_u
  double matrix_norm = 0;  ///< ‖W‖₂, likewise
  FlowVerdict verdict;
};

/// Runs all draws, on all threads. Throws UsageError for a case that cannot be (a W of radius 0
/// scaled to another one, states that overflow).
FlowResult run_flow(const FlowExperiment& experiment);

/// The norms of several walks as one. Walks may be of different length: a lag is summed up over
/// those that reach it.
FlowResult summarize_flow(std::span<const FlowNorms> walks);
FlowVerdict judge_flow(const FlowSummary& norm);

/// The command that runs a case again; sizes and seed only where they are not the usual ones.
std::string command_line(const FlowExperiment& experiment);

}  // namespace unroll
