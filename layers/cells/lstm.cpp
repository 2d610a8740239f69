#include "unroll/layers/cells/lstm.h"

#include <cmath>

namespace unroll {

template <typename Real>
void lstm_forward(const RecurrentStep<Real>& s) {
  const std::size_t H = s.h.columns();
  // z_g = W_g h_{t−1} + U_g x_t + b_g of gate g, which is number g of f, i, a, o
  const auto z = [&](std::size_t r, std::size_t g, std::size_t j) {
    return s.W_h(r, g * H + j) + s.in.at(r, g * H + j);
  };
  for (std::size_t r = 0; r < s.h.rows(); ++r) {
    for (std::size_t j = s.units.begin; j < s.units.end; ++j) {
      // [LSTM-f] f_t = σ(W_f h_{t−1} + U_f x_t + b_f)
      const Real f_t = sigma(z(r, 0, j));
      // [LSTM-i] i_t = σ(W_i h_{t−1} + U_i x_t + b_i)
      const Real i_t = sigma(z(r, 1, j));
      // [LSTM-a] a_t = tanh(W_a h_{t−1} + U_a x_t + b_a)
      const Real a_t = std::tanh(z(r, 2, j));
      // [LSTM-o] o_t = σ(W_o h_{t−1} + U_o x_t + b_o)
      const Real o_t = sigma(z(r, 3, j));
      // [LSTM-C] C_t = C_{t−1} ⊙ f_t + i_t ⊙ a_t
      const Real C_t = s.C_prev.at(r, j) * f_t + i_t * a_t;
      // [LSTM-h] h_t = o_t ⊙ tanh(C_t)
      const Real h_t = o_t * std::tanh(C_t);
      s.C(r, j) = C_t;
      s.keep(r, j, h_t);
      s.save(r, {f_t, i_t, a_t, o_t}, j);
    }
  }
}

template <typename Real>
void lstm_backward(const RecurrentStepBack<Real>& s) {
  const std::size_t H = s.dh.columns();
  for (std::size_t r = 0; r < s.dh.rows(); ++r) {
    for (std::size_t j = s.units.begin; j < s.units.end; ++j) {
      const Real f_t = s.saved(r, j), i_t = s.saved(r, H + j);
      const Real a_t = s.saved(r, 2 * H + j), o_t = s.saved(r, 3 * H + j);
      const Real C_prev = s.C_prev.at(r, j), tanh_C = std::tanh(s.C(r, j));
      // [LSTM-dh] δh_t = Vᵀ dO_t + Σ_g W_gᵀ dz_{g,t+1}: sent down from above, sent back by step t+1
      const Real dh_t = s.dh(r, j) + s.W_dz(r, j);
      // [LSTM-dC] δC_t = δh_t ⊙ o_t ⊙ (1 − tanh² C_t) + δC_{t+1} ⊙ f_{t+1}
      const Real dC_t = dh_t * o_t * (1 - tanh_C * tanh_C) + s.dC(r, j);
      // [LSTM-dzf] dz_f = δC_t ⊙ C_{t−1} ⊙ f_t(1 − f_t)
      s.dz(r, j) = dC_t * C_prev * f_t * (1 - f_t);
      // [LSTM-dzi] dz_i = δC_t ⊙ a_t ⊙ i_t(1 − i_t)
      s.dz(r, H + j) = dC_t * a_t * i_t * (1 - i_t);
      // [LSTM-dza] dz_a = δC_t ⊙ i_t ⊙ (1 − a_t²)
      s.dz(r, 2 * H + j) = dC_t * i_t * (1 - a_t * a_t);
      // [LSTM-dzo] dz_o = δh_t ⊙ tanh C_t ⊙ o_t(1 − o_t)
      s.dz(r, 3 * H + j) = dh_t * tanh_C * o_t * (1 - o_t);
      // [LSTM-dC0] ∂L/∂C_0 = δC_1 ⊙ f_1, as at every step δC_t ⊙ f_t goes back to C_{t−1}
      s.dC(r, j) = dC_t * f_t;
    }
  }
}

template <typename Real>
void lstm_gradients(const CellGradients<Real>& of) {
  for (std::size_t t = 0; t < of.dz.rows(); ++t) {
    for (std::size_t k = 0; k < of.dz.columns(); ++k) {  // the four dz_g, one after the other
      const Real dz = of.dz(t, k);
      // [LSTM-dU] ∂L/∂U_g = Σ_t dz_{g,t} x_tᵀ
      for (std::size_t i = 0; i < of.x.columns(); ++i) of.dU(k, i) += dz * of.x(t, i);
      // [LSTM-dW] ∂L/∂W_g = Σ_t dz_{g,t} h_{t−1}ᵀ
      for (std::size_t j = 0; j < of.h_prev.columns(); ++j) of.dW(k, j) += dz * of.h_prev(t, j);
      // [LSTM-db] ∂L/∂b_g = Σ_t dz_{g,t}
      of.db[k] += dz;
    }
    for (std::size_t i = 0; i < of.dx.columns(); ++i) {
      // [LSTM-dx] ∂L/∂x_t = Σ_g U_gᵀ dz_{g,t}
      Real dx_t = 0;
      for (std::size_t k = 0; k < of.dz.columns(); ++k) dx_t += of.U(k, i) * of.dz(t, k);
      of.dx(t, i) = dx_t;
    }
  }
}

template <typename Real>
void lstm_first_state(const FirstStateGradient<Real>& of) {
  for (std::size_t r = 0; r < of.dz.rows(); ++r) {
    for (std::size_t j = 0; j < of.W.columns(); ++j) {
      // [LSTM-dh0] ∂L/∂h_0 = Σ_g W_gᵀ dz_{g,1}, as at every step W_gᵀ dz_{g,t} goes back to h_{t−1}
      Real dh_0 = 0;
      for (std::size_t k = 0; k < of.dz.columns(); ++k) dh_0 += of.W(k, j) * of.dz(r, k);
      of.dh_0(r, j) = dh_0;
    }
  }
}

#define UNROLL_INSTANTIATE(Real)                               \
  template void lstm_forward(const RecurrentStep<Real>&);      \
  template void lstm_backward(const RecurrentStepBack<Real>&); \
  template void lstm_gradients(const CellGradients<Real>&);    \
  template void lstm_first_state(const FirstStateGradient<Real>&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
