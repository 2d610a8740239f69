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

#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/lstm_cell-inl.h"
#include "unroll/kernels/recurrent_step.h"
#include "unroll/kernels/tiles-inl.h"

namespace unroll::simd {

/// b + U x_t of row r, where it is known.
template <typename Real, typename Operand>
const Real* projected_row(const ProductOfInput<Real, Operand>& in, std::size_t r) {
  return row(in.projected, in.place(r));
}

/// A tile's rows: of weights that are narrow in memory it has few, for with more it is arithmetic
/// that takes the time.
template <typename V, typename Operand, typename Weight>
inline constexpr std::size_t kStepRows =
    std::is_same_v<Operand, Weight> ? kTileRows<V> : kNarrowRows;

/// The panel after that of the units from j on, of which it has `columns`; at last again the first
/// one, which the next step will read. Nowhere if all of a step's panels together stay in a
/// second-level cache anyway.
template <typename V, typename Operand, typename Weight>
PanelFrom<V, Operand, Weight> next_panel_of(Range units, const Weight* panels, std::size_t lines,
                                            std::size_t j, std::size_t columns) {
  constexpr std::size_t kStays = std::size_t{256} << 10;
  const std::size_t size = units.size() / columns * lines * kPanelLine<V, Operand> * sizeof(Weight);
  if (size <= kStays) return {nullptr, 0};
  const std::size_t next = j + columns < units.end ? j + columns : units.begin;
  return panel_at<V, Operand>(panels, next / columns, lines);
}

/// The lines of each panel of a step's weights: U's come first, then W's.
struct StepLines {
  std::size_t U, W;

  std::size_t all() const { return U + W; }
};
template <typename Operand, typename Weight>
StepLines lines_of_step(const StepWeights<Weight>& weights, std::size_t H) {
  return {lines_of<Operand>(weights.inputs), lines_of<Operand>(H)};
}

/// sums = b + U x_t + W h_{t−1} of a tile, in the columns of a panel from `column` on.
template <typename V, typename Operand, typename Weight, typename Tile, typename Columns,
          typename ToCome, std::size_t... i>
void sum_step(V (&sums)[sizeof...(i)], const RecurrentStep<RealOf<V>, Operand>& step,
              StepLines lines, Tile tile, std::size_t column, Columns columns,
              PanelFrom<V, Operand, Weight> panel, PanelToCome next, const ToCome& to_come,
              std::index_sequence<i...>) {
  constexpr std::size_t vectors = Tile::vectors;
  const auto& in = step.in;
  panel = panel.from(tile.vector);
  if (!in.is_projected()) {
    ((sums[i] = columns.load(step.b.data() + column, tile.vector + i % vectors)), ...);
    accumulate<vectors>(sums, lines.U, row(in.x, tile.row), in.x.stride(), panel, next);
    next.count = 0;
  } else {
    ((sums[i] = columns.load(projected_row(in, tile.row + i / vectors) + column,
                             tile.vector + i % vectors)),
     ...);
  }
  // [RNN-z] z_t = U x_t + W h_{t−1} + b
  accumulate<vectors>(sums, lines.W, row(step.h_prev, tile.row), step.h_prev.stride(),
                      panel.after(lines.U), next, to_come);
}

/// What the cell of these rows, in so many units from j on, will read and write. Static, because no
/// type tells one instruction set's copy from another's, and a linker might keep the wrong one.
template <std::size_t most, typename Real, typename Operand>
static LinesToCome<most> cell_lines(const RecurrentStep<Real, Operand>& step, std::size_t r,
                                    std::size_t rows, std::size_t j, std::size_t count,
                                    std::size_t G) {
  LinesToCome<most> lines;
  for (std::size_t end = r + rows; r < end; ++r) {
    if (step.saved.data() != nullptr) {
      for (std::size_t g = 0; g < G; ++g)
        lines.add(row(step.saved, r) + g * step.hidden() + j, count);
    }
    if (step.C.data() != nullptr) {
      lines.add(row(step.C_prev, r) + j, count);
      lines.add(row(step.C, r) + j, count);
    }
    lines.add(row(step.h, r) + j, count);
    if (r < step.going_on()) lines.add(row(step.h_next, r) + j, count);
  }
  return lines;
}
template <std::size_t most, typename Real, typename Operand>
static LinesToCome<most> cell_lines(const RecurrentStepBack<Real, Operand>& step, std::size_t r,
                                    std::size_t rows, std::size_t j, std::size_t count) {
  LinesToCome<most> lines;
  for (std::size_t end = r + rows; r < end; ++r) {
    lines.add(row(step.dh, r) + j, count);
    for (std::size_t gate = 0; gate < step.saved.columns(); gate += step.hidden()) {
      lines.add(row(step.saved, r) + gate + j, count);
      lines.add(row(step.dz, r) + gate + j, count);
    }
    if (step.C.data() == nullptr) continue;
    lines.add(row(step.C_prev, r) + j, count);
    lines.add(row(step.C, r) + j, count);
    lines.add(row(step.dC, r) + j, count);
  }
  return lines;
}

/// Gives the sums of a tile to store(row of the tile, vector of the panel, sum), and asks for what
/// the cell will need: `units` of its units, from j on, are this tile's to ask for; each has G
/// gates.
template <std::size_t G, typename V, typename Operand, typename Weight, typename Tile,
          typename Columns, typename Store, std::size_t... i>
void step_tile(const RecurrentStep<RealOf<V>, Operand>& step, StepLines lines, Tile tile,
               std::size_t column, Columns columns, PanelFrom<V, Operand, Weight> panel,
               PanelFrom<V, Operand, Weight> next, std::size_t j, std::size_t units, Store store,
               std::index_sequence<i...> indices) {
  constexpr std::size_t most = 8 * Tile::rows * sizeof(V) / 64 + 8;
  const auto to_come = cell_lines<most>(step, tile.row, tile.rows, j, units, G);
  const std::size_t next_lines = step.in.is_projected() ? lines.W : lines.all();
  if (next.at != nullptr && step.in.is_projected()) next = next.after(lines.U);
  V sums[sizeof...(i)];
  sum_step<V>(sums, step, lines, tile, column, columns, panel,
              PanelToCome::share(next, next_lines, tile, step.rows()), to_come, indices);
  (store(i / tile.vectors, tile.vector + i % tile.vectors, sums[i]), ...);
}

// ------------------------------------------------------------------------------------------- LSTM

/// z_t of one row in the units of two panels: alone, a panel's four sums would wait for each other.
template <typename V, typename Operand, typename Weight, std::size_t... i>
void sum_two_panels(const RecurrentStep<RealOf<V>, Operand>& step, StepLines lines, std::size_t r,
                    std::size_t j, PanelFrom<V, Operand, Weight> panel, RealOf<V>* to,
                    std::index_sequence<i...>) {
  const auto& in = step.in;
  const RealOf<V>* begin = (in.is_projected() ? projected_row(in, r) : step.b.data()) + j;
  V sums[] = {V::load_unaligned(begin + i % 4 * step.hidden() + i / 4 * V::size)...};
  if (!in.is_projected()) accumulate<8>(sums, lines.U, row(in.x, r), 0, panel);
  accumulate<8>(sums, lines.W, row(step.h_prev, r), 0, panel.after(lines.U));
  (sums[i].store_unaligned(to + i % 4 * CellBlock<V>::kSize + i / 4 * V::size), ...);
}

/// z_t of a block: a panel line has the four gates of a vector of units.
template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void sum_block(const RecurrentStep<RealOf<V>, Operand>& step,
                             const StepWeights<Weight>& weights, const BlockAt& at,
                             CellBlock<V>& block) {
  const std::size_t stride = at.vectors * V::size;
  const StepLines lines = lines_of_step<Operand>(weights, step.hidden());
  const std::size_t units = step.hidden() - at.unit < stride ? step.hidden() - at.unit : stride;
  const std::size_t pairs = at.rows == 1 ? units / (2 * V::size) : 0, done = pairs * 2 * V::size;
  for_each_in_order(pairs, step.descending, [&](std::size_t pair) {
    const std::size_t j = at.unit + pair * 2 * V::size;
    sum_two_panels(step, lines, at.row, j,
                   panel_at<V, Operand>(weights.panels, j / V::size, lines.all()),
                   block.z + (j - at.unit), std::make_index_sequence<8>());
  });
  const bool high = wants_high_tiles<V, Operand, Weight>(step.units.size() / V::size, lines.W);
  for (std::size_t k = done; k < units; k += V::size) {
    const std::size_t j = at.unit + k;
    const auto panel = panel_at<V, Operand>(weights.panels, j / V::size, lines.all());
    const auto next =
        next_panel_of<V, Operand>(step.units, weights.panels, lines.all(), j, V::size);
    constexpr std::size_t most = kStepRows<V, Operand, Weight>;
    for_each_tile<V, most>(at.rows, kPanelColumns<V>, high, [&](auto tile) {
      RealOf<V>* z = block.z + tile.row * stride + k;
      tile.row += at.row;
      step_tile<4, V>(
          step, lines, tile, j, GateColumns<V>{step.hidden(), units - k}, panel, next, j,
          tile.vector == 0 ? V::size : 0,
          [&](std::size_t r, std::size_t gate, V sum) {
            sum.store_unaligned(z + gate * CellBlock<V>::kSize + r * stride);
          },
          tile.indices);
    });
  }
}

/// body(at, block) for blocks of nearly equal numbers of rows, and of as many units as fit; of few
/// rows an even number of vectors, for there are weights that are packed for two at a time.
template <typename V, typename Operand, typename Body>
void for_each_cell_block(const RecurrentStep<RealOf<V>, Operand>& step, Body body) {
  constexpr std::size_t most = CellBlock<V>::kVectors;
  const std::size_t parts = (step.rows() + most - 1) / most;
  const std::size_t rows = parts == 0 ? 0 : (step.rows() + parts - 1) / parts;
  const std::size_t fit = rows == 0 ? 2 : most / rows;
  const std::size_t width = rows <= kNarrowRows ? fit - fit % 2 : fit;
  const std::size_t units = width * V::size;
  const std::size_t blocks = (step.units.size() + units - 1) / units;
  CellBlock<V> block;
  for_each_in_order(blocks, step.descending, [&](std::size_t b) {
    const std::size_t j = step.units.begin + b * units;
    const std::size_t left = vectors_of<V>(step.units.end - j);
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t r = step.rows() * part / parts;
      const BlockAt at{r, step.rows() * (part + 1) / parts - r, j, left < width ? left : width};
      body(at, block);
    }
  });
}

template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void lstm_step(const RecurrentStep<RealOf<V>, Operand>& step,
                             const StepWeights<Weight>& weights, Unary<RealOf<V>>* sigma,
                             Unary<RealOf<V>>* tanh) noexcept {
  for_each_cell_block<V>(step, [&](const BlockAt& at, CellBlock<V>& block) {
    sum_block(step, weights, at, block);
    finish_lstm(step, at, block, sigma, tanh);
  });
}

/// body(j, count) for a step's units, by the columns of a panel.
template <typename V, typename Step, typename Body>
void for_each_panel(const Step& step, Body body) {
  constexpr std::size_t columns = kPanelColumns<V>;
  const std::size_t units = step.units.size();
  for_each_in_order((units + columns - 1) / columns, step.descending, [&](std::size_t panel) {
    const std::size_t left = units - panel * columns;
    body(step.units.begin + panel * columns, left < columns ? left : columns);
  });
}

/// Sums of a few rows in a panel's columns, in memory: from tiles to a cell that goes over them row
/// by row, by way of the first-level cache. What makes them is a kernel of its own, or the cell's
/// constants would take registers from the tiles.
template <typename V>
struct PanelRows {
  explicit PanelRows(std::size_t columns) : stride((columns + V::size - 1) / V::size * V::size) {}
  RealOf<V>* row(std::size_t r) { return sums + r * stride; }
  void store(std::size_t r, std::size_t vector, V sum) {
    PlainColumns<V>{stride}.store(row(r), vector, sum);
  }

  const std::size_t stride;
  alignas(64) RealOf<V> sums[kTileRows<V> * kPanelColumns<V>];
};

/// Wᵀ dz_{t+1} of so many rows from r on, at most kTileRows, in so many columns from j on.
template <typename V, typename Operand>
UNROLL_KERNEL void sum_deltas(const RecurrentStepBack<RealOf<V>, Operand>& step, const Operand* W,
                              std::size_t r, std::size_t rows, std::size_t j, std::size_t columns,
                              bool high, PanelRows<V>& delta) noexcept {
  const std::size_t lines = lines_of<Operand>(step.dz_next.columns());
  const auto panel = panel_at<V, Operand>(W, j / kPanelColumns<V>, lines);
  const auto next = next_panel_of<V, Operand>(step.units, W, lines, j, kPanelColumns<V>);
  for_each_tile<V>(rows, columns, high, [&](auto tile) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      constexpr std::size_t vectors = tile.vectors;
      constexpr std::size_t most = 12 * tile.rows * kPanelColumns<V> / 16 + 8;
      const std::size_t first = tile.vector * V::size;
      const auto to_come = cell_lines<most>(step, r + tile.row, tile.rows, j + first,
                                            tile.template columns<V>(columns));
      V sums[] = {(static_cast<void>(i), V(RealOf<V>(0)))...};
      const Operand* dz = row(step.dz_next, r + tile.row);
      Tile<tile.rows, vectors> of_step{r + tile.row, tile.vector};
      const auto share = PanelToCome::share(next, lines, of_step, step.going_on());
      accumulate<vectors>(sums, lines, dz, step.dz_next.stride(), panel.from(tile.vector), share,
                          to_come);
      (delta.store(tile.row + i / vectors, tile.vector + i % vectors, sums[i]), ...);
    }(tile.indices);
  });
}

/// δh_t, what comes back from step t+1 and what comes down from above, as body(r, j, count, δh): of
/// row r the `count` units from j on.
template <typename V, typename Operand, typename Body>
void for_each_delta(const RecurrentStepBack<RealOf<V>, Operand>& step, const Operand* W,
                    Body body) {
  const bool high = wants_high_tiles<V, Operand>(step.units.size() / kPanelColumns<V>,
                                                 lines_of<Operand>(step.dz_next.columns()));
  for_each_panel<V>(step, [&](std::size_t j, std::size_t count) {
    PanelRows<V> delta(count);
    const auto finish = [&](std::size_t r, RealOf<V>* dh) {
      // [RNN-dh] [LSTM-dh] [GRU-after-dh] δ_t = Vᵀ dO_t + Wᵀ dz_{t+1}: from above and step t+1
      elementwise<V>([](V from_above, V back) { return back + from_above; }, count, dh,
                     row(step.dh, r) + j, dh);
      body(r, j, count, dh);
    };
    for_each_tile_height<V>(step.going_on(), high, [&](std::size_t r, std::size_t rows) {
      sum_deltas(step, W, r, rows, j, count, high, delta);
      for (std::size_t n = 0; n < rows; ++n) finish(r + n, delta.row(n));
    });
    for (std::size_t r = step.going_on(); r < step.rows(); ++r) {
      std::memcpy(delta.row(0), row(step.dh_T, r) + j, count * sizeof(RealOf<V>));
      finish(r, delta.row(0));
    }
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void lstm_step_back(const RecurrentStepBack<RealOf<V>, Operand>& step,
                                  const Operand* W) noexcept {
  for_each_delta<V>(
      step, W, [&](std::size_t r, std::size_t j, std::size_t count, const RealOf<V>* dh) {
        lstm_cell_backward_row<V>(step.hidden(), count, row(step.saved, r) + j,
                                  row(step.C_prev, r) + j, row(step.C, r) + j, dh,
                                  row(step.dC, r) + j, row(step.dz, r) + j, step.rounds());
      });
}

// -------------------------------------------------------------------------------------------- RNN

/// z_t of so many rows from r on, at most kTileRows, in so many units from j on.
template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void sum_rows(const RecurrentStep<RealOf<V>, Operand>& step,
                            const StepWeights<Weight>& weights, std::size_t r, std::size_t rows,
                            std::size_t j, std::size_t columns, bool high,
                            PanelRows<V>& z) noexcept {
  const StepLines lines = lines_of_step<Operand>(weights, step.hidden());
  const auto panel = panel_at<V, Operand>(weights.panels, j / kPanelColumns<V>, lines.all());
  const auto next =
      next_panel_of<V, Operand>(step.units, weights.panels, lines.all(), j, kPanelColumns<V>);
  for_each_tile<V, kStepRows<V, Operand, Weight>>(rows, columns, high, [&](auto tile) {
    const std::size_t row_in_block = tile.row;
    tile.row += r;
    step_tile<1, V>(
        step, lines, tile, j, PlainColumns<V>{columns}, panel, next, j + tile.vector * V::size,
        tile.template columns<V>(columns),
        [&](std::size_t n, std::size_t vector, V sum) { z.store(row_in_block + n, vector, sum); },
        tile.indices);
  });
}

/// φ, a function of arrays, takes the sums of a few rows at once.
template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void rnn_step(const RecurrentStep<RealOf<V>, Operand>& step,
                            const StepWeights<Weight>& weights, Unary<RealOf<V>>* phi) noexcept {
  const bool high = wants_high_tiles<V, Operand, Weight>(step.units.size() / kPanelColumns<V>,
                                                         lines_of<Operand>(step.hidden()));
  for_each_panel<V>(step, [&](std::size_t j, std::size_t count) {
    PanelRows<V> z(count);
    for_each_tile_height<V, kStepRows<V, Operand, Weight>>(
        step.rows(), high, [&](std::size_t first, std::size_t rows) {
          sum_rows(step, weights, first, rows, j, count, high, z);
          phi(rows * z.stride, z.sums, z.sums);  // [RNN-h] h_t = φ(z_t)
          for (std::size_t r = first; r < first + rows; ++r) {
            for_each_vector<V>(count, [&](std::size_t k, auto part) {
              const V h_t = part.load(z.row(r - first) + k);
              part.store(row(step.h, r) + j + k, h_t);
              if (step.saved.data() != nullptr) part.store(row(step.saved, r) + j + k, h_t);
              if (r < step.going_on()) {
                store_operand(part, row(step.h_next, r) + j + k, h_t, step.rounds());
              }
            });
          }
        });
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void rnn_step_back(const RecurrentStepBack<RealOf<V>, Operand>& step,
                                 const Operand* W,
                                 UnaryBackward<RealOf<V>>* phi_backward) noexcept {
  for_each_delta<V>(step, W, [&](std::size_t r, std::size_t j, std::size_t count, RealOf<V>* dh) {
    // [RNN-dz] dz_t = δ_t ⊙ φ′(z_t)
    RealOf<V>* const dz = dh;  // takes its place
    phi_backward(count, row(step.saved, r) + j, dh, dz);
    for_each_vector<V>(count, [&](std::size_t k, auto part) {
      store_operand(part, row(step.dz, r) + j + k, part.load(dz + k), step.rounds());
    });
  });
}

}  // namespace unroll::simd
