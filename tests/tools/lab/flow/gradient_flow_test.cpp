// Jacobians by the layer's backward pass against a product of Jacobians in plain loops, which share
// with the layers only the states at which the slopes are taken; and every bound on their norms.

#include "unroll/tools/lab/flow/gradient_flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/kernels/spectral_norm.h"
#include "unroll/layers/init.h"
#include "unroll/layers/recurrent.h"

namespace unroll {
namespace {

using test::random_tensor;
using test::relative_error;

constexpr std::size_t kInput = 3;
constexpr std::size_t kLags = 200;
/// What rounding may add to a norm that meets its bound.
constexpr double kAboveBound = 1e-11;
/// How well the layer's Jacobian and the test's agree.
constexpr double kAgreement = 1e-10;
constexpr std::array kActivations{Activation::kSigmoid, Activation::kTanh, Activation::kRelu};

// ------------------------------------------------------------------------------- the naive product

/// A square matrix as vectors, times exp(log_scale).
struct Naive {
  std::vector<std::vector<double>> rows;
  double log_scale = 0;
};

Naive identity(std::size_t n) {
  Naive one{std::vector(n, std::vector<double>(n, 0.0))};
  for (std::size_t i = 0; i < n; ++i) one.rows[i][i] = 1;
  return one;
}

/// product · J, scaled to the size of 1.
Naive times(const Naive& product, const std::vector<std::vector<double>>& J) {
  const std::size_t n = J.size();
  Naive result{std::vector(n, std::vector<double>(n, 0.0)), product.log_scale};
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) result.rows[i][j] += product.rows[i][k] * J[k][j];
      largest = std::max(largest, std::abs(result.rows[i][j]));
    }
  }
  if (largest == 0) return result;
  for (auto& row : result.rows) {
    for (double& value : row) value /= largest;
  }
  result.log_scale += std::log(largest);
  return result;
}

double sigma(double z) {
  return 1 / (1 + std::exp(-z));
}

double slope(Activation activation, double z) {
  switch (activation) {
    case Activation::kSigmoid:
      return sigma(z) * (1 - sigma(z));
    case Activation::kTanh:
      return 1 - std::tanh(z) * std::tanh(z);
    case Activation::kRelu:
      return z > 0 ? 1 : 0;
  }
  return 0;
}

/// z_i of gate g: U x + W h + b in plain loops.
double preactivation(const RecurrentLayer<double>& layer, std::size_t row, const double* x,
                     const double* h) {
  double z = layer.b.value[row];
  for (std::size_t k = 0; k < layer.input_size(); ++k) {
    z += layer.U.value[row * layer.input_size() + k] * x[k];
  }
  for (std::size_t k = 0; k < layer.hidden_size(); ++k) {
    z += layer.W.value[row * layer.hidden_size() + k] * h[k];
  }
  return z;
}

/// ∂h_j/∂h_{j−1} = diag φ′(z_j) · W at the layer's own h_{j−1}.
std::vector<std::vector<double>> rnn_step(const RecurrentLayer<double>& layer,
                                          Activation activation, const double* x, const double* h) {
  const std::size_t H = layer.hidden_size();
  std::vector J(H, std::vector<double>(H));
  for (std::size_t i = 0; i < H; ++i) {
    const double d = slope(activation, preactivation(layer, i, x, h));
    for (std::size_t k = 0; k < H; ++k) J[i][k] = d * layer.W.value[i * H + k];
  }
  return J;
}

/// ∂(h_j, C_j)/∂(h_{j−1}, C_{j−1}), (2H, 2H), and e_j = o ⊙ (1 − tanh² C_j).
struct LstmStep {
  std::vector<std::vector<double>> J;
  std::vector<double> e;
};
LstmStep lstm_step(const RecurrentLayer<double>& layer, const double* x, const double* h,
                   const double* C_prev) {
  const std::size_t H = layer.hidden_size();
  LstmStep step{std::vector(2 * H, std::vector<double>(2 * H, 0.0)), std::vector<double>(H)};
  for (std::size_t u = 0; u < H; ++u) {
    const double f = sigma(preactivation(layer, u, x, h));
    const double i = sigma(preactivation(layer, H + u, x, h));
    const double a = std::tanh(preactivation(layer, 2 * H + u, x, h));
    const double o = sigma(preactivation(layer, 3 * H + u, x, h));
    const double tanh_C = std::tanh(f * C_prev[u] + i * a);
    step.e[u] = o * (1 - tanh_C * tanh_C);
    for (std::size_t k = 0; k < H; ++k) {
      const auto W = [&](std::size_t gate) { return layer.W.value[(gate * H + u) * H + k]; };
      const double dC =
          C_prev[u] * f * (1 - f) * W(0) + a * i * (1 - i) * W(1) + i * (1 - a * a) * W(2);
      step.J[H + u][k] = dC;
      step.J[u][k] = step.e[u] * dC + tanh_C * o * (1 - o) * W(3);
    }
    step.J[H + u][H + u] = f;
    step.J[u][H + u] = step.e[u] * f;
  }
  return step;
}

// ------------------------------------------------------------------------------------------ cases

enum class Kind { kGaussian, kNonNormal, kRankOne, kOrthogonal };
constexpr std::array kKinds{Kind::kGaussian, Kind::kNonNormal, Kind::kRankOne, Kind::kOrthogonal};

void fill_W(RecurrentLayer<double>& layer, Kind kind, double gain) {
  const std::size_t H = layer.hidden_size();
  Tensor<double>& W = layer.W.value;
  if (kind == Kind::kOrthogonal) init_orthogonal(layer.W, 5, layer.gate_count());
  if (kind != Kind::kOrthogonal) {
    W = random_tensor(W.shape(), "W", 1 / std::sqrt(static_cast<double>(H)));
  }
  for (std::size_t r = 0; r < W.shape()[0]; ++r) {
    for (std::size_t c = 0; c < H; ++c) {
      double& w = W[r * H + c];
      // Triangular: eigenvalues 0.9, whatever is above them.
      if (kind == Kind::kNonNormal) w = r % H == c ? 0.9 : r % H < c ? 2 * w : 0;
      if (kind == Kind::kRankOne) {
        w = std::sin(1.0 + static_cast<double>(r)) * std::cos(2.0 + static_cast<double>(c)) /
            std::sqrt(static_cast<double>(H));
      }
      w *= gain;
    }
  }
}

void fill_rest(RecurrentLayer<double>& layer) {
  layer.U.value = random_tensor(layer.U.value.shape(), "U", 0.5);
  layer.b.value = random_tensor(layer.b.value.shape(), "b", 0.2);
}

RecurrentLayer<double> rnn_of(Activation activation, std::size_t H, Kind kind, double gain) {
  RecurrentLayer<double> layer("rnn", kInput, H, CellKind(Cell::kRnn, activation));
  fill_W(layer, kind, gain);
  fill_rest(layer);
  return layer;
}

Tensor<double> input(std::size_t steps) {
  return random_tensor({steps, kInput}, "x");
}

/// exp(a − b), whose distance from 1 is the relative error of e^a: 1 where both are 0.
double ratio(double log_a, double log_b) {
  return log_a == log_b ? 1 : std::exp(log_a - log_b);
}

void expect_within_bounds(const FlowNorms& norms) {
  for (std::size_t k = 0; k < norms.norm.size(); ++k) {
    ASSERT_LE(ratio(norms.norm[k], norms.bound[k]), 1 + kAboveBound) << "lag " << k + 1;
    ASSERT_LE(ratio(norms.bound[k], norms.ceiling[k]), 1 + kAboveBound) << "lag " << k + 1;
    // σ_min is right to 1e-14 of σ_max: it is compared where that leaves it ten digits.
    if (norms.norm[k] - norms.smallest[k] < std::log(1e4)) {
      ASSERT_GE(ratio(norms.smallest[k], norms.lower[k]), 1 - kAgreement) << "lag " << k + 1;
    }
  }
}

void expect_equal(const JacobianWalk& walk, const Naive& naive, std::size_t row, std::size_t size,
                  const std::vector<double>& e = {}) {
  std::vector<double> got, want;
  const double scale = std::exp(walk.log_scale() - naive.log_scale);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      got.push_back(walk.jacobian()[i * size + j] * scale);
      const auto& r = naive.rows[row + i];
      want.push_back(e.empty() ? r[j] : r[size + j] + r[j] * e[j]);
    }
  }
  ASSERT_LT(relative_error(got, want), kAgreement) << "lag " << walk.lag();
}

// ------------------------------------------------------------------------------------------ the
// RNN

void expect_naive_product(RecurrentLayer<double>& layer, Activation activation) {
  const Tensor<double> x = input(kLags + 1);
  JacobianWalk walk(layer, x.matrix(), layer.zero_state(1));
  Naive product = identity(layer.hidden_size());
  for (std::size_t j = kLags + 1; j > 1; --j) {
    product = times(product, rnn_step(layer, activation, x.matrix().row(j - 1).data(),
                                      walk.step(j).h_prev.data()));
    walk.step_back();
    expect_equal(walk, product, 0, layer.hidden_size());
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(GradJ, EqualsAProductOfJacobiansInPlainLoops) {
  for (Activation activation : kActivations) {
    for (Kind kind : kKinds) {
      for (std::size_t H : {1, 2, 5, 16, 32}) {
        SCOPED_TRACE(std::string(to_string(activation)) + " " + std::to_string(int(kind)) + " H " +
                     std::to_string(H));
        RecurrentLayer<double> layer = rnn_of(activation, H, kind, 1.1);
        expect_naive_product(layer, activation);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(GradBound, HoldsForEverySizeLagAndKindOfW) {
  for (Activation activation : kActivations) {
    for (Kind kind : kKinds) {
      for (std::size_t H = 1; H <= 32; ++H) {
        SCOPED_TRACE(std::string(to_string(activation)) + " " + std::to_string(int(kind)) + " H " +
                     std::to_string(H));
        RecurrentLayer<double> layer = rnn_of(activation, H, kind, H % 2 == 0 ? 0.7 : 1.3);
        const FlowNorms norms =
            flow_norms(layer, input(kLags + 1).matrix(), layer.zero_state(1), kLags);
        ASSERT_EQ(norms.norm.size(), kLags);
        expect_within_bounds(norms);
        if (HasFatalFailure()) return;
      }
    }
  }
}

/// W = w·Q at rest where every slope is largest: the norm over `kLags` lags, and the bounds.
FlowNorms sharp_norms(Activation activation, double w, std::size_t H) {
  RecurrentLayer<double> layer("rnn", kInput, H, CellKind(Cell::kRnn, activation));
  if (activation == Activation::kRelu) {
    for (std::size_t i = 0; i < H; ++i) layer.W.value[i * H + i] = 1;
  } else {
    init_orthogonal(layer.W, 11);
  }
  for (double& value : layer.W.value.values()) value *= w;
  const RecurrentState<double> start = rest_at_steepest(layer, activation);
  const Tensor<double> x({kLags + 1, kInput});
  return flow_norms(layer, x.matrix(), start, kLags);
}

void expect_attained(Activation activation, double w) {
  for (std::size_t H : {1, 2, 7, 32}) {
    const FlowNorms norms = sharp_norms(activation, w, H);
    const double expected = static_cast<double>(kLags) * std::log(largest_slope(activation) * w);
    EXPECT_NEAR(ratio(norms.norm.back(), expected), 1, 1e-6) << "w " << w << " H " << H;
    EXPECT_NEAR(ratio(norms.bound.back(), expected), 1, 1e-6) << "w " << w << " H " << H;
    EXPECT_NEAR(ratio(norms.ceiling.back(), expected), 1, 1e-6) << "w " << w << " H " << H;
    EXPECT_NEAR(ratio(norms.lower.back(), expected), 1, 1e-6) << "w " << w << " H " << H;
    expect_within_bounds(norms);
    EXPECT_EQ(norms.saturated, 0);
  }
}

TEST(GradSharpSigmoid, AttainsItsBoundAtLag200) {
  for (double w : {0.5, 2.0, 3.9, 4.0}) expect_attained(Activation::kSigmoid, w);
}
TEST(GradSigmoidExplodes, AboveNormFour) {
  expect_attained(Activation::kSigmoid, 4.2);
  EXPECT_NEAR(sharp_norms(Activation::kSigmoid, 4.2, 8).norm.back(), 200 * std::log(1.05), 1e-6);
}
TEST(GradSharpTanh, AttainsItsBoundAtLag200) {
  for (double w : {0.1, 0.9, 1.0, 1.5}) expect_attained(Activation::kTanh, w);
}
TEST(GradSharpRelu, AttainsItsBoundAtLag200) {
  for (double w : {0.1, 0.9, 1.0, 1.05}) expect_attained(Activation::kRelu, w);
}

TEST(GradReluExplodes, AtSpectralRadiusZero) {
  RecurrentLayer<double> layer("rnn", 1, 2, CellKind(Cell::kRnn, Activation::kRelu));
  layer.W.value[0] = layer.W.value[2] = 1.5;
  layer.W.value[1] = layer.W.value[3] = -1.5;
  layer.b.value[0] = -0.5;
  layer.b.value[1] = -2;
  RecurrentState<double> start = layer.zero_state(1);
  start.h[0] = 1;
  const Tensor<double> x({kLags + 1, 1});
  const FlowNorms norms = flow_norms(layer, x.matrix(), start, kLags);
  EXPECT_NEAR(spectral_radius(layer.W.value.matrix()), 0, 1e-7);
  for (std::size_t lag = 1; lag <= kLags; ++lag) {
    const double expected =
        static_cast<double>(lag) * std::log(1.5) + std::log(std::numbers::sqrt2);
    EXPECT_NEAR(ratio(norms.norm[lag - 1], expected), 1, 1e-12) << lag;
  }
  EXPECT_EQ(norms.dead, 0.5);  // unit 2, [GRAD-relu-dead]
  EXPECT_EQ(norms.saturated, 0.5);
}

TEST(GradReluDead, IsAnExactZeroInTheJacobian) {
  RecurrentLayer<double> layer = rnn_of(Activation::kRelu, 6, Kind::kGaussian, 1);
  layer.b.value[2] = -100;
  const Tensor<double> x = input(10);
  JacobianWalk walk(layer, x.matrix(), layer.zero_state(1));
  for (int lag = 1; lag < 10; ++lag) {
    walk.step_back();
    for (std::size_t j = 0; j < 6; ++j) EXPECT_EQ(walk.jacobian()[2 * 6 + j], 0);
  }
  for (std::size_t i = 0; i < 6; ++i) layer.b.value[i] = -100;
  const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), 9);
  EXPECT_EQ(norms.norm.back(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(norms.dead, 1);
}

TEST(GradientFlow, NeitherUnderflowsNorOverflows) {
  for (double w : {1e-9, 1e9}) {
    RecurrentLayer<double> layer("rnn", 1, 1, CellKind(Cell::kRnn, Activation::kTanh));
    layer.W.value[0] = w;
    const Tensor<double> x({kLags + 1, 1});
    const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), kLags);
    EXPECT_NEAR(norms.norm.back() / (kLags * std::log(w)), 1, 1e-12);  // 10^∓1800
  }
}

TEST(GradientFlow, CountsSaturatedSlopes) {
  RecurrentLayer<double> layer("rnn", 1, 2, CellKind(Cell::kRnn, Activation::kTanh));
  layer.b.value[0] = 3;  // 1 − tanh² 3 = 0.01
  layer.b.value[1] = 1;  // 1 − tanh² 1 = 0.42
  const Tensor<double> x({5, 1});
  const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), 100);
  EXPECT_EQ(norms.norm.size(), 4u);
  EXPECT_EQ(norms.saturated, 0.5);
  EXPECT_EQ(norms.dead, 0);
}

TEST(GradientFlow, RefusesStatesThatOverflow) {
  RecurrentLayer<double> layer("rnn", 1, 1, CellKind(Cell::kRnn, Activation::kRelu));
  layer.W.value[0] = 1e200;
  layer.b.value[0] = 1;
  const Tensor<double> x({10, 1});
  EXPECT_THROW(flow_norms(layer, x.matrix(), layer.zero_state(1), 9), UsageError);
}

// ----------------------------------------------------------------------------------------- the
// LSTM

RecurrentLayer<double> lstm_of(std::size_t H, Kind kind, double gain, double forget_bias) {
  RecurrentLayer<double> layer("lstm", kInput, H, Cell::kLstm);
  fill_W(layer, kind, gain);
  fill_rest(layer);
  for (std::size_t u = 0; u < H; ++u) layer.b.value[u] += forget_bias;
  return layer;
}

TEST(GradLstmJ, EqualsAProductOfWholeJacobiansInPlainLoops) {
  for (Kind kind : kKinds) {
    for (std::size_t H : {1, 3, 8, 17}) {
      SCOPED_TRACE(std::to_string(int(kind)) + " H " + std::to_string(H));
      RecurrentLayer<double> layer = lstm_of(H, kind, 1.2, 1);
      const Tensor<double> x = input(kLags + 2);
      JacobianWalk walk(layer, x.matrix(), layer.zero_state(1));
      const auto step_of = [&](std::size_t j) {
        return lstm_step(layer, x.matrix().row(j - 1).data(), walk.step(j).h_prev.data(),
                         walk.step(j).C_prev.data());
      };
      Naive product = identity(2 * H);
      for (std::size_t j = kLags + 2; j > 2; --j) {
        product = times(product, step_of(j).J);
        walk.step_back();
        // ∂C_t/∂C_k with h_k = o_k ⊙ tanh C_k
        expect_equal(walk, product, H, H, step_of(j - 1).e);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(GradLstmCarry, IsTheProductOfForgetGatesAndBounded) {
  for (double bias : {-1.0, 0.0, 1.0, 3.0}) {
    for (std::size_t H : {1, 4, 32}) {
      RecurrentLayer<double> layer = lstm_of(H, Kind::kGaussian, 1, bias);
      const Tensor<double> x = input(kLags + 1);
      const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), kLags);
      const JacobianWalk walk(layer, x.matrix(), layer.zero_state(1));
      std::vector<double> product(H, 0.0);
      for (std::size_t lag = 1; lag <= kLags; ++lag) {
        const std::size_t j = kLags + 2 - lag;
        for (std::size_t u = 0; u < H; ++u) {
          const double z =
              preactivation(layer, u, x.matrix().row(j - 1).data(), walk.step(j).h_prev.data());
          product[u] += std::log(sigma(z));
        }
        ASSERT_NEAR(ratio(norms.carry[lag - 1], *std::ranges::max_element(product)), 1, kAgreement);
        ASSERT_LE(ratio(norms.carry[lag - 1], norms.bound[lag - 1]), 1 + kAboveBound);
      }
    }
  }
}

TEST(GradLstmVanish, IsTheCarryExactlyWhereWIsZero) {
  RecurrentLayer<double> layer = lstm_of(9, Kind::kGaussian, 0, -1);
  const FlowNorms norms = flow_norms(layer, input(kLags + 1).matrix(), layer.zero_state(1), kLags);
  for (std::size_t k = 0; k < kLags; ++k) {
    ASSERT_NEAR(ratio(norms.norm[k], norms.carry[k]), 1, kAgreement);
    ASSERT_LE(ratio(norms.norm[k], norms.bound[k]), 1 + kAboveBound);
  }
  EXPECT_LT(norms.norm.back(), 200 * std::log(0.8));
}

// ------------------------------------------------------------------------------------------------
// GRU

TEST(GradGruVanish, IsTheCarryExactlyWhereWIsZero) {
  for (GruReset reset : {GruReset::kAfter, GruReset::kBefore}) {
    RecurrentLayer<double> layer("gru", kInput, 9, {Cell::kGru, Activation::kTanh, reset});
    fill_rest(layer);
    layer.W.value.fill(0);
    const FlowNorms norms =
        flow_norms(layer, input(kLags + 1).matrix(), layer.zero_state(1), kLags);
    ASSERT_EQ(norms.carry.size(), kLags);
    EXPECT_TRUE(norms.ceiling.empty());
    for (std::size_t k = 0; k < kLags; ++k) {
      ASSERT_NEAR(ratio(norms.norm[k], norms.carry[k]), 1, kAgreement);
      ASSERT_LE(ratio(norms.norm[k], norms.bound[k]), 1 + kAboveBound);
    }
  }
}

TEST(GradGruFlow, CountsTheSlopesOfItsGatesAndNotOfQ) {
  RecurrentLayer<double> layer("gru", 1, 2, Cell::kGru);
  for (std::size_t k = 0; k < 4; ++k) layer.b.value[k] = 50;  // r and u are shut at 1
  layer.d.value.fill(3);                                      // q = 3 is the output of no function
  const Tensor<double> x({4, 1});
  const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), 3);
  EXPECT_NEAR(norms.saturated, 1, 1e-12);  // tanh(3) is flat too
  layer.d.value.fill(0);
  EXPECT_NEAR(flow_norms(layer, x.matrix(), layer.zero_state(1), 3).saturated, 2.0 / 3, 1e-12);
}

}  // namespace
}  // namespace unroll
