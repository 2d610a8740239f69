/// A step of a recurrent layer in one pass: the tile that holds W h_{t−1} (tiles-inl.h) also adds
/// the rest of z_t and finishes the cell, so that z_t never goes to memory.
#pragma once

#include <cstddef>
#include <utility>

#include "unroll/kernels/activations-inl.h"
#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/lstm_cell-inl.h"
#include "unroll/kernels/tiles-inl.h"

namespace unroll::simd {

/// Rows r, r + 1, … of the units j … j + V::size − 1: a panel line has their four gates.
template <Division division, typename Part, typename Real, std::size_t... i>
void lstm_step_tile(Part part, const LstmStep<Real>& step, std::size_t r, std::size_t j,
                    const Real* panel, std::index_sequence<i...>) {
  using V = typename Part::Vector;
  const std::size_t H = step.H;
  Real* gates = row(step.gates, r) + j;
  V z[] = {part.load(gates + i / 4 * step.gates.stride + i % 4 * H)...};
  accumulate(z, H, row(step.h_prev, r), step.h_prev.stride, panel);
  const Gates<V> b = load_gates(part, H, step.b + j);
  [&]<std::size_t... n>(std::index_sequence<n...>) {
    (lstm_units_forward<division>(part, H,
                                  Gates<V>{z[4 * n], z[4 * n + 1], z[4 * n + 2], z[4 * n + 3]} + b,
                                  gates + n * step.gates.stride, row(step.C_prev, r + n) + j,
                                  row(step.C, r + n) + j, row(step.h, r + n) + j),
     ...);
  }(std::make_index_sequence<sizeof...(i) / 4>());
}

template <typename V, Division division>
UNROLL_KERNEL void lstm_step(const LstmStep<RealOf<V>>& step) noexcept {
  for_each_vector<V>(step.H, [&](std::size_t j, auto part) {
    const RealOf<V>* panel = step.W + j / V::size * step.H * kPanelColumns<V>;
    for_each_row_block<V>(step.rows, [&](std::size_t r, auto block) {
      lstm_step_tile<division>(part, step, r, j, panel, TileIndices<block.value>());
    });
  });
}

template <typename V, typename Phi, std::size_t... i>
void rnn_step_tile(Phi phi, Columns<V> columns, const RnnStep<RealOf<V>>& step, std::size_t r,
                   std::size_t j, const RealOf<V>* panel, std::index_sequence<i...>) {
  RealOf<V>* z_t = row(step.z, r) + j;
  V z[] = {columns.load(z_t + i / 4 * step.z.stride, i % 4)...};
  accumulate(z, step.H, row(step.h_prev, r), step.h_prev.stride, panel);
  const auto finish = [&](std::size_t n, std::size_t vector, V z_n) {
    // [RNN-h] h_t = φ(z_t)
    const V h = phi(z_n + columns.load(step.b + j, vector));
    columns.store(z_t + n * step.z.stride, vector, h);
    columns.store(row(step.h, r + n) + j, vector, h);
  };
  (finish(i / 4, i % 4, z[i]), ...);
}

template <typename V, typename Phi>
void rnn_step(Phi phi, const RnnStep<RealOf<V>>& step) {
  const RealOf<V>* panel = step.W;
  for (std::size_t j = 0; j < step.H; j += kPanelColumns<V>, panel += step.H * kPanelColumns<V>) {
    const Columns<V> columns{step.H - j};
    for_each_row_block<V>(step.rows, [&](std::size_t r, auto block) {
      rnn_step_tile(phi, columns, step, r, j, panel, TileIndices<block.value>());
    });
  }
}

template <typename V>
UNROLL_KERNEL void rnn_step_tanh(const RnnStep<RealOf<V>>& step) noexcept {
  rnn_step<V>([](V z) { return hyperbolic_tangent(z); }, step);
}

template <typename V, Division division>
UNROLL_KERNEL void rnn_step_sigmoid(const RnnStep<RealOf<V>>& step) noexcept {
  rnn_step<V>([](V z) { return sigmoid<division>(z); }, step);
}

template <typename V>
UNROLL_KERNEL void rnn_step_relu(const RnnStep<RealOf<V>>& step) noexcept {
  rnn_step<V>([](V z) { return rectified(z); }, step);
}

}  // namespace unroll::simd
