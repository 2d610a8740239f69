#include "unroll/layers/cells/rnn.h"

#include <cmath>

namespace unroll {

namespace {

template <typename Real>
Real phi(Activation activation, Real z) {
  switch (activation) {
    case Activation::kTanh:
      return std::tanh(z);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-z));
    case Activation::kRelu:
      return z > 0 ? z : 0;
  }
  return z;
}

/// φ′(z), from h = φ(z).
template <typename Real>
Real slope(Activation activation, Real h) {
  switch (activation) {
    case Activation::kTanh:
      return 1 - h * h;
    case Activation::kSigmoid:
      return h * (1 - h);
    case Activation::kRelu:
      return h > 0 ? 1 : 0;
  }
  return 1;
}

}  // namespace

template <typename Real>
void rnn_forward(Activation activation, const RecurrentStep<Real>& s) {
  for (std::size_t r = 0; r < s.h.rows(); ++r) {
    for (std::size_t j = s.units.begin; j < s.units.end; ++j) {
      // [RNN-z] z_t = U x_t + W h_{t−1} + b
      const Real z_t = s.in.at(r, j) + s.W_h(r, j);
      // [RNN-h] h_t = φ(z_t)
      const Real h_t = phi(activation, z_t);
      s.keep(r, j, h_t);
      s.save(r, {h_t}, j);
    }
  }
}

template <typename Real>
void rnn_backward(Activation activation, const RecurrentStepBack<Real>& s) {
  for (std::size_t r = 0; r < s.dh.rows(); ++r) {
    for (std::size_t j = s.units.begin; j < s.units.end; ++j) {
      const Real h_t = s.saved(r, j);
      // [RNN-dh] δ_t = Vᵀ dO_t + Wᵀ dz_{t+1}: sent down from above, sent back by step t+1
      const Real delta_t = s.dh(r, j) + s.W_dz(r, j);
      // [RNN-dz] dz_t = δ_t ⊙ φ′(z_t)
      s.dz(r, j) = delta_t * slope(activation, h_t);
    }
  }
}

template <typename Real>
void rnn_gradients(const CellGradients<Real>& of) {
  for (std::size_t t = 0; t < of.dz.rows(); ++t) {
    for (std::size_t k = 0; k < of.dz.columns(); ++k) {
      const Real dz = of.dz(t, k);
      // [RNN-dU] ∂L/∂U = Σ_t dz_t x_tᵀ
      for (std::size_t i = 0; i < of.x.columns(); ++i) of.dU(k, i) += dz * of.x(t, i);
      // [RNN-dW] ∂L/∂W = Σ_t dz_t h_{t−1}ᵀ
      for (std::size_t j = 0; j < of.h_prev.columns(); ++j) of.dW(k, j) += dz * of.h_prev(t, j);
      // [RNN-db] ∂L/∂b = Σ_t dz_t
      of.db[k] += dz;
    }
    for (std::size_t i = 0; i < of.dx.columns(); ++i) {
      // [RNN-dx] ∂L/∂x_t = Uᵀ dz_t
      Real dx_t = 0;
      for (std::size_t k = 0; k < of.dz.columns(); ++k) dx_t += of.U(k, i) * of.dz(t, k);
      of.dx(t, i) = dx_t;
    }
  }
}

template <typename Real>
void rnn_first_state(const FirstStateGradient<Real>& of) {
  for (std::size_t r = 0; r < of.dz.rows(); ++r) {
    for (std::size_t j = 0; j < of.W.columns(); ++j) {
      // [RNN-dh0] ∂L/∂h_0 = Wᵀ dz_1, as at every step ∂L/∂h_{t−1} through z_t is Wᵀ dz_t
      Real dh_0 = 0;
      for (std::size_t k = 0; k < of.dz.columns(); ++k) dh_0 += of.W(k, j) * of.dz(r, k);
      of.dh_0(r, j) = dh_0;
    }
  }
}

#define UNROLL_INSTANTIATE(Real)                                          \
  template void rnn_forward(Activation, const RecurrentStep<Real>&);      \
  template void rnn_backward(Activation, const RecurrentStepBack<Real>&); \
  template void rnn_gradients(const CellGradients<Real>&);                \
  template void rnn_first_state(const FirstStateGradient<Real>&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
