// The homework's RNN by hand: three steps forward, the gradient of L_3 by W from the recursion of
// chapter 2, and the same gradient from the layer.
//
//     z_t = U x_t + W h_{t−1} + b,   h_t = tanh(z_t),   L_3 = ½ ‖h_3 − y‖²

#include <array>
#include <cmath>
#include <iostream>

#include "unroll/layers/recurrent.h"

using Matrix = std::array<std::array<double, 2>, 2>;
using Vector = std::array<double, 2>;

int main() {
  constexpr Matrix U{{{0.5, -0.3}, {0.2, 0.8}}}, W{{{0.6, 0.1}, {-0.4, 0.7}}};
  constexpr Vector b{0.1, -0.2}, y{0.3, 0.5};
  constexpr std::array<Vector, 3> x{{{1, 0}, {0, 1}, {1, 1}}};

  std::array<Vector, 4> h{};  // h_0 = 0
  for (int t = 1; t <= 3; ++t) {
    for (int j = 0; j < 2; ++j) {
      double z = b[j];
      for (int k = 0; k < 2; ++k) z += U[j][k] * x[t - 1][k] + W[j][k] * h[t - 1][k];
      h[t][j] = std::tanh(z);
    }
  }

  Matrix dW{};
  Vector delta{h[3][0] - y[0], h[3][1] - y[1]};  // δ_3 = ∂L_3/∂h_3
  for (int t = 3; t >= 1; --t) {
    Vector dz{}, before{};
    for (int j = 0; j < 2; ++j) dz[j] = delta[j] * (1 - h[t][j] * h[t][j]);
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 2; ++k) {
        dW[j][k] += dz[j] * h[t - 1][k];  // ∂L/∂W = Σ_t dz_t h_{t−1}ᵀ
        before[k] += W[j][k] * dz[j];     // δ_{t−1} = Wᵀ dz_t
      }
    }
    delta = before;
  }

  unroll::RecurrentLayer<double> layer("rnn", 2, 2, unroll::Cell::kRnn);
  unroll::Tensor<double> inputs({3, 2}), states({3, 2}), above({3, 2});
  for (int j = 0; j < 2; ++j) {
    layer.b.value[j] = b[j];
    above[4 + j] = h[3][j] - y[j];  // the loss sees h_3 alone
    for (int t = 0; t < 3; ++t) inputs[2 * t + j] = x[t][j];
    for (int k = 0; k < 2; ++k)
      layer.U.value[2 * j + k] = U[j][k], layer.W.value[2 * j + k] = W[j][k];
  }
  const auto shape = unroll::RaggedShape::rectangle(3, 1);
  auto state = layer.zero_state(1), gradient = layer.zero_state(1);
  unroll::RecurrentPass<double> pass;
  layer.forward(shape, inputs.matrix(), state, pass, states.matrix());
  layer.backward(shape, inputs.matrix(), pass, above.matrix(), gradient, {});

  double difference = 0;
  for (int j = 0; j < 2; ++j) {
    for (int k = 0; k < 2; ++k) {
      std::cout << "dW[" << j << "][" << k << "]  by hand " << dW[j][k] << "  by the layer "
                << layer.W.grad[2 * j + k] << '\n';
      difference = std::max(difference, std::abs(dW[j][k] - layer.W.grad[2 * j + k]));
    }
  }
  return difference < 1e-14 ? 0 : 1;
}
