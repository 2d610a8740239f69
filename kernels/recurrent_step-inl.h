/// A step of a recurrent layer in one pass: the tile that holds W h_{t−1} (tiles-inl.h) also holds
/// U x_t, and the cell is finished before the next tile. z_t never goes to memory, nor does Wᵀ
/// dz_{t+1} on the way back.
///
/// The sum of an element of z_t begins with b, then comes x_t, then h_{t−1}, in order. It is the
/// same whether b + U x_t is computed here or was computed before, for all steps at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

#include "unroll/kernels/activations-inl.h"
#include "unroll/kernels/elementwise-inl.h"
#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/lstm_cell-inl.h"
#include "unroll/kernels/tiles-inl.h"

namespace unroll::simd {

/// The row of b + U x_t, of a step to which it is given.
template <typename Real, typename Operand>
const Real* projected_row(const StepInput<Real, Operand>& in, std::size_t r) {
  return row(in.projected, in.ids == nullptr ? r : static_cast<std::size_t>(in.ids[r]));
}

/// A tile's rows: of weights that are narrow in memory it has few, for with more it is arithmetic
/// that takes the time.
template <typename V, typename Operand, typename Weight>
inline constexpr std::size_t kStepRows = std::is_same_v<Operand, Weight> ? kTileRows<V> : 2;

/// body(i) for 0 … count − 1, or the other way round.
template <typename Body>
void for_each_in_order(std::size_t count, bool descending, Body body) {
  for (std::size_t i = 0; i < count; ++i) body(descending ? count - 1 - i : i);
}

/// The values of a panel of these weights.
template <typename V, typename Operand>
std::size_t panel_size(const StepForward<RealOf<V>, Operand>& step) {
  return (lines_of<Operand>(step.in.I) + lines_of<Operand>(step.H)) * kPanelLine<V, Operand>;
}

/// sums = b + U x_t + W h_{t−1} of the rows from r on, in the columns of a panel.
template <std::size_t vectors, typename V, typename Operand, typename Weight, typename Columns,
          typename ToCome, std::size_t... i>
void sum_step(V (&sums)[sizeof...(i)], const StepForward<RealOf<V>, Operand>& step, std::size_t r,
              std::size_t column, Columns columns, const Weight* panel, const ToCome& to_come,
              std::index_sequence<i...>) {
  const auto& in = step.in;
  const std::size_t lines_of_U = lines_of<Operand>(in.I);
  if (in.x.data != nullptr) {
    ((sums[i] = columns.load(step.b + column, i % vectors)), ...);
    accumulate<vectors>(sums, lines_of_U, row(in.x, r), in.x.stride, panel);
  } else {
    ((sums[i] = columns.load(projected_row(in, r + i / vectors) + column, i % vectors)), ...);
  }
  accumulate<vectors>(sums, lines_of<Operand>(step.H), row(step.h_prev, r), step.h_prev.stride,
                      panel + lines_of_U * kPanelLine<V, Operand>, to_come);
}

/// What the cell of these rows, in so many units from j on, will read and write.
template <std::size_t most, typename Real, typename Operand>
LinesToCome<most> cell_lines(const StepForward<Real, Operand>& step, std::size_t r,
                             std::size_t rows, std::size_t j, std::size_t count, std::size_t G) {
  LinesToCome<most> lines;
  for (std::size_t end = r + rows; r < end; ++r) {
    if (step.saved.data != nullptr) {
      for (std::size_t g = 0; g < G; ++g) lines.add(row(step.saved, r) + g * step.H + j, count);
    }
    if (step.C.data != nullptr) {
      lines.add(row(step.C_prev, r) + j, count);
      lines.add(row(step.C, r) + j, count);
    }
    lines.add(row(step.h, r) + j, count);
    if (r < step.going_on) lines.add(row(step.h_next, r) + j, count);
  }
  return lines;
}
template <std::size_t most, typename Real, typename Operand>
LinesToCome<most> cell_lines(const StepBackward<Real, Operand>& step, std::size_t r,
                             std::size_t rows, std::size_t j, std::size_t count) {
  LinesToCome<most> lines;
  for (std::size_t end = r + rows; r < end; ++r) {
    lines.add(row(step.dh, r) + j, count);
    for (std::size_t gate = 0; gate < step.GH; gate += step.H) {
      lines.add(row(step.saved, r) + gate + j, count);
      lines.add(row(step.dz, r) + gate + j, count);
    }
    if (step.C.data == nullptr) continue;
    lines.add(row(step.C_prev, r) + j, count);
    lines.add(row(step.C, r) + j, count);
    lines.add(row(step.dC, r) + j, count);
  }
  return lines;
}

/// A tile of these sums, to memory. It is of so many units, with G gates each.
template <std::size_t G, std::size_t vectors, typename V, typename Operand, typename Weight,
          typename Columns, typename ToColumns, std::size_t... i>
void step_tile(const StepForward<RealOf<V>, Operand>& step, std::size_t r, std::size_t column,
               Columns columns, const Weight* panel, RealOf<V>* to, std::size_t stride,
               ToColumns to_columns, std::size_t units, std::index_sequence<i...> indices) {
  constexpr std::size_t rows = sizeof...(i) / vectors, most = 8 * rows * sizeof(V) / 64 + 8;
  const auto to_come = cell_lines<most>(step, r, rows, column, units, G);
  V sums[sizeof...(i)];
  sum_step<vectors>(sums, step, r, column, columns, panel, to_come, indices);
  (to_columns.store(to + i / vectors * stride, i % vectors, sums[i]), ...);
}

// ------------------------------------------------------------------------------------------- LSTM

/// z_t of one row in the units of two panels: alone, a panel's four sums would wait for each other.
template <typename V, typename Operand, typename Weight, std::size_t... i>
void sum_two_panels(const StepForward<RealOf<V>, Operand>& step, std::size_t r, std::size_t j,
                    const Weight* panel, RealOf<V>* to, std::index_sequence<i...>) {
  constexpr std::size_t depth = kDepth<Operand>;
  const auto& in = step.in;
  const std::size_t size = panel_size<V>(step), lines_of_U = lines_of<Operand>(in.I);
  const RealOf<V>* begin = (in.x.data == nullptr ? projected_row(in, r) : step.b) + j;
  V sums[] = {V::load_unaligned(begin + i % 4 * step.H + i / 4 * V::size)...};
  const auto add = [&](std::size_t lines, const Operand* a, const Weight* panel_lines) {
    for (std::size_t k = 0; k < lines; ++k, a += depth, panel_lines += kPanelLine<V, Operand>) {
      add_outer_product<8, Operand, Weight>(
          sums, [=](std::size_t) { return a; },
          [=](std::size_t c) { return panel_lines + c / 4 * size + c % 4 * V::size * depth; });
    }
  };
  if (in.x.data != nullptr) add(lines_of_U, row(in.x, r), panel);
  add(lines_of<Operand>(step.H), row(step.h_prev, r), panel + lines_of_U * kPanelLine<V, Operand>);
  (sums[i].store_unaligned(to + i % 4 * CellBlock<V>::kSize + i / 4 * V::size), ...);
}

/// z_t of a block: a panel line has the four gates of a vector of units.
template <typename V, typename Operand, typename Weight>
void sum_block(const StepForward<RealOf<V>, Operand>& step, const Weight* weights,
               const BlockAt& at, CellBlock<V>& block) {
  const std::size_t size = panel_size<V>(step), stride = at.vectors * V::size;
  const std::size_t units = step.H - at.unit < stride ? step.H - at.unit : stride;
  const std::size_t pairs = at.rows == 1 ? units / (2 * V::size) : 0, done = pairs * 2 * V::size;
  for_each_in_order(pairs, step.descending, [&](std::size_t pair) {
    const std::size_t j = at.unit + pair * 2 * V::size;
    sum_two_panels<V>(step, at.row, j, weights + j / V::size * size, block.z + (j - at.unit),
                      std::make_index_sequence<8>());
  });
  for_each_vector<V>(units - done, [&](std::size_t offset, auto part) {
    const std::size_t k = done + offset, j = at.unit + k;
    const Weight* panel = weights + j / V::size * size;
    for_each_row_block<kStepRows<V, Operand, Weight>>(at.rows, [&](std::size_t r, auto rows) {
      step_tile<4, kTileVectors, V>(step, at.row + r, j, GateColumns<decltype(part)>{part, step.H},
                                    panel, block.z + r * stride + k, stride,
                                    GateColumns<Whole<V>>{{}, CellBlock<V>::kSize}, V::size,
                                    std::make_index_sequence<rows.value * kTileVectors>());
    });
  });
}

/// Blocks of nearly equal numbers of rows, and of as many units as fit.
template <typename V, Division division, typename Operand, typename Weight>
UNROLL_KERNEL void lstm_step(const StepForward<RealOf<V>, Operand>& step,
                             const Weight* weights) noexcept {
  constexpr std::size_t most = CellBlock<V>::kVectors;
  const std::size_t parts = (step.rows + most - 1) / most;
  const std::size_t rows = parts == 0 ? 0 : (step.rows + parts - 1) / parts;
  const std::size_t width = rows == 0 ? 1 : most / rows, units = width * V::size;
  const std::size_t blocks = (step.last_unit - step.first_unit + units - 1) / units;
  CellBlock<V> block;
  for_each_in_order(blocks, step.descending, [&](std::size_t b) {
    const std::size_t j = step.first_unit + b * units;
    const std::size_t left = vectors_of<V>(step.last_unit - j);
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t r = step.rows * part / parts;
      const BlockAt at{r, step.rows * (part + 1) / parts - r, j, left < width ? left : width};
      sum_block(step, weights, at, block);
      finish_lstm<V, division>(step, at, block);
    }
  });
}

/// body(j, count) for a step's units, by the columns of a panel.
template <typename V, typename Step, typename Body>
void for_each_panel(const Step& step, Body body) {
  constexpr std::size_t columns = kPanelColumns<V>;
  const std::size_t units = step.last_unit - step.first_unit;
  for_each_in_order((units + columns - 1) / columns, step.descending, [&](std::size_t panel) {
    const std::size_t left = units - panel * columns;
    body(step.first_unit + panel * columns, left < columns ? left : columns);
  });
}

/// A tile's sums in memory, for a cell that goes over them row by row; they stay in the first-level
/// cache.
template <typename V>
struct TileRows {
  RealOf<V>* row(std::size_t r) { return sums + r * kPanelColumns<V>; }

  alignas(64) RealOf<V> sums[kTileRows<V> * kPanelColumns<V>];
};

/// A tile of Wᵀ dz_{t+1}, to memory.
template <std::size_t vectors, typename V, typename Operand, std::size_t... i>
void delta_tile(const StepBackward<RealOf<V>, Operand>& step, std::size_t r, std::size_t j,
                std::size_t count, const Operand* panel, TileRows<V>& delta,
                std::index_sequence<i...>) {
  constexpr std::size_t rows = sizeof...(i) / vectors, most = 12 * rows * kPanelColumns<V> / 16 + 8;
  const auto to_come = cell_lines<most>(step, r, rows, j, count);
  V sums[] = {(static_cast<void>(i), V(RealOf<V>(0)))...};
  accumulate<vectors>(sums, lines_of<Operand>(step.GH), row(step.dz_next, r), step.dz_next.stride,
                      panel, to_come);
  (sums[i].store_unaligned(delta.row(i / vectors) + i % vectors * V::size), ...);
}

/// δh_t, what comes back from step t+1 and what comes down from above, as body(r, j, count, δh): of
/// row r the `count` units from j on.
template <typename V, typename Operand, typename Body>
void for_each_delta(const StepBackward<RealOf<V>, Operand>& step, Body body) {
  TileRows<V> delta;
  const std::size_t panel_values = lines_of<Operand>(step.GH) * kPanelLine<V, Operand>;
  for_each_panel<V>(step, [&](std::size_t j, std::size_t count) {
    const Operand* panel = step.W + j / kPanelColumns<V> * panel_values;
    const auto finish = [&](std::size_t r, RealOf<V>* dh) {
      // [RNN-dh] [LSTM-dh] δ_t = Vᵀ dO_t + Wᵀ dz_{t+1}: sent down from above, sent back by step t+1
      add<V>(count, row(step.dh, r) + j, dh);
      body(r, j, count, dh);
    };
    for_tile_width<V>(count, [&](auto vectors) {
      for_each_row_block<kTileRows<V>>(step.going_on, [&](std::size_t r, auto block) {
        delta_tile<vectors.value, V>(step, r, j, count, panel, delta,
                                     std::make_index_sequence<block.value * vectors.value>());
        for (std::size_t n = 0; n < block; ++n) finish(r + n, delta.row(n));
      });
    });
    for (std::size_t r = step.going_on; r < step.rows; ++r) {
      std::memcpy(delta.row(0), row(step.dh_T, r) + j, count * sizeof(RealOf<V>));
      finish(r, delta.row(0));
    }
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void lstm_step_back(const StepBackward<RealOf<V>, Operand>& step) noexcept {
  for_each_delta<V>(
      step, [&](std::size_t r, std::size_t j, std::size_t count, const RealOf<V>* dh) {
        lstm_cell_backward_row<V>(step.H, count, row(step.saved, r) + j, row(step.C_prev, r) + j,
                                  row(step.C, r) + j, dh, row(step.dC, r) + j, row(step.dz, r) + j);
      });
}

// -------------------------------------------------------------------------------------------- RNN

template <typename V, typename Operand, typename Weight, typename Phi>
void rnn_step(Phi phi, const StepForward<RealOf<V>, Operand>& step, const Weight* weights) {
  TileRows<V> z;
  const auto finish = [&](std::size_t r, std::size_t j, std::size_t count, const RealOf<V>* h) {
    for_each_vector<V>(count, [&](std::size_t k, auto part) {
      const V h_t = part.load(h + k);
      part.store(row(step.h, r) + j + k, h_t);
      if (step.saved.data != nullptr) part.store(row(step.saved, r) + j + k, h_t);
      if (r < step.going_on) {
        Multiplier<V, Operand>::store(part, row(step.h_next, r) + j + k, h_t);
      }
    });
  };
  for_each_panel<V>(step, [&](std::size_t j, std::size_t count) {
    const Weight* panel = weights + j / kPanelColumns<V> * panel_size<V>(step);
    for_tile_width<V>(count, [&](auto vectors) {
      constexpr std::size_t stride = vectors.value * V::size;
      for_each_row_block<kStepRows<V, Operand, Weight>>(step.rows, [&](std::size_t r, auto rows) {
        step_tile<1, vectors.value, V>(step, r, j, PlainColumns<V>{count}, panel, z.sums, stride,
                                       PlainColumns<V>{stride}, count,
                                       std::make_index_sequence<rows.value * vectors.value>());
        map<V>(phi, rows * stride, z.sums, z.sums);  // [RNN-h] h_t = φ(z_t)
        for (std::size_t n = 0; n < rows; ++n) finish(r + n, j, count, z.sums + n * stride);
      });
    });
  });
}

template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void rnn_step_tanh(const StepForward<RealOf<V>, Operand>& step,
                                 const Weight* weights) noexcept {
  rnn_step<V>([](auto z) { return hyperbolic_tangent(z); }, step, weights);
}

template <typename V, Division division, typename Operand, typename Weight>
UNROLL_KERNEL void rnn_step_sigmoid(const StepForward<RealOf<V>, Operand>& step,
                                    const Weight* weights) noexcept {
  rnn_step<V>([](auto z) { return sigmoid<division>(z); }, step, weights);
}

template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void rnn_step_relu(const StepForward<RealOf<V>, Operand>& step,
                                 const Weight* weights) noexcept {
  rnn_step<V>([](auto z) { return rectified(z); }, step, weights);
}

/// backward(n, h, δ, dz): of an activation, as a function of its output (activations-inl.h).
template <typename V, typename Operand, typename Backward>
void rnn_step_back(Backward backward, const StepBackward<RealOf<V>, Operand>& step) {
  for_each_delta<V>(step, [&](std::size_t r, std::size_t j, std::size_t count, RealOf<V>* dh) {
    // [RNN-dz] dz_t = δ_t ⊙ φ′(z_t)
    RealOf<V>* const dz = dh;  // takes its place
    backward(count, row(step.saved, r) + j, dh, dz);
    for_each_vector<V>(count, [&](std::size_t k, auto part) {
      Multiplier<V, Operand>::store(part, row(step.dz, r) + j + k, part.load(dz + k));
    });
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void rnn_step_back_tanh(const StepBackward<RealOf<V>, Operand>& step) noexcept {
  rnn_step_back<V>([](auto... of) { tanh_backward<V>(of...); }, step);
}

template <typename V, typename Operand>
UNROLL_KERNEL void rnn_step_back_sigmoid(const StepBackward<RealOf<V>, Operand>& step) noexcept {
  rnn_step_back<V>([](auto... of) { sigmoid_backward<V>(of...); }, step);
}

template <typename V, typename Operand>
UNROLL_KERNEL void rnn_step_back_relu(const StepBackward<RealOf<V>, Operand>& step) noexcept {
  rnn_step_back<V>([](auto... of) { relu_backward<V>(of...); }, step);
}

}  // namespace unroll::simd
