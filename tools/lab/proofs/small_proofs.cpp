// What is around the recurrent layers: activations, losses, optimizers.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/sigmoid_cross_entropy.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/layers/squared_error.h"
#include "unroll/optim/clip.h"
#include "unroll/optim/optimizer.h"
#include "unroll/tools/lab/proofs/naive.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

std::vector<double> normal_values(std::uint64_t seed, std::string_view stream, std::size_t count) {
  Random random(seed, stream);
  std::vector<double> values(count);
  for (double& value : values) value = random.normal();
  return values;
}

// ------------------------------------------------------------------------------------ activations

/// φ′ by the code, from the output: of n points.
std::vector<double> slopes_by_code(Activation phi, std::span<const double> z) {
  std::vector<double> y(z.size()), slopes(z.size());
  const std::vector<double> ones(z.size(), 1.0);
  activate<double>(phi, z, y);
  activate_backward<double>(phi, y, ones, slopes);
  return slopes;
}

template <Activation kPhi>
std::vector<Finding> prove_slope(std::string_view, std::uint64_t seed) {
  std::vector<double> z = normal_values(seed, "proof/slope", 200);
  for (double& z_j : z) {
    if (std::abs(z_j) < 0.01) z_j = 0.5;  // not at ReLU's kink
  }
  const std::vector<double> code = slopes_by_code(kPhi, z);
  std::vector<double> naive, numeric;
  for (double z_j : z) {
    naive.push_back(naive::slope(kPhi, z_j));
    const auto value = [&] {
      double y = 0;
      activate<double>(kPhi, std::span(&z_j, 1), std::span(&y, 1));
      return y;
    };
    numeric.push_back(central_differences(std::span(&z_j, 1), value)[0]);
  }
  const double largest = kPhi == Activation::kSigmoid ? 0.25 : 1;
  return {{ProofKind::kClosedForm, relative_error(code, naive)},
          {ProofKind::kDifferences, relative_error(code, numeric)},
          {ProofKind::kBound, *std::ranges::max_element(code) / largest}};
}

constexpr Proof kActivationProofs[] = {
    {"PHI-sigmoid", prove_slope<Activation::kSigmoid>},
    {"PHI-tanh", prove_slope<Activation::kTanh>},
    {"PHI-relu", prove_slope<Activation::kRelu>},
};

// ----------------------------------------------------------------------------------------- losses

constexpr std::size_t kRows = 3;
constexpr std::size_t kClasses = 4;

MatrixView<const double> rows(const std::vector<double>& values) {
  return {values.data(), kRows, kClasses};
}
MatrixView<double> rows(std::vector<double>& values) {
  return {values.data(), kRows, kClasses};
}

std::vector<Finding> prove_softmax_cross_entropy(std::string_view, std::uint64_t seed) {
  const std::vector<double> O = normal_values(seed, "proof/O", kRows * kClasses);
  const std::vector<std::int32_t> targets{2, 0, 3};
  double L = 0;
  for (std::size_t r = 0; r < kRows; ++r) {
    double total = 0;
    for (std::size_t k = 0; k < kClasses; ++k) total += std::exp(O[r * kClasses + k]);
    L -= std::log(std::exp(O[r * kClasses + static_cast<std::size_t>(targets[r])]) / total);
  }
  const double code = softmax_cross_entropy<double>(rows(O), targets, 1);
  return {{ProofKind::kClosedForm, relative_error(std::span(&code, 1), std::span(&L, 1))}};
}

/// A loss whose target is a matrix like O.
using MatrixLoss = double (*)(MatrixView<const double>, MatrixView<const double>, double);
using MatrixLossWithGradient = double (*)(MatrixView<const double>, MatrixView<const double>,
                                          double, MatrixView<double>);

/// One entry of the loss and its slope, in the naive way.
struct Entry {
  double (*loss)(double O, double y);
  double (*slope)(double O, double y);
};

double sigma(double O) {
  return 1 / (1 + std::exp(-O));
}

constexpr Entry kSquaredError{[](double O, double y) { return (O - y) * (O - y) / 2; },
                              [](double O, double y) { return O - y; }};
constexpr Entry kSigmoidCrossEntropy{
    [](double O, double y) { return -y * std::log(sigma(O)) - (1 - y) * std::log(1 - sigma(O)); },
    [](double O, double y) { return sigma(O) - y; }};

struct LossProblem {
  explicit LossProblem(std::uint64_t seed)
      : O(normal_values(seed, "proof/O", kRows * kClasses)),
        y(normal_values(seed, "proof/y", kRows * kClasses)) {
    for (double& y_k : y) y_k = sigma(y_k);  // in (0, 1), as σ's cross-entropy wants them
  }
  std::vector<double> O, y;
};

std::vector<Finding> prove_loss(MatrixLoss loss, const Entry& entry, std::uint64_t seed) {
  const LossProblem p(seed);
  double L = 0;
  for (std::size_t k = 0; k < p.O.size(); ++k) L += entry.loss(p.O[k], p.y[k]);
  const double code = loss(rows(p.O), rows(p.y), 1);
  return {{ProofKind::kClosedForm, relative_error(std::span(&code, 1), std::span(&L, 1))}};
}

std::vector<Finding> prove_loss_gradient(MatrixLoss loss, MatrixLossWithGradient with_gradient,
                                         const Entry& entry, std::uint64_t seed) {
  LossProblem p(seed);
  std::vector<double> dO(p.O.size()), naive;
  with_gradient(rows(std::as_const(p.O)), rows(std::as_const(p.y)), 1, rows(dO));
  for (std::size_t k = 0; k < p.O.size(); ++k) naive.push_back(entry.slope(p.O[k], p.y[k]));
  const auto numeric = central_differences(
      p.O, [&] { return loss(rows(std::as_const(p.O)), rows(std::as_const(p.y)), 1); });
  return {{ProofKind::kClosedForm, relative_error(dO, naive)},
          {ProofKind::kDifferences, relative_error(dO, numeric)}};
}

constexpr Proof kLossProofs[] = {
    {"CE-softmax", prove_softmax_cross_entropy},
    {"CE-sigmoid",
     [](std::string_view, std::uint64_t seed) {
       return prove_loss(sigmoid_cross_entropy<double>, kSigmoidCrossEntropy, seed);
     }},
    {"CE-sigmoid-dO",
     [](std::string_view, std::uint64_t seed) {
       return prove_loss_gradient(sigmoid_cross_entropy<double>, sigmoid_cross_entropy<double>,
                                  kSigmoidCrossEntropy, seed);
     }},
    {"SE",
     [](std::string_view, std::uint64_t seed) {
       return prove_loss(squared_error<double>, kSquaredError, seed);
     }},
    {"SE-dO",
     [](std::string_view, std::uint64_t seed) {
       return prove_loss_gradient(squared_error<double>, squared_error<double>, kSquaredError,
                                  seed);
     }},
};

// ------------------------------------------------------------------------------------- optimizers

constexpr std::size_t kParameterSize = 17;
constexpr double kRate = 0.05;

/// The values after five steps with random gradients, by the code and by `naive`, a function
/// (step from 1, gradient, value) that keeps its own state per entry.
template <typename NaiveStep>
std::vector<Finding> prove_optimizer(Optimizer<double>& optimizer, NaiveStep naive,
                                     std::uint64_t seed) {
  Parameter<double> parameter("theta", {kParameterSize});
  parameter.make_grad();
  std::vector<double> value = normal_values(seed, "proof/theta", kParameterSize);
  std::ranges::copy(value, parameter.value.values().begin());
  for (std::size_t n = 1; n <= 5; ++n) {
    const auto g = normal_values(seed, "proof/g" + std::to_string(n), kParameterSize);
    std::ranges::copy(g, parameter.grad.values().begin());
    optimizer.step({&parameter}, kRate);
    for (std::size_t j = 0; j < kParameterSize; ++j) naive(n, j, g[j], value[j]);
  }
  return {{ProofKind::kClosedForm, relative_error(parameter.value.values(), value)}};
}

std::vector<Finding> prove_sgd(std::string_view, std::uint64_t seed) {
  Sgd<double> sgd(SgdConfig{});
  const auto naive = [](std::size_t, std::size_t, double g, double& theta) { theta -= kRate * g; };
  return prove_optimizer(sgd, naive, seed);
}

std::vector<Finding> prove_momentum(std::string_view, std::uint64_t seed) {
  constexpr double kMomentum = 0.9;
  Sgd<double> sgd(SgdConfig{.momentum = kMomentum});
  std::array<double, kParameterSize> v{};
  const auto naive = [&](std::size_t, std::size_t j, double g, double& theta) {
    v[j] = kMomentum * v[j] + g;
    theta -= kRate * v[j];
  };
  return prove_optimizer(sgd, naive, seed);
}

std::vector<Finding> prove_adam(std::string_view, std::uint64_t seed) {
  const AdamConfig config;
  Adam<double> adam(config);
  std::array<double, kParameterSize> m{}, v{};
  const auto naive = [&](std::size_t n, std::size_t j, double g, double& theta) {
    m[j] = config.beta1 * m[j] + (1 - config.beta1) * g;
    v[j] = config.beta2 * v[j] + (1 - config.beta2) * g * g;
    const double m_hat = m[j] / (1 - std::pow(config.beta1, n));
    const double v_hat = v[j] / (1 - std::pow(config.beta2, n));
    theta -= kRate * m_hat / (std::sqrt(v_hat) + config.epsilon);
  };
  return prove_optimizer(adam, naive, seed);
}

std::vector<Finding> prove_clipping(std::string_view, std::uint64_t seed) {
  Parameter<double> parameter("g", {kParameterSize});
  parameter.make_grad();
  double worst = 0;
  for (double limit : {0.5, 100.0}) {  // one that clips, one that leaves it alone
    std::vector<double> g = normal_values(seed, "proof/clip", kParameterSize);
    std::ranges::copy(g, parameter.grad.values().begin());
    clip_by_norm<double>({&parameter}, limit);
    double squares = 0;
    for (double g_j : g) squares += g_j * g_j;
    for (double& g_j : g) g_j *= std::min(1.0, limit / std::sqrt(squares));
    keep_worst(relative_error(parameter.grad.values(), g), worst);
  }
  return {{ProofKind::kClosedForm, worst}};
}

constexpr Proof kOptimizerProofs[] = {
    {"SGD-step", prove_sgd}, {"SGD-momentum", prove_momentum}, {"ADAM-m", prove_adam},
    {"ADAM-v", prove_adam},  {"ADAM-step", prove_adam},        {"CLIP-norm", prove_clipping},
};

}  // namespace

std::span<const Proof> activation_proofs() {
  return kActivationProofs;
}
std::span<const Proof> loss_proofs() {
  return kLossProofs;
}
std::span<const Proof> optimizer_proofs() {
  return kOptimizerProofs;
}

}  // namespace unroll
