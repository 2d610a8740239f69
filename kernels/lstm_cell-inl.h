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

template <typename V>
void lstm_cell_forward_row(std::size_t H, RealOf<V>* gates, const RealOf<V>* C_prev, RealOf<V>* C,
                           RealOf<V>* h) {
  for_each_vector<V>(H, [=](std::size_t j, auto part) {
    const Gates<V> z = load_gates(part, H, gates + j);
    const Gates<V> y{sigmoid(z.f), sigmoid(z.i), hyperbolic_tangent(z.a), sigmoid(z.o)};
    const V C_t = multiply_add(part.load(C_prev + j), y.f, y.i * y.a);
    store_gates(part, H, y, gates + j);
    part.store(C + j, C_t);
    part.store(h + j, y.o * hyperbolic_tangent(C_t));
  });
}

template <typename V>
UNROLL_KERNEL void lstm_cell_forward(std::size_t rows, std::size_t H, Rows<RealOf<V>> gates,
                                     Rows<const RealOf<V>> C_prev, Rows<RealOf<V>> C,
                                     Rows<RealOf<V>> h) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    lstm_cell_forward_row<V>(H, row(gates, r), row(C_prev, r), row(C, r), row(h, r));
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
    const V delta_C = multiply_add(dh_t * y.o, tanh_slope(tanh_C), part.load(dC + j));
    const Gates<V> delta_z{delta_C * part.load(C_prev + j) * sigmoid_slope(y.f),
                           delta_C * y.a * sigmoid_slope(y.i), delta_C * y.i * tanh_slope(y.a),
                           dh_t * tanh_C * sigmoid_slope(y.o)};
    store_gates(part, H, delta_z, dz + j);
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
