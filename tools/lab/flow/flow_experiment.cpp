#include "unroll/tools/lab/flow/flow_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/kernels/spectral_norm.h"
#include "unroll/layers/init.h"
#include "unroll/layers/recurrent_stack.h"

namespace unroll {

namespace {

/// |log rate| up to which a norm stays: a factor e in 200 steps.
constexpr double kStaysWithin = 1.0 / 200;

using Layer = RecurrentLayer<double>;

MatrixView<double> gate_of(Layer& layer, std::size_t gate) {
  return layer.W.value.matrix().row_range(gate * layer.hidden_size(), layer.hidden_size());
}

// ------------------------------------------------------------------------------------ one layer

CellKind kind_of(const FlowExperiment& e) {
  return {e.cell, e.activation, e.gru_reset};
}

std::unique_ptr<Layer> make_layer(const FlowExperiment& e, std::size_t draw) {
  // The name is the stream of random numbers: each draw has its own, every case the same.
  const std::string name = fmt::format("gradflow/{}", draw);
  return std::make_unique<RecurrentLayer<double>>(name, e.input, e.hidden, kind_of(e));
}

RecurrentInit recurrent_init(FlowInit init) {
  switch (init) {
    case FlowInit::kUniform:
      return RecurrentInit::kUniform;
    case FlowInit::kOrthogonal:
      return RecurrentInit::kOrthogonal;
    case FlowInit::kGlorot:
    case FlowInit::kIdentity:
    case FlowInit::kGaussian:
    case FlowInit::kNonnegative:
      return RecurrentInit::kGlorot;
  }
  return RecurrentInit::kGlorot;
}

void make_magnitudes(std::span<double> values) {
  for (double& value : values) value = std::abs(value);
}

void set_weights(Layer& layer, const FlowExperiment& e) {
  init_recurrent(layer, recurrent_init(e.init), e.forget_bias, e.seed);
  const std::size_t H = layer.hidden_size();
  if (e.init == FlowInit::kGaussian || e.init == FlowInit::kNonnegative) {
    init_normal(layer.W, 1 / std::sqrt(static_cast<double>(H)), e.seed);
  }
  if (e.init == FlowInit::kNonnegative) make_magnitudes(layer.W.value.values());
  if (e.init == FlowInit::kIdentity) {
    for (std::size_t k = 0; k < layer.W.value.size(); ++k) {
      layer.W.value[k] = k / H % H == k % H ? 1 : 0;
    }
  }
  if (e.positive) make_magnitudes(layer.U.value.values());
}

/// The factor that brings W to what the experiment asks for.
double scaling(MatrixView<const double> W, const FlowExperiment& e) {
  if (e.scale == FlowScale::kGain) return e.size;
  const double size = e.scale == FlowScale::kRadius ? spectral_radius(W) : spectral_norm(W);
  if (size > 0) return e.size / size;
  throw UsageError(
      fmt::format("gradient flow: a W whose {} is {} cannot be scaled", to_string(e.scale), size));
}

void scale_weights(Layer& layer, const FlowExperiment& e) {
  for (std::size_t gate = 0; gate < layer.gate_count(); ++gate) {
    const MatrixView<double> W = gate_of(layer, gate);
    const double factor = scaling(W, e);
    for (std::size_t r = 0; r < W.rows(); ++r) scale<double>(factor, W.row(r));
  }
}

Tensor<double> make_input(const FlowExperiment& e, std::size_t draw) {
  Tensor<double> x({kFlowWarmUp + e.lags + 1, e.input});
  Random random(e.seed, fmt::format("gradflow/{}/x", draw));
  for (double& value : x.values()) value = e.input_strength * random.normal();
  if (e.positive) make_magnitudes(x.values());
  return x;
}

struct Draw {
  FlowNorms norms;
  double radius = 0;
  double norm = 0;
};

Draw run_draw(const FlowExperiment& e, std::size_t draw) {
  const std::unique_ptr<Layer> layer = make_layer(e, draw);
  set_weights(*layer, e);
  scale_weights(*layer, e);
  const RecurrentState<double> start =
      e.centred ? rest_at_steepest(*layer, e.activation) : layer->zero_state(1);
  const MatrixView<const double> W = gate_of(*layer, carry_gate(e.cell).value_or(0));
  return {flow_norms(*layer, make_input(e, draw).matrix(), start, e.lags), spectral_radius(W),
          spectral_norm(W)};
}

void check(const FlowExperiment& e) {
  if (e.centred && carry_gate(e.cell)) {
    throw UsageError(
        fmt::format("gradient flow: only an RNN is centred; the gates of the {} have no such state",
                    describe(e.cell).title));
  }
  if (e.lags == 0 || e.draws == 0 || e.hidden == 0 || e.input == 0) {
    throw UsageError("gradient flow: lags, draws and sizes are at least 1");
  }
}

// ------------------------------------------------------------------------------------ many draws

FlowSummary summarize(std::span<const FlowNorms> walks, std::vector<double> FlowNorms::*member) {
  FlowSummary summary;
  for (std::size_t k = 0;; ++k) {
    double sum = 0, count = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const FlowNorms& walk : walks) {
      if (k >= (walk.*member).size()) continue;
      const double value = (walk.*member)[k];
      sum += value;
      ++count;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    if (count == 0) return summary;
    summary.mean.push_back(sum / count);
    summary.least.push_back(least);
    summary.most.push_back(most);
  }
}

/// The slope of the least-squares line through (k, values_k), k from `first` on; 0 for one point.
double slope_of(std::span<const double> values, std::size_t first) {
  double count = 0, sum_k = 0, sum_v = 0, sum_kk = 0, sum_kv = 0;
  for (std::size_t k = first; k < values.size() && std::isfinite(values[k]); ++k) {
    const auto x = static_cast<double>(k - first);
    count += 1;
    sum_k += x;
    sum_v += values[k];
    sum_kk += x * x;
    sum_kv += x * values[k];
  }
  const double spread = count * sum_kk - sum_k * sum_k;
  return spread > 0 ? (count * sum_kv - sum_k * sum_v) / spread : 0;
}

}  // namespace

std::string_view to_string(FlowInit init) {
  switch (init) {
    case FlowInit::kUniform:
      return "uniform";
    case FlowInit::kGlorot:
      return "glorot";
    case FlowInit::kOrthogonal:
      return "orthogonal";
    case FlowInit::kIdentity:
      return "identity";
    case FlowInit::kGaussian:
      return "gaussian";
    case FlowInit::kNonnegative:
      return "nonnegative";
  }
  return "?";
}

std::string_view to_string(FlowScale scale) {
  switch (scale) {
    case FlowScale::kGain:
      return "gain";
    case FlowScale::kRadius:
      return "radius";
    case FlowScale::kNorm:
      return "norm";
  }
  return "?";
}

std::string to_string(const FlowVerdict& verdict) {
  switch (verdict.end) {
    case FlowEnd::kVanishes:
      return fmt::format("vanishes ×{:.3g}", verdict.rate);
    case FlowEnd::kStays:
      return fmt::format("stays ×{:.3f}", verdict.rate);
    case FlowEnd::kExplodes:
      return fmt::format("explodes ×{:.3f}", verdict.rate);
    case FlowEnd::kDies:
      return fmt::format("dies at lag {}", verdict.zero_from);
  }
  return "?";
}

FlowVerdict judge_flow(const FlowSummary& norm) {
  FlowVerdict verdict;
  const double slope = slope_of(norm.mean, norm.mean.size() / 10);
  verdict.rate = std::exp(slope);
  if (slope < -kStaysWithin) verdict.end = FlowEnd::kVanishes;
  if (slope > kStaysWithin) verdict.end = FlowEnd::kExplodes;
  const auto zero = std::ranges::find(norm.least, -std::numeric_limits<double>::infinity());
  if (zero != norm.least.end()) {
    verdict.end = FlowEnd::kDies;
    verdict.zero_from = static_cast<std::size_t>(zero - norm.least.begin()) + 1;
  }
  return verdict;
}

FlowResult summarize_flow(std::span<const FlowNorms> walks) {
  FlowResult result;
  result.norm = summarize(walks, &FlowNorms::norm);
  result.carry = summarize(walks, &FlowNorms::carry);
  result.bound = summarize(walks, &FlowNorms::bound);
  result.ceiling = summarize(walks, &FlowNorms::ceiling);
  for (const FlowNorms& walk : walks) {
    result.saturated += walk.saturated / static_cast<double>(walks.size());
    result.dead += walk.dead / static_cast<double>(walks.size());
  }
  result.verdict = judge_flow(result.norm);
  return result;
}

FlowResult run_flow(const FlowExperiment& experiment) {
  check(experiment);
  std::vector<Draw> draws(experiment.draws);
  parallel_for(draws.size(), 1, [&](Range range) {
    for (std::size_t d = range.begin; d < range.end; ++d) draws[d] = run_draw(experiment, d);
  });
  std::vector<FlowNorms> walks;
  double radius = 0, norm = 0;
  for (Draw& draw : draws) {
    walks.push_back(std::move(draw.norms));
    radius += draw.radius / static_cast<double>(draws.size());
    norm += draw.norm / static_cast<double>(draws.size());
  }
  FlowResult result = summarize_flow(walks);
  result.experiment = experiment;
  result.command = command_line(experiment);
  result.radius = radius;
  result.matrix_norm = norm;
  return result;
}

std::string command_line(const FlowExperiment& e) {
  std::string line = fmt::format("unroll gradflow --cell {}", to_string(e.cell));
  if (describe(e.cell).has_activation)
    line += fmt::format(" --activation {}", to_string(e.activation));
  if (describe(e.cell).has_reset) line += fmt::format(" --gru-reset {}", to_string(e.gru_reset));
  line += fmt::format(" --recurrent-init {}", to_string(e.init));
  if (e.scale != FlowScale::kGain || e.size != 1) {
    line += fmt::format(" --{} {}", to_string(e.scale), e.size);
  }
  line += fmt::format(" --input {}", e.input_strength);
  if (e.positive) line += " --positive";
  if (e.centred) line += " --centred";
  if (describe(e.cell).has_forget_gate) line += fmt::format(" --forget-bias {}", e.forget_bias);
  const FlowExperiment usual;
  if (e.hidden != usual.hidden) line += fmt::format(" --hidden {}", e.hidden);
  if (e.lags != usual.lags) line += fmt::format(" --lags {}", e.lags);
  if (e.draws != usual.draws) line += fmt::format(" --draws {}", e.draws);
  if (e.seed != usual.seed) line += fmt::format(" --seed {}", e.seed);
  return line;
}

}  // namespace unroll
