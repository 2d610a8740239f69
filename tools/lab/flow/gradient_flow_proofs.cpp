// How far gradients reach: Jacobians, their bounds, the cases that attain them, and what refutes
// the folklore. Everything is measured by the layer's own backward pass (gradient_flow.h).

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/kernels/spectral_norm.h"
#include "unroll/layers/init.h"
#include "unroll/layers/recurrent.h"
#include "unroll/tools/lab/flow/gradient_flow.h"
#include "unroll/tools/lab/proofs/naive_network.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

constexpr std::size_t kLags = 200;
constexpr std::array kResets{GruReset::kAfter, GruReset::kBefore};

void fill(std::span<double> values, Random& random, double deviation) {
  for (double& value : values) value = deviation * random.normal();
}

Tensor<double> no_input(std::size_t steps) {
  return Tensor<double>({steps, 1});
}

// ------------------------------------------------------------------------------ recurrent weights

/// W of every kind: what holds for one may fail for another.
enum class Kind { kGaussian, kNonNormal, kRankOne, kOrthogonal };
constexpr std::array kKinds{Kind::kGaussian, Kind::kNonNormal, Kind::kRankOne, Kind::kOrthogonal};

void fill_recurrent(Kind kind, Parameter<double>& W, Random& random) {
  const std::size_t H = W.value.shape()[1];
  const double scale = 1 / std::sqrt(static_cast<double>(H));
  if (kind == Kind::kOrthogonal) return init_orthogonal(W, random.bits());
  fill(W.value.values(), random, scale);
  const auto w = W.value.matrix();
  if (kind == Kind::kNonNormal) {  // triangular: its eigenvalues, on the diagonal, say little
    for (std::size_t i = 0; i < H; ++i) {
      for (std::size_t j = 0; j < H; ++j) w(i, j) = j > i ? 3 * w(i, j) : (j == i ? 0.5 : 0);
    }
  }
  if (kind == Kind::kRankOne) {
    for (std::size_t i = 1; i < H; ++i) {
      const double factor = random.normal();
      for (std::size_t j = 0; j < H; ++j) w(i, j) = factor * w(0, j);
    }
  }
}

/// W = w·Q, Q a signed permutation: orthogonal, and exact in floating point.
void fill_signed_permutation(double w, Parameter<double>& W, Random& random) {
  const std::size_t H = W.value.shape()[1];
  std::vector<std::size_t> column(H);
  std::iota(column.begin(), column.end(), std::size_t{0});
  random.shuffle(std::span(column));
  W.value.fill(0);
  for (std::size_t i = 0; i < H; ++i) {
    W.value.matrix()(i, column[i]) = random.below(2) == 0 ? w : -w;
  }
}

// -------------------------------------------------------------------------------------- Jacobians

/// A random layer of a few units that has read a few random steps.
struct Walked {
  Walked(std::unique_ptr<RecurrentLayer<double>> cell, Activation activation, Random& random)
      : layer(std::move(cell)), phi(activation), start(layer->zero_state(1)) {
    for (Parameter<double>* parameter : layer->parameters()) {
      fill(parameter->value.values(), random, 0.6);
    }
    fill(x.values(), random, 1);
    fill(start.h.values(), random, 0.5);
    fill(start.C.values(), random, 0.5);
  }

  naive::Network network() const {
    naive::Network n = naive_network(*layer);
    n.h_0 = naive_matrix(start.h)[0];
    if (!start.C.empty()) n.C_0 = naive_matrix(start.C)[0];
    return n;
  }
  naive::Sequence sequence() const {
    naive::Sequence s{.x = naive_matrix(x), .targets = {}};
    s.x.insert(s.x.begin(), naive::Vector());
    return s;
  }

  std::unique_ptr<RecurrentLayer<double>> layer;
  Activation phi;
  Tensor<double> x{Shape{7, 2}};
  RecurrentState<double> start;
};

std::unique_ptr<RecurrentLayer<double>> random_rnn(Activation phi, Random& random) {
  return std::make_unique<RecurrentLayer<double>>("rnn", 2, 1 + random.below(5),
                                                  CellKind(Cell::kRnn, phi));
}
std::unique_ptr<RecurrentLayer<double>> random_lstm(Random& random) {
  return std::make_unique<RecurrentLayer<double>>("lstm", 2, 1 + random.below(5), Cell::kLstm);
}

/// The walk's Jacobian at its lag, unscaled.
naive::Vector jacobian_of(const JacobianWalk& walk) {
  naive::Vector values = naive::flat(naive_matrix(walk.jacobian()));
  for (double& value : values) value *= std::exp(walk.log_scale());
  return values;
}

std::vector<Finding> prove_product(std::string_view, std::uint64_t seed) {
  Random random(seed, "proof/jacobian");
  double worst = 0;
  for (Activation phi : naive::kActivations) {
    Walked p(random_rnn(phi, random), phi, random);
    const naive::Network n = p.network();
    const naive::Forward forward = naive::rnn_states(n, p.sequence());
    JacobianWalk walk(*p.layer, std::as_const(p.x).matrix(), p.start);
    naive::Matrix J;
    for (std::size_t k = p.x.shape()[0]; k >= 2; --k) {
      walk.step_back();
      const naive::Matrix step = naive::rnn_jacobian(n, forward, k);
      J = J.empty() ? step : naive::product(J, step);
      keep_worst(relative_error(jacobian_of(walk), naive::flat(J)), worst);
    }
  }
  return {{ProofKind::kClosedForm, worst}};
}

/// ∂C_t/∂C_k, o_k held fixed, out of a product of (2H, 2H) Jacobians of (h, C): what is left of it
/// when C_k moves and h_k = o_k ⊙ tanh C_k with it.
naive::Matrix whole_carry(const naive::Matrix& product, const naive::Forward& forward,
                          std::size_t k) {
  const std::size_t H = forward.h[0].size();
  naive::Matrix whole = naive::zeros(H, H);
  for (std::size_t i = 0; i < H; ++i) {
    for (std::size_t j = 0; j < H; ++j) {
      const double tanh_C = std::tanh(forward.C[k][j]);
      const double e = forward.o[k][j] * (1 - tanh_C * tanh_C);
      // [GRAD-lstm-J] ∂C_t/∂C_{t−1} = F_t + G_t E_{t−1}, o_{t−1} held fixed
      // [GRAD-lstm-whole] ∂C_t/∂C_k = (I 0) J_t J_{t−1} … J_{k+1} (I ; E_k), o_k held fixed
      whole[i][j] = product[H + i][H + j] + product[H + i][j] * e;
    }
  }
  return whole;
}

/// The LSTM over `lags` lags at most.
std::vector<Finding> prove_lstm_jacobian(std::uint64_t seed, std::size_t lags) {
  Random random(seed, "proof/jacobian");
  Walked p(random_lstm(random), Activation::kTanh, random);
  const naive::Network n = p.network();
  const naive::Forward forward = naive::lstm_states(n, p.sequence());
  JacobianWalk walk(*p.layer, std::as_const(p.x).matrix(), p.start);
  const std::size_t T = p.x.shape()[0];
  double worst = 0;
  naive::Matrix J;
  for (std::size_t k = T - 1; k >= T - lags; --k) {
    walk.step_back();
    const naive::Matrix step = naive::lstm_jacobian(n, forward, k + 1);
    J = J.empty() ? step : naive::product(J, step);
    keep_worst(relative_error(jacobian_of(walk), naive::flat(whole_carry(J, forward, k))), worst);
  }
  return {{ProofKind::kClosedForm, worst}};
}

std::unique_ptr<RecurrentLayer<double>> random_gru(GruReset reset, Random& random) {
  return std::make_unique<RecurrentLayer<double>>("gru", 2, 1 + random.below(5),
                                                  CellKind(Cell::kGru, Activation::kTanh, reset));
}

std::vector<Finding> prove_gru_step(std::string_view, std::uint64_t seed) {
  Random random(seed, "proof/jacobian");
  double worst = 0;
  for (GruReset reset : kResets) {
    Walked p(random_gru(reset, random), Activation::kTanh, random);
    const naive::Network n = p.network();
    const naive::Forward forward = naive::gru_states(n, p.sequence());
    JacobianWalk walk(*p.layer, std::as_const(p.x).matrix(), p.start);
    naive::Matrix J;
    for (std::size_t k = p.x.shape()[0]; k >= 2; --k) {
      walk.step_back();
      const naive::Matrix step = naive::gru_jacobian(n, forward, k);
      J = J.empty() ? step : naive::product(J, step);
      keep_worst(relative_error(jacobian_of(walk), naive::flat(J)), worst);
    }
  }
  return {{ProofKind::kClosedForm, worst}};
}

std::vector<Finding> prove_lstm_one_step(std::string_view, std::uint64_t seed) {
  return prove_lstm_jacobian(seed, 1);
}
std::vector<Finding> prove_lstm_whole(std::string_view, std::uint64_t seed) {
  return prove_lstm_jacobian(seed, 6);
}

// ----------------------------------------------------------------------------------------- bounds

/// Runs measure(norms) over RNNs with W of every kind and 1 to 32 units.
void for_each_rnn(Activation phi, std::uint64_t seed,
                  const std::function<void(const FlowNorms&)>& measure) {
  Random random(seed, "proof/bounds");
  for (Kind kind : kKinds) {
    const std::size_t H = 1 + random.below(32);
    RecurrentLayer<double> rnn("rnn", 1, H, CellKind(Cell::kRnn, phi));
    fill_recurrent(kind, rnn.W, random);
    fill(rnn.U.value.values(), random, 1);
    fill(rnn.b.value.values(), random, 0.3);
    Tensor<double> x({kLags + 1, 1});
    fill(x.values(), random, 1);
    measure(flow_norms(rnn, std::as_const(x).matrix(), rnn.zero_state(1), kLags));
  }
}

/// The largest measured / bound, from their logarithms. A measured 0 is below every bound.
double largest_ratio(std::span<const double> measured, std::span<const double> bound) {
  double largest = 0;
  for (std::size_t lag = 0; lag < measured.size(); ++lag) {
    if (measured[lag] == -HUGE_VAL) continue;
    keep_worst(std::exp(measured[lag] - bound[lag]), largest);
  }
  return largest;
}

std::vector<Finding> prove_bound(std::string_view, std::uint64_t seed) {
  double largest = 0;
  for (Activation phi : naive::kActivations) {
    for_each_rnn(phi, seed, [&](const FlowNorms& norms) {
      keep_worst(largest_ratio(norms.norm, norms.bound), largest);
    });
  }
  return {{ProofKind::kBound, largest}};
}

template <Activation kPhi>
std::vector<Finding> prove_ceiling(std::string_view, std::uint64_t seed) {
  double largest = 0;
  for_each_rnn(kPhi, seed, [&](const FlowNorms& norms) {
    keep_worst(largest_ratio(norms.norm, norms.ceiling), largest);
  });
  return {{ProofKind::kBound, largest}};
}

/// The bound from below, where the smallest singular value is measured to more than rounding.
std::vector<Finding> prove_lower(std::string_view, std::uint64_t seed) {
  double largest = 0;
  const auto measure = [&](const FlowNorms& norms) {
    for (std::size_t lag = 0; lag < norms.norm.size(); ++lag) {
      if (norms.smallest[lag] == -HUGE_VAL) continue;  // singular: nothing to more than rounding
      if (norms.norm[lag] - norms.smallest[lag] > std::log(100)) continue;
      keep_worst(std::exp(norms.lower[lag] - norms.smallest[lag]), largest);
    }
  };
  for (Activation phi : naive::kActivations) for_each_rnn(phi, seed, measure);
  return {{ProofKind::kBound, largest}};
}

// ------------------------------------------------------------------------- cases that attain them

/// At every lag the measured norm against exp(log_expected(lag)).
std::vector<Finding> compare_norms(const std::vector<double>& measured,
                                   const std::function<double(std::size_t)>& log_expected) {
  double worst = measured.size() == kLags ? 0 : HUGE_VAL;
  for (std::size_t lag = 1; lag <= measured.size(); ++lag) {
    keep_worst(std::abs(std::expm1(measured[lag - 1] - log_expected(lag))), worst);
  }
  return {{ProofKind::kClosedForm, worst}};
}

/// An RNN without input that rests where φ is steepest, W = wQ: the norm is (max φ′ · w)^lag.
std::vector<Finding> prove_rest(Activation phi, double w, bool identity, std::uint64_t seed) {
  Random random(seed, "proof/rest");
  RecurrentLayer<double> rnn("rnn", 1, 1 + random.below(16), CellKind(Cell::kRnn, phi));
  fill_signed_permutation(w, rnn.W, random);
  if (identity) {
    rnn.W.value.fill(0);
    for (std::size_t i = 0; i < rnn.hidden_size(); ++i) rnn.W.value.matrix()(i, i) = w;
  }
  const RecurrentState<double> start = rest_at_steepest(rnn, phi);
  const Tensor<double> x = no_input(kLags + 1);
  const double log_rate = std::log(largest_slope(phi) * w);
  return compare_norms(flow_norms(rnn, x.matrix(), start, kLags).norm,
                       [&](std::size_t lag) { return static_cast<double>(lag) * log_rate; });
}

/// A gain that is exact in binary, so that the rest stays a rest: a multiple of 1/64.
double exact_gain(std::uint64_t seed, double low, double high) {
  Random random(seed, "proof/gain");
  return std::ceil(64 * random.uniform(low, high)) / 64;
}

std::vector<Finding> prove_sharp_sigmoid(std::string_view, std::uint64_t seed) {
  // [GRAD-sharp-sigmoid] W = wQ, b = −½W1, x = 0, h_0 = ½: ‖∂h_t/∂h_k‖ = (w/4)^{t−k}
  return prove_rest(Activation::kSigmoid, exact_gain(seed, 0.5, 4), false, seed);
}
std::vector<Finding> prove_sharp_tanh(std::string_view, std::uint64_t seed) {
  // [GRAD-sharp-tanh] W = wQ, b = 0, x = 0, h_0 = 0: ‖∂h_t/∂h_k‖ = w^{t−k}
  return prove_rest(Activation::kTanh, exact_gain(seed, 0.5, 2), false, seed);
}
std::vector<Finding> prove_sharp_relu(std::string_view, std::uint64_t seed) {
  // [GRAD-sharp-relu] W = wI, b = (1 − w)1, x = 0, h_0 = 1: ‖∂h_t/∂h_k‖ = w^{t−k}
  return prove_rest(Activation::kRelu, exact_gain(seed, 0.5, 2), true, seed);
}
std::vector<Finding> prove_sigmoid_explodes(std::string_view, std::uint64_t seed) {
  // [GRAD-sigmoid-explodes] the same with w > 4: ‖∂h_t/∂h_k‖ = (w/4)^{t−k} → ∞
  return prove_rest(Activation::kSigmoid, exact_gain(seed, 4.1, 8), false, seed);
}

std::vector<Finding> prove_relu_explodes(std::string_view, std::uint64_t) {
  RecurrentLayer<double> rnn("rnn", 1, 2, CellKind(Cell::kRnn, Activation::kRelu));
  const std::array W{1.5, -1.5, 1.5, -1.5};  // W² = 0
  std::ranges::copy(W, rnn.W.value.values().begin());
  rnn.b.value[0] = -0.5;
  rnn.b.value[1] = -2;
  RecurrentState<double> start = rnn.zero_state(1);
  start.h[0] = 1;
  const Tensor<double> x = no_input(kLags + 1);
  const FlowNorms norms = flow_norms(rnn, x.matrix(), start, kLags);
  // [GRAD-relu-explodes] W = 1.5·[1 −1; 1 −1], ρ(W) = 0, unit 2 off: ‖∂h_t/∂h_k‖ = 1.5^{t−k} √2
  return compare_norms(norms.norm, [](std::size_t lag) {
    return static_cast<double>(lag) * std::log(1.5) + 0.5 * std::log(2.0);
  });
}

/// Unit 0 is held off: rows of ∂h_t/∂h_k, dU, dW, db that must be 0.
std::vector<Finding> prove_relu_dead(std::string_view, std::uint64_t seed) {
  Random random(seed, "proof/dead");
  Walked p(random_rnn(Activation::kRelu, random), Activation::kRelu, random);
  p.layer->b.value[0] = -1e3;
  const Tensor<double>& x = p.x;
  const std::size_t H = p.layer->hidden_size();
  const RaggedShape shape = RaggedShape::rectangle(x.shape()[0], 1);
  RecurrentState<double> state = p.start;
  RecurrentPass<double> pass;
  Tensor<double> h({x.shape()[0], H});
  p.layer->forward(shape, x.matrix(), state, pass, h.matrix());
  Tensor<double> dh(h.shape());
  fill(dh.values(), random, 1);
  zero_grad(p.layer->parameters());
  RecurrentState<double> dstate = p.layer->zero_state(1);
  p.layer->backward(shape, x.matrix(), pass, std::as_const(dh).matrix(), dstate, {});

  std::vector<double> dead{p.layer->b.grad[0]};
  const auto append = [&](std::span<const double> row) {
    dead.insert(dead.end(), row.begin(), row.end());
  };
  append(p.layer->U.grad.matrix().row(0));
  append(p.layer->W.grad.matrix().row(0));
  JacobianWalk walk(*p.layer, x.matrix(), p.start);
  walk.step_back();
  append(walk.jacobian().matrix().row(0));
  return {{ProofKind::kClosedForm, relative_error(dead, std::vector<double>(dead.size()))}};
}

// ------------------------------------------------------------------------------------------- LSTM

struct LstmRun {
  explicit LstmRun(std::uint64_t seed) {
    Random random(seed, "proof/lstm");
    for (Parameter<double>* parameter : lstm.parameters()) {
      fill(parameter->value.values(), random, 0.5);
    }
    fill(x.values(), random, 1);
  }
  FlowNorms norms() {
    return flow_norms(lstm, std::as_const(x).matrix(), lstm.zero_state(1), kLags);
  }
  RecurrentLayer<double> lstm{"lstm", 1, 6, Cell::kLstm};
  Tensor<double> x{Shape{kLags + 1, 1}};
};

/// log ‖Π_{j=k+1..t} diag f_j‖ by the naive code, at every lag.
std::vector<double> naive_carry(const LstmRun& run) {
  naive::Sequence s{.x = naive_matrix(run.x), .targets = {}};
  s.x.insert(s.x.begin(), naive::Vector());
  const naive::Forward forward = naive::lstm_states(naive_network(run.lstm), s);
  naive::Vector log_product(run.lstm.hidden_size());
  std::vector<double> carry;
  for (std::size_t j = s.steps(); carry.size() < kLags; --j) {
    for (std::size_t i = 0; i < log_product.size(); ++i) {
      log_product[i] += std::log(forward.f[j][i]);
    }
    carry.push_back(*std::ranges::max_element(log_product));
  }
  return carry;
}

std::vector<Finding> prove_carry(std::string_view, std::uint64_t seed) {
  LstmRun run(seed);
  const std::vector<double> expected = naive_carry(run);
  return compare_norms(run.norms().carry, [&](std::size_t lag) { return expected[lag - 1]; });
}

/// Without W the carry is all there is, and it is below the product of the largest f.
std::vector<Finding> prove_lstm_vanishes(std::string_view, std::uint64_t seed) {
  LstmRun run(seed);
  run.lstm.W.value.fill(0);
  const std::vector<double> expected = naive_carry(run);
  const FlowNorms norms = run.norms();
  std::vector<Finding> all =
      compare_norms(norms.norm, [&](std::size_t lag) { return expected[lag - 1]; });
  all.push_back({ProofKind::kBound, largest_ratio(norms.norm, norms.bound)});
  return all;
}

/// Without input an LSTM whose candidate alone reads h: W_a = wI grows as (½ + w/4)^lag.
std::vector<Finding> prove_lstm_explodes(std::string_view, std::uint64_t seed) {
  const double w = exact_gain(seed, 2.1, 6);
  Random random(seed, "proof/lstm");
  RecurrentLayer<double> lstm("lstm", 1, 1 + random.below(8), Cell::kLstm);
  const std::size_t H = lstm.hidden_size();
  fill(lstm.W.value.values(), random, 0.5);
  for (std::size_t i = 0; i < H; ++i) {
    for (std::size_t j = 0; j < H; ++j) lstm.W.value.matrix()(2 * H + i, j) = i == j ? w : 0;
  }
  const Tensor<double> x = no_input(kLags + 1);
  const FlowNorms norms = flow_norms(lstm, x.matrix(), lstm.zero_state(1), kLags);
  // [GRAD-lstm-explodes] U = 0, b = 0, h_0 = C_0 = 0, W_a = wI: ‖∂C_t/∂C_k‖ = (½ + w/4)^{t−k}
  return compare_norms(norms.norm, [&](std::size_t lag) {
    return static_cast<double>(lag) * std::log(0.5 + w / 4);
  });
}

// -------------------------------------------------------------------------------------------- GRU

struct GruRun {
  GruRun(GruReset reset, std::uint64_t seed)
      : gru("gru", 1, 6, CellKind(Cell::kGru, Activation::kTanh, reset)) {
    Random random(seed, "proof/gru");
    for (Parameter<double>* parameter : gru.parameters()) {
      fill(parameter->value.values(), random, 0.5);
    }
    fill(x.values(), random, 1);
  }
  FlowNorms norms() { return flow_norms(gru, std::as_const(x).matrix(), gru.zero_state(1), kLags); }
  naive::Forward states() const {
    naive::Sequence s{.x = naive_matrix(x), .targets = {}};
    s.x.insert(s.x.begin(), naive::Vector());
    return naive::gru_states(naive_network(gru), s);
  }
  /// ‖W_g‖ of gate g of r, u, h.
  double norm_of(std::size_t gate) const {
    const std::size_t H = gru.hidden_size();
    return spectral_norm(gru.W.value.matrix().row_range(gate * H, H));
  }

  RecurrentLayer<double> gru;
  Tensor<double> x{Shape{kLags + 1, 1}};
};

double largest_magnitude(const naive::Vector& values) {
  double largest = 0;
  for (double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// What bounds ‖∂h_t/∂h_{t−1}‖, for |h_0| ≤ 1.
double gru_step_bound(const GruRun& run, const naive::Forward& forward, std::size_t t) {
  const double W_r = run.norm_of(0), W_u = run.norm_of(1), W_h = run.norm_of(2);
  const auto [least, most] = std::ranges::minmax(forward.u[t]);
  double through_r = 0;
  switch (run.gru.kind().reset) {
    case GruReset::kAfter:
      through_r = largest_magnitude(forward.q[t]) * W_r / 4;
      break;
    case GruReset::kBefore:
      through_r = W_h * W_r / 4;
      break;
  }
  // [GRAD-gru-bound] ‖∂h_t/∂h_{t−1}‖ ≤ max u_t + ½‖W_u‖ + max(1 − u_t) (‖W_h‖ + ¼ max|q_t| ‖W_r‖)
  return most + W_u / 2 + (1 - least) * (W_h + through_r);
}

std::vector<Finding> prove_gru_bound(std::string_view, std::uint64_t seed) {
  double largest = 0;
  for (GruReset reset : kResets) {
    GruRun run(reset, seed);
    const naive::Forward forward = run.states();
    std::vector<double> bound;
    double sum = 0;
    for (std::size_t t = kLags + 1; bound.size() < kLags; --t) {
      sum += std::log(gru_step_bound(run, forward, t));
      bound.push_back(sum);
    }
    keep_worst(largest_ratio(run.norms().norm, bound), largest);
  }
  return {{ProofKind::kBound, largest}};
}

/// log ‖Π_{j=k+1..t} diag u_j‖ by the naive code, at every lag.
std::vector<double> naive_carry(const GruRun& run) {
  const naive::Forward forward = run.states();
  naive::Vector log_product(run.gru.hidden_size());
  std::vector<double> carry;
  for (std::size_t j = kLags + 1; carry.size() < kLags; --j) {
    for (std::size_t i = 0; i < log_product.size(); ++i) {
      log_product[i] += std::log(forward.u[j][i]);
    }
    carry.push_back(std::ranges::max(log_product));
  }
  return carry;
}

std::vector<Finding> prove_gru_carry(std::string_view, std::uint64_t seed) {
  GruRun run(GruReset::kAfter, seed);
  const std::vector<double> expected = naive_carry(run);
  return compare_norms(run.norms().carry, [&](std::size_t lag) { return expected[lag - 1]; });
}

/// Without W the carry is all there is, and it is below the product of the largest u.
std::vector<Finding> prove_gru_vanishes(std::string_view, std::uint64_t seed) {
  double worst = 0, largest = 0;
  for (GruReset reset : kResets) {
    GruRun run(reset, seed);
    run.gru.W.value.fill(0);
    const std::vector<double> expected = naive_carry(run);
    const FlowNorms norms = run.norms();
    const auto found =
        compare_norms(norms.norm, [&](std::size_t lag) { return expected[lag - 1]; });
    keep_worst(found[0].error, worst);
    keep_worst(largest_ratio(norms.norm, norms.bound), largest);
  }
  return {{ProofKind::kClosedForm, worst}, {ProofKind::kBound, largest}};
}

/// Without input W_h = wI grows as (½ + w/4)^lag, whatever W_r and W_u are.
std::vector<Finding> prove_gru_explodes(std::string_view, std::uint64_t seed) {
  const double w = exact_gain(seed, 2.1, 6);
  double worst = 0;
  for (GruReset reset : kResets) {
    GruRun run(reset, seed);
    const std::size_t H = run.gru.hidden_size();
    for (Parameter<double>* parameter : run.gru.parameters()) {
      if (parameter != &run.gru.W) parameter->value.fill(0);
    }
    for (std::size_t i = 0; i < H; ++i) {
      for (std::size_t j = 0; j < H; ++j) {
        run.gru.W.value.matrix()(2 * H + i, j) = i == j ? w : 0;
      }
    }
    // [GRAD-gru-explodes] U = 0, b = d = 0, h_0 = 0, W_h = wI: ‖∂h_t/∂h_k‖ = (½ + w/4)^{t−k}
    const auto found = compare_norms(run.norms().norm, [&](std::size_t lag) {
      return static_cast<double>(lag) * std::log(0.5 + w / 4);
    });
    keep_worst(found[0].error, worst);
  }
  return {{ProofKind::kClosedForm, worst}};
}

/// ∂h_T/∂h̃_k of one unit whose gates are constant, at every lag n = T − k = 0 .. T − 1.
std::vector<double> influence_of_candidates(double u, std::size_t T, Random& random) {
  RecurrentLayer<double> gru("gru", 1, 1, Cell::kGru);
  fill(gru.U.value.values(), random, 0.5);
  gru.U.value[0] = gru.U.value[1] = 0;
  gru.W.value.fill(0);
  gru.b.value[1] = std::log(u / (1 - u));
  Tensor<double> x({T, 1}), h({T, 1}), dh({T, 1});
  fill(x.values(), random, 1);
  dh[T - 1] = 1;
  const RaggedShape shape = RaggedShape::rectangle(T, 1);
  RecurrentState<double> state = gru.zero_state(1), dstate = gru.zero_state(1);
  RecurrentPass<double> pass;
  gru.forward(shape, x.matrix(), state, pass, h.matrix());
  gru.backward(shape, x.matrix(), pass, std::as_const(dh).matrix(), dstate, {});
  const RecurrentInspection<double> seen = gru.inspect(shape, pass);
  std::vector<double> influence;
  for (std::size_t n = 0; n < T; ++n) {
    const std::size_t t = T - 1 - n, last = seen.gates.shape()[1] - 1;
    const double candidate = seen.gates.matrix()(t, last);
    influence.push_back(seen.dz.matrix()(t, last) / (1 - candidate * candidate));
  }
  return influence;
}

/// What a gate keeps it does not let in: of all constant u, n/(n+1) remembers best over n steps.
std::vector<Finding> prove_gru_coupled(std::string_view, std::uint64_t seed) {
  Random random(seed, "proof/coupled");
  double worst = 0, largest = 0;
  const auto most = [](double n) {
    // [GRAD-gru-coupled] ∂h_t/∂h̃_k = (1 − u) u^n ≤ n^n / (n+1)^{n+1} < 1/(e n), n = t − k
    return std::pow(n / (n + 1), n) / (n + 1);
  };
  for (std::size_t n = 1; n <= kLags; ++n) {
    const double lag = static_cast<double>(n);
    const double best = influence_of_candidates(lag / (lag + 1), n + 1, random)[n];
    keep_worst(std::abs(best / most(lag) - 1), worst);
  }
  const std::vector<double> any =
      influence_of_candidates(random.uniform(0.01, 0.99), kLags, random);
  for (std::size_t n = 1; n < any.size(); ++n) {
    keep_worst(any[n] / most(static_cast<double>(n)), largest);
  }
  return {{ProofKind::kClosedForm, worst}, {ProofKind::kBound, largest}};
}

constexpr Proof kFlowProofs[] = {
    {"GRAD-J", prove_product},
    {"GRAD-bound", prove_bound},
    {"GRAD-sigmoid", prove_ceiling<Activation::kSigmoid>},
    {"GRAD-tanh", prove_ceiling<Activation::kTanh>},
    {"GRAD-relu", prove_ceiling<Activation::kRelu>},
    {"GRAD-lower", prove_lower},
    {"GRAD-sharp-sigmoid", prove_sharp_sigmoid},
    {"GRAD-sharp-tanh", prove_sharp_tanh},
    {"GRAD-sharp-relu", prove_sharp_relu},
    {"GRAD-sigmoid-explodes", prove_sigmoid_explodes},
    {"GRAD-relu-explodes", prove_relu_explodes},
    {"GRAD-relu-dead", prove_relu_dead},
    {"GRAD-lstm-carry", prove_carry},
    {"GRAD-lstm-J", prove_lstm_one_step},
    {"GRAD-lstm-step", prove_lstm_whole},
    {"GRAD-lstm-whole", prove_lstm_whole},
    {"GRAD-lstm-vanish", prove_lstm_vanishes},
    {"GRAD-lstm-explodes", prove_lstm_explodes},
    {"GRAD-gru-carry", prove_gru_carry},
    {"GRAD-gru-step", prove_gru_step},
    {"GRAD-gru-bound", prove_gru_bound},
    {"GRAD-gru-vanish", prove_gru_vanishes},
    {"GRAD-gru-explodes", prove_gru_explodes},
    {"GRAD-gru-coupled", prove_gru_coupled},
};

}  // namespace

std::span<const Proof> gradient_flow_proofs() {
  return kFlowProofs;
}

}  // namespace unroll
