/// The LSTM's cell, from the sums z of its gates: what layers/cells/lstm.cpp writes out.
#pragma once

#include <cstddef>

#include "unroll/kernels/activations-inl.h"
#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/multiplier-inl.h"
#include "unroll/kernels/recurrent_step.h"
#include "unroll/kernels/vecmath-inl.h"

namespace unroll::simd {

template <typename T>
T* row(const ContinuedRows<T>& rows, std::size_t r) {
  return r < rows.rows.rows() ? row(rows.rows, r) : row(rows.otherwise, r);
}

/// The four gates of the units from `p` on, stacked f i a o.
template <typename V>
struct Gates {
  V f, i, a, o;
};

template <typename Part, typename Real>
auto load_gates(Part part, std::size_t H, const Real* p) {
  using V = typename Part::Vector;
  return Gates<V>{part.load(p), part.load(p + H), part.load(p + 2 * H), part.load(p + 3 * H)};
}

template <typename Part, typename V, typename T>
void store_gates(Part part, std::size_t H, const Gates<V>& gates, T* p, bool rounds = false) {
  store_operand(part, p, gates.f, rounds);
  store_operand(part, p + H, gates.i, rounds);
  store_operand(part, p + 2 * H, gates.a, rounds);
  store_operand(part, p + 3 * H, gates.o, rounds);
}

/// z_t of some rows and units, gate by gate: what tiles leave in the first-level cache, and what
/// the cell goes over function by function, many vectors at a time.
template <typename V>
struct CellBlock {
  static constexpr std::size_t kVectors = sizeof(V) == 64 ? 24 : 66;  // 6 or 8 KB of floats
  static constexpr std::size_t kSize = kVectors * V::size;

  RealOf<V>* f() { return z; }
  RealOf<V>* i() { return z + kSize; }
  RealOf<V>* a() { return z + 2 * kSize; }
  RealOf<V>* o() { return z + 3 * kSize; }

  alignas(64) RealOf<V> z[4 * kSize];
};

/// The vectors that `units` take, as far as a block has room.
template <typename V>
std::size_t vectors_of(std::size_t units) {
  const std::size_t vectors = (units + V::size - 1) / V::size;
  return vectors < CellBlock<V>::kVectors ? vectors : CellBlock<V>::kVectors;
}

/// What a block is of.
struct BlockAt {
  std::size_t row, rows;      ///< the first row, and how many
  std::size_t unit, vectors;  ///< the first unit, and how many vectors of them
};

/// body(r, j, part, at) for each vector of a block: its row and first unit, and where in a gate it
/// is.
template <typename V, typename Body>
void for_each_vector_of(const BlockAt& block, std::size_t H, Body body) {
  const std::size_t width = block.vectors * V::size;
  const std::size_t units = H - block.unit < width ? H - block.unit : width;
  for (std::size_t r = 0; r < block.rows; ++r) {
    for_each_vector<V>(units, [&](std::size_t k, auto part) {
      body(block.row + r, block.unit + k, part, r * width + k);
    });
  }
}

/// The cell, from z = U x_t + W h_{t−1} + b; σ and tanh as functions of arrays.
template <typename V, typename Operand>
void finish_lstm(const RecurrentStep<RealOf<V>, Operand>& step, const BlockAt& at,
                 CellBlock<V>& block, Unary<RealOf<V>>* sigma, Unary<RealOf<V>>* tanh) {
  const std::size_t n = at.rows * at.vectors * V::size, H = step.hidden();
  RealOf<V>*f = block.f(), *i = block.i(), *a = block.a(), *o = block.o();
  sigma(n, f, f);    // [LSTM-f] f_t = σ(W_f h_{t−1} + U_f x_t + b_f)
  sigma(n, i, i);    // [LSTM-i] i_t = σ(W_i h_{t−1} + U_i x_t + b_i)
  tanh(n, a, a);     // [LSTM-a] a_t = tanh(W_a h_{t−1} + U_a x_t + b_a)
  sigma(n, o, o);    // [LSTM-o] o_t = σ(W_o h_{t−1} + U_o x_t + b_o)
  RealOf<V>* C = a;  // takes its place
  for_each_vector_of<V>(at, H, [&](std::size_t r, std::size_t j, auto part, std::size_t k) {
    const Gates<V> y{V::load_unaligned(f + k), V::load_unaligned(i + k), V::load_unaligned(a + k),
                     V::load_unaligned(o + k)};
    if (step.saved.data() != nullptr) store_gates(part, H, y, row(step.saved, r) + j);
    // [LSTM-C] C_t = C_{t−1} ⊙ f_t + i_t ⊙ a_t
    const V C_t = multiply_add(part.load(row(step.C_prev, r) + j), y.f, y.i * y.a);
    part.store(row(step.C, r) + j, C_t);
    C_t.store_unaligned(C + k);
  });
  tanh(n, C, C);
  for_each_vector_of<V>(at, H, [&](std::size_t r, std::size_t j, auto part, std::size_t k) {
    // [LSTM-h] h_t = o_t ⊙ tanh(C_t)
    const V h_t = V::load_unaligned(o + k) * V::load_unaligned(C + k);
    part.store(row(step.h, r) + j, h_t);
    if (r < step.going_on()) store_operand(part, row(step.h_next, r) + j, h_t, step.rounds());
  });
}

/// `count` units from the pointers on.
template <typename V, typename Operand>
void lstm_cell_backward_row(std::size_t H, std::size_t count, const RealOf<V>* gates,
                            const RealOf<V>* C_prev, const RealOf<V>* C, const RealOf<V>* dh,
                            RealOf<V>* dC, Operand* dz, bool rounds) {
  for_each_vector<V>(count, [=](std::size_t j, auto part) {
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
    store_gates(part, H, delta_z, dz + j, rounds);
    // [LSTM-dC0] ∂L/∂C_0 = δC_1 ⊙ f_1, as at every step δC_t ⊙ f_t goes back to C_{t−1}
    part.store(dC + j, delta_C * y.f);
  });
}

}  // namespace unroll::simd
