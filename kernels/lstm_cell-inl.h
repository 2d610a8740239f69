/// The pointwise part of the LSTM (ops.h has the equations): one pass over a row, everything
/// between loads and stores in registers.
#pragma once

#include <cstddef>

#include "unroll/kernels/activations-inl.h"
#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/vecmath-inl.h"

namespace unroll::simd {

/// The four gates of the units from `p` on, stacked f i a o.
template <typename V>
struct Gates {
  V f, i, a, o;

  friend Gates operator+(const Gates& x, const Gates& y) {
    return {x.f + y.f, x.i + y.i, x.a + y.a, x.o + y.o};
  }
};

template <typename Part, typename Real>
auto load_gates(Part part, std::size_t H, const Real* p) {
  using V = typename Part::Vector;
  return Gates<V>{part.load(p), part.load(p + H), part.load(p + 2 * H), part.load(p + 3 * H)};
}

template <typename Part, typename V>
void store_gates(Part part, std::size_t H, const Gates<V>& gates, RealOf<V>* p) {
  part.store(p, gates.f);
  part.store(p + H, gates.i);
  part.store(p + 2 * H, gates.a);
  part.store(p + 3 * H, gates.o);
}

/// The units from the pointers on, from z = U x_t + W h_{t−1} + b.
template <Division division, typename Part, typename V>
void lstm_units_forward(Part part, std::size_t H, const Gates<V>& z, RealOf<V>* gates,
                        const RealOf<V>* C_prev, RealOf<V>* C, RealOf<V>* h) {
  const Gates<V> y{sigmoid<division>(z.f),   // [LSTM-f] f_t = σ(W_f h_{t−1} + U_f x_t + b_f)
                   sigmoid<division>(z.i),   // [LSTM-i] i_t = σ(W_i h_{t−1} + U_i x_t + b_i)
                   hyperbolic_tangent(z.a),  // [LSTM-a] a_t = tanh(W_a h_{t−1} + U_a x_t + b_a)
                   sigmoid<division>(z.o)};  // [LSTM-o] o_t = σ(W_o h_{t−1} + U_o x_t + b_o)
  // [LSTM-C] C_t = C_{t−1} ⊙ f_t + i_t ⊙ a_t
  const V C_t = multiply_add(part.load(C_prev), y.f, y.i * y.a);
  store_gates(part, H, y, gates);
  part.store(C, C_t);
  // [LSTM-h] h_t = o_t ⊙ tanh(C_t)
  part.store(h, y.o * hyperbolic_tangent(C_t));
}

template <typename V, Division division>
void lstm_cell_forward_row(std::size_t H, RealOf<V>* gates, const RealOf<V>* b,
                           const RealOf<V>* C_prev, RealOf<V>* C, RealOf<V>* h) {
  for_each_vector<V>(H, [=](std::size_t j, auto part) {
    const Gates<V> z = load_gates(part, H, gates + j) + load_gates(part, H, b + j);
    lstm_units_forward<division>(part, H, z, gates + j, C_prev + j, C + j, h + j);
  });
}

template <typename V, Division division>
UNROLL_KERNEL void lstm_cell_forward(std::size_t rows, std::size_t H, Rows<RealOf<V>> gates,
                                     const RealOf<V>* b, Rows<const RealOf<V>> C_prev,
                                     Rows<RealOf<V>> C, Rows<RealOf<V>> h) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    lstm_cell_forward_row<V, division>(H, row(gates, r), b, row(C_prev, r), row(C, r), row(h, r));
  }
}

template <typename V>
void lstm_cell_backward_row(std::size_t H, const RealOf<V>* gates, const RealOf<V>* C_prev,
                            const RealOf<V>* C, const RealOf<V>* dh, RealOf<V>* dC, RealOf<V>* dz) {
  for_each_vector<V>(H, [=](std::size_t j, auto part) {
    const Gates<V> y = load_gates(part, H, gates + j);
    const V tanh_C =
        hyperbolic_tangent(part.load(C + j));  // as the forward pass had it, bit for bit
    const V dh_t = part.load(dh + j);
    // [LSTM-dC] δC_t = δh_t ⊙ o_t ⊙ (1 − tanh² C_t) + δC_{t+1} ⊙ f_{t+1}
    const V delta_C = multiply_add(dh_t * y.o, tanh_slope(tanh_C), part.load(dC + j));
    const Gates<V> delta_z{// [LSTM-dzf] dz_f = δC_t ⊙ C_{t−1} ⊙ f_t(1 − f_t)
                           delta_C * part.load(C_prev + j) * sigmoid_slope(y.f),
                           // [LSTM-dzi] dz_i = δC_t ⊙ a_t ⊙ i_t(1 − i_t)
                           delta_C * y.a * sigmoid_slope(y.i),
                           // [LSTM-dza] dz_a = δC_t ⊙ i_t ⊙ (1 − a_t²)
                           delta_C * y.i * tanh_slope(y.a),
                           // [LSTM-dzo] dz_o = δh_t ⊙ tanh C_t ⊙ o_t(1 − o_t)
                           dh_t * tanh_C * sigmoid_slope(y.o)};
    store_gates(part, H, delta_z, dz + j);
    // [LSTM-dC0] ∂L/∂C_0 = δC_1 ⊙ f_1, as at every step δC_t ⊙ f_t goes back to C_{t−1}
    part.store(dC + j, delta_C * y.f);
  });
}

template <typename V>
UNROLL_KERNEL void lstm_cell_backward(std::size_t rows, std::size_t H, Rows<const RealOf<V>> gates,
                                      Rows<const RealOf<V>> C_prev, Rows<const RealOf<V>> C,
                                      Rows<const RealOf<V>> dh, Rows<RealOf<V>> dC,
                                      Rows<RealOf<V>> dz) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    lstm_cell_backward_row<V>(H, row(gates, r), row(C_prev, r), row(C, r), row(dh, r), row(dC, r),
                              row(dz, r));
  }
}

}  // namespace unroll::simd
