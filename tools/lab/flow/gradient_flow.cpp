#include "unroll/tools/lab/flow/gradient_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/kernels/spectral_norm.h"
#include "unroll/layers/cells/gru.h"
#include "unroll/layers/cells/lstm.h"

namespace unroll {

namespace {

/// While it lives, layers use the calling thread alone: a step of one walk is too little work to
/// share, and the callers spread whole walks over threads.
class OneThread {
 public:
  OneThread() : before_(thread_count()) { set_thread_count(1); }
  ~OneThread() { set_thread_count(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  std::size_t before_;
};

/// `count` copies of a tensor that holds one row.
Tensor<double> repeated(const Tensor<double>& row, std::size_t count) {
  if (row.empty()) return {};
  Tensor<double> rows({count, row.size()});
  for (std::size_t r = 0; r < count; ++r) {
    std::ranges::copy(row.values(), rows.matrix().row(r).begin());
  }
  return rows;
}

RecurrentInspection<double> repeated(const RecurrentInspection<double>& step, std::size_t count) {
  return {.gates = repeated(step.gates, count),
          .h_prev = repeated(step.h_prev, count),
          .C = repeated(step.C, count),
          .C_prev = repeated(step.C_prev, count),
          .dz = {}};
}

Tensor<double> repeated(MatrixView<const double> row, std::size_t count) {
  Tensor<double> rows({count, row.columns()});
  for (std::size_t r = 0; r < count; ++r) {
    std::ranges::copy(row.row(0), rows.matrix().row(r).begin());
  }
  return rows;
}

void set_identity(Tensor<double>& matrix) {
  matrix.fill(0);
  const std::size_t H = matrix.shape()[0];
  for (std::size_t i = 0; i < H; ++i) matrix[i * H + i] = 1;
}

double largest_magnitude(std::span<const double> values) {
  double largest = 0;
  for (double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

void require_finite(const RecurrentState<double>& state, std::size_t step) {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (std::ranges::all_of(state.h.values(), finite) &&
      std::ranges::all_of(state.C.values(), finite)) {
    return;
  }
  throw UsageError(fmt::format(
      "gradient flow: the state of step {} is no longer a finite number; take a smaller W, a "
      "weaker input or fewer lags",
      step));
}

}  // namespace

// ------------------------------------------------------------------------------------------- walk

JacobianWalk::JacobianWalk(RecurrentLayer<double>& layer, MatrixView<const double> x,
                           RecurrentState<double> start)
    : layer_(layer), x_(x), rows_(layer.zero_state(layer.hidden_size())) {
  if (x.rows() == 0) throw ShapeError("gradient flow: a sequence has at least one step");
  const OneThread alone;
  const RaggedShape one = RaggedShape::rectangle(1, 1);
  Tensor<double> h({1, layer.hidden_size()});
  RecurrentPass<double> pass;
  for (std::size_t k = 0; k < x.rows(); ++k) {
    layer.forward(one, x.row_range(k, 1), start, pass, h.matrix());
    steps_.push_back(layer.inspect(one, pass));
    require_finite(start, k + 1);
  }
  Tensor<double>& carried = rows_.C.empty() ? rows_.h : rows_.C;
  set_identity(carried);
  jacobian_ = carried;
}

const RecurrentInspection<double>& JacobianWalk::crossed() const {
  return steps_[steps_.size() - std::max<std::size_t>(lag_, 1)];
}

void JacobianWalk::step_back() {
  if (steps_left() == 0) throw ShapeError("gradient flow: no step is left to go back over");
  ++lag_;
  const std::size_t H = layer_.hidden_size();
  const std::size_t k = steps_.size() - lag_;
  const RaggedShape rows = RaggedShape::rectangle(1, H);
  RecurrentPass<double> pass;
  layer_.restore(rows, repeated(crossed(), H), pass);
  const Tensor<double> x = repeated(x_.row_range(k, 1), H);
  const Tensor<double> from_above({H, H});  // the loss looks at the last state alone
  const OneThread alone;
  // [GRAD-J] ∂h_t/∂h_k = D_t W D_{t−1} W … D_{k+1} W
  layer_.backward(rows, x.matrix(), pass, from_above.matrix(), rows_, {});
  rescale();
  gather_jacobian();
}

void JacobianWalk::rescale() {
  const double largest =
      std::max(largest_magnitude(rows_.h.values()), largest_magnitude(rows_.C.values()));
  if (largest == 0) return;
  const int exponent = std::ilogb(largest);  // by a power of two: without rounding
  for (Tensor<double>* part : {&rows_.h, &rows_.C}) {
    for (double& value : part->values()) value = std::scalbn(value, -exponent);
  }
  exponent_ += exponent;
}

double JacobianWalk::log_scale() const {
  return static_cast<double>(exponent_) * std::log(2.0);
}

void JacobianWalk::gather_jacobian() {
  if (rows_.C.empty()) {
    jacobian_ = rows_.h;
    return;
  }
  // h_k = o_k ⊙ tanh C_k moves with C_k: ∂h_k/∂C_k = diag e_k, e_k = o_k ⊙ (1 − tanh² C_k)
  const RecurrentInspection<double>& before = steps_[steps_.size() - 1 - lag_];
  const std::size_t H = layer_.hidden_size();
  jacobian_ = rows_.C;
  for (std::size_t j = 0; j < H; ++j) {
    const double tanh_C = std::tanh(before.C[j]);
    const double e = before.gates[3 * H + j] * (1 - tanh_C * tanh_C);
    for (std::size_t i = 0; i < H; ++i) jacobian_[i * H + j] += rows_.h[i * H + j] * e;
  }
}

// ------------------------------------------------------------------------------------------ norms

namespace {

double add_log(std::vector<double>& sums, double factor) {
  const double sum = (sums.empty() ? 0 : sums.back()) + std::log(factor);
  sums.push_back(sum);
  return sum;
}

/// What made the values that a step saves, in their order; nothing for a sum that no function was
/// applied to.
std::vector<std::optional<Activation>> saved_functions(const CellKind& kind) {
  constexpr auto kSigmoid = Activation::kSigmoid, kTanh = Activation::kTanh;
  switch (kind.cell) {
    case Cell::kRnn:
      return {kind.activation};
    case Cell::kLstm:
      return {kSigmoid, kSigmoid, kTanh, kSigmoid};
    case Cell::kGru:
      if (kind.reset == GruReset::kAfter) return {kSigmoid, kSigmoid, std::nullopt, kTanh};
      return {kSigmoid, kSigmoid, kTanh};
  }
  return {};
}

/// φ′(z) of the values of one function at a step.
std::vector<double> slopes_of(Activation phi, std::span<const double> values) {
  const std::vector<double> ones(values.size(), 1.0);
  std::vector<double> slopes(values.size());
  activate_backward<double>(phi, values, ones, slopes);
  return slopes;
}

/// Counts flat slopes and units that never have any.
class SlopeCount {
 public:
  explicit SlopeCount(const CellKind& kind) : functions_(saved_functions(kind)) {}

  void add(const RecurrentInspection<double>& step) {
    const std::size_t H = step.gates.size() / functions_.size();
    ever_on_.resize(step.gates.size());
    units_ = 0;
    for (std::size_t k = 0; k < functions_.size(); ++k) {
      if (functions_[k]) add(k * H, *functions_[k], step.gates.values().subspan(k * H, H));
    }
  }
  double saturated() const {
    return all_ == 0 ? 0 : static_cast<double>(flat_) / static_cast<double>(all_);
  }
  double dead() const {
    if (units_ == 0) return 0;
    // [GRAD-relu-dead] unit i with z_{i,t} ≤ 0 at every step: its row of the Jacobian is 0
    return static_cast<double>(units_ - std::ranges::count(ever_on_, true)) /
           static_cast<double>(units_);
  }

 private:
  void add(std::size_t first, Activation phi, std::span<const double> values) {
    const std::vector<double> slopes = slopes_of(phi, values);
    units_ += static_cast<std::ptrdiff_t>(slopes.size());
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      flat_ += slopes[i] < kFlat * largest_slope(phi) ? 1 : 0;
      ever_on_[first + i] = ever_on_[first + i] || slopes[i] > 0;
    }
    all_ += slopes.size();
  }

  std::vector<std::optional<Activation>> functions_;
  std::size_t flat_ = 0;
  std::size_t all_ = 0;
  std::ptrdiff_t units_ = 0;
  std::vector<bool> ever_on_;
};

void add_measured(const JacobianWalk& walk, FlowNorms& norms) {
  const SingularRange range = singular_range(walk.jacobian().matrix());
  norms.norm.push_back(std::log(range.largest) + walk.log_scale());
  norms.smallest.push_back(std::log(range.smallest) + walk.log_scale());
}

/// The bounds of an RNN, from the slopes of one step more.
void add_bounds(Activation activation, SingularRange W, std::span<const double> slopes,
                FlowNorms& norms) {
  // [GRAD-bound] ‖∂h_t/∂h_k‖ ≤ Π_{j=k+1..t} ‖D_j‖ ‖W‖
  add_log(norms.bound, std::ranges::max(slopes) * W.largest);
  // [GRAD-sigmoid] ‖∂h_t/∂h_k‖ ≤ (‖W‖/4)^{t−k}
  // [GRAD-tanh] ‖∂h_t/∂h_k‖ ≤ ‖W‖^{t−k}
  // [GRAD-relu] ‖∂h_t/∂h_k‖ ≤ ‖W‖^{t−k}
  add_log(norms.ceiling, largest_slope(activation) * W.largest);
  // [GRAD-lower] σ_min(∂h_t/∂h_k) ≥ Π_j min φ′(z_j) σ_min(W)
  add_log(norms.lower, std::ranges::min(slopes) * W.smallest);
}

/// The carry over one step more, with the gate f of an LSTM, u of a GRU; `log_carry` (H) are the
/// logarithms so far.
void add_carry(std::span<const double> gate, std::vector<double>& log_carry, FlowNorms& norms) {
  // [GRAD-lstm-carry] along the carry alone ∂C_t/∂C_k = Π_{j=k+1..t} diag f_j
  // [GRAD-gru-carry] along the carry alone ∂h_t/∂h_k = Π_{j=k+1..t} diag u_j
  for (std::size_t i = 0; i < gate.size(); ++i) log_carry[i] += std::log(gate[i]);
  norms.carry.push_back(std::ranges::max(log_carry));
  // [GRAD-lstm-vanish] ‖Π diag f_j‖ ≤ Π_j max_i f_{j,i}
  // [GRAD-gru-vanish] ‖Π diag u_j‖ ≤ Π_j max_i u_{j,i}
  add_log(norms.bound, std::ranges::max(gate));
}

}  // namespace

std::optional<std::size_t> carry_gate(Cell cell) {
  switch (cell) {
    case Cell::kRnn:
      return std::nullopt;
    case Cell::kLstm:
      return kLstmGates.find('f');
    case Cell::kGru:
      return kGruGates.find('u');
  }
  return std::nullopt;
}

FlowNorms flow_norms(RecurrentLayer<double>& layer, MatrixView<const double> x,
                     const RecurrentState<double>& start, std::size_t lags) {
  JacobianWalk walk(layer, x, start);
  const std::size_t H = layer.hidden_size();
  const Activation phi = layer.kind().activation;
  const std::optional<std::size_t> carry = carry_gate(layer.kind().cell);
  const SingularRange W = singular_range(layer.W.value.matrix());
  SlopeCount count(layer.kind());
  std::vector<double> log_carry(H, 0.0);
  FlowNorms norms;
  while (walk.lag() < lags && walk.steps_left() > 0) {
    walk.step_back();
    add_measured(walk, norms);
    const RecurrentInspection<double>& step = walk.crossed();
    count.add(step);
    if (carry) {
      add_carry(step.gates.values().subspan(*carry * H, H), log_carry, norms);
    } else {
      add_bounds(phi, W, slopes_of(phi, step.gates.values()), norms);
    }
  }
  norms.saturated = count.saturated();
  norms.dead = count.dead();
  return norms;
}

double largest_slope(Activation activation) {
  switch (activation) {
    case Activation::kTanh:
    case Activation::kRelu:
      return 1;
    case Activation::kSigmoid:
      return 0.25;
  }
  return 1;
}

namespace {

/// z at which φ is steepest, and φ(z).
std::pair<double, double> steepest(Activation activation) {
  switch (activation) {
    case Activation::kTanh:
      return {0, 0};
    case Activation::kSigmoid:
      return {0, 0.5};
    case Activation::kRelu:
      return {1, 1};
  }
  return {0, 0};
}

}  // namespace

RecurrentState<double> rest_at_steepest(RecurrentLayer<double>& rnn, Activation activation) {
  // h* = φ(z*) at the steepest z*, and b = z* − W h*
  const auto [z, h] = steepest(activation);
  const MatrixView<const double> W = std::as_const(rnn.W.value).matrix();
  for (std::size_t i = 0; i < W.rows(); ++i) {
    double sum = 0;
    for (double w : W.row(i)) sum += w * h;
    rnn.b.value[i] = z - sum;
  }
  RecurrentState<double> state = rnn.zero_state(1);
  state.h.fill(h);
  return state;
}

}  // namespace unroll
