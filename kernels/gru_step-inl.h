/// A step of the GRU whose reset comes after the product, in one pass (recurrent_step-inl.h). Its
/// gates r and u are sums of both products, as an LSTM's are. Its candidate needs two sums, p = U_h
/// x_t + b_h and q = W_h h_{t−1} + d_h, for r comes between them.
///
/// So a line of a panel has three vectors: r, u and the candidate of the same units. A tile adds up
/// U's lines, leaves p to the cell, puts d_h in its place and goes on with W's lines.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "unroll/kernels/recurrent_step-inl.h"

namespace unroll::simd {

/// Vectors of a line.
inline constexpr std::size_t kGruVectors = 3;
/// Rows of a tile as wide as a line.
template <typename V>
inline constexpr std::size_t kGruRows = kTileSums<V> / kGruVectors;

/// From a place in a panel on. Vector c of a line is gate c.
template <typename V, typename Operand>
struct GruPanel {
  using Value = Operand;
  static constexpr std::size_t kVector = V::size * kDepth<Operand>, kLine = kGruVectors * kVector;

  const Operand* vector(std::size_t k, std::size_t c) const { return at + k * kLine + c * kVector; }
  GruPanel after(std::size_t lines) const { return {at + lines * kLine}; }

  const Operand* at;
};

/// Two neighbouring panels: vector c is gate c / 2 of panel c % 2.
template <typename V, typename Operand>
struct TwoGruPanels {
  using Value = Operand;
  using One = GruPanel<V, Operand>;

  const Operand* vector(std::size_t k, std::size_t c) const {
    return at + c % 2 * panel + k * One::kLine + c / 2 * One::kVector;
  }
  TwoGruPanels after(std::size_t lines) const { return {at + lines * One::kLine, panel}; }

  const Operand* at;
  std::size_t panel;  ///< values of one
};

/// Two panels of W, narrow: vectors 2g and 2g + 1, of gate g, are halves of the same words.
template <typename V>
struct NarrowGruPanels {
  using Value = BFloat16;
  static constexpr std::size_t kLine = 2 * kGruVectors * V::size;

  const BFloat16* vector(std::size_t k, std::size_t c) const {
    return at + k * kLine + c * V::size;
  }
  NarrowGruPanels after(std::size_t lines) const { return {at + lines * kLine}; }

  const BFloat16* at;
};

/// C (rows, 3H) = b + A (rows, K) · B, B the first of the lines of these panels; the gates of some
/// units.
template <typename V, typename Operand>
UNROLL_KERNEL void packed_product_of_three_gates(std::size_t rows, std::size_t H, std::size_t K,
                                                 std::size_t lines, Rows<const Operand> A,
                                                 const Operand* panels, const RealOf<V>* b,
                                                 Rows<RealOf<V>> C, std::size_t first_unit,
                                                 std::size_t last_unit) noexcept {
  for (std::size_t j = first_unit; j < last_unit; j += V::size) {
    const GruPanel<V, Operand> panel{panels + j / V::size * lines * GruPanel<V, Operand>::kLine};
    const GateColumns<V> columns{H, last_unit - j};
    for_each_block<kGruRows<V>>(rows, [&](std::size_t first, std::size_t count) {
      for_row_block<1, kGruRows<V>>(first, count, [&](std::size_t r, auto height) {
        [&]<std::size_t... i>(std::index_sequence<i...>) {
          constexpr std::size_t vectors = kGruVectors;
          V sums[] = {columns.load(b + j, i % vectors)...};
          accumulate<vectors>(sums, lines_of<Operand>(K), row(A, r), A.stride, panel);
          (columns.store(row(C, r + i / vectors) + j, i % vectors, sums[i]), ...);
        }(std::make_index_sequence<height * kGruVectors>());
      });
    });
  }
}

/// Where a tile leaves its sums in a block: r, u, p and q are the block's four parts.
template <typename V>
struct GruSums {
  void store(std::size_t row, std::size_t half, std::size_t part, V sum) const {
    if (half * V::size >= units) return;
    sum.store_unaligned(to + part * CellBlock<V>::kSize + row * stride + half * V::size);
  }

  RealOf<V>* to;
  std::size_t stride;
  std::size_t units;  ///< of the block, from here on
};

/// The sums of so many rows from r on, in so many vectors of units from unit j on.
template <std::size_t halves, typename V, typename Operand, typename Panel, typename ToCome,
          std::size_t... i>
void sum_gru_tile(const RecurrentStep<RealOf<V>, Operand>& step, StepLines lines, std::size_t r,
                  std::size_t j, Panel panel, const GruSums<V>& to, const ToCome& to_come,
                  std::index_sequence<i...>) {
  constexpr std::size_t vectors = kGruVectors * halves;
  const auto gate_of = [](std::size_t n) { return n % vectors / halves; };
  const std::size_t H = step.hidden();
  const auto& in = step.in;
  const PlainColumns<V> columns{H - j};
  V sums[sizeof...(i)];
  if (in.is_projected()) {
    ((sums[i] = columns.load(projected_row(in, r + i / vectors) + gate_of(i) * H + j, i % halves)),
     ...);
  } else {
    ((sums[i] = columns.load(step.b.data() + gate_of(i) * H + j, i % halves)), ...);
    accumulate<vectors>(sums, lines.U, row(in.x, r), in.x.stride(), panel);
  }
  const auto begin_q = [&](auto n, V& sum) {
    if constexpr (n % vectors / halves == 2) {
      to.store(n / vectors, n % halves, 2, sum);
      sum = columns.load(step.d.data() + j, n % halves);  // [GRU-after-q] W_h h_{t−1} + d_h
    }
  };
  (begin_q(std::integral_constant<std::size_t, i>(), sums[i]), ...);
  accumulate<vectors>(sums, lines.W, row(step.h_prev, r), step.h_prev.stride(),
                      panel.after(lines.U), to_come);
  (to.store(i / vectors, i % halves, gate_of(i) == 2 ? 3 : gate_of(i), sums[i]), ...);
}

/// What the cell of these rows, in so many units from j on, will read and write. Static, because no
/// type tells one instruction set's copy from another's, and a linker might keep the wrong one.
template <std::size_t most, typename Real, typename Operand>
static LinesToCome<most> gru_lines(const RecurrentStep<Real, Operand>& step, std::size_t r,
                                   std::size_t rows, std::size_t j, std::size_t count) {
  LinesToCome<most> lines;
  for (std::size_t end = r + rows; r < end; ++r) {
    for (std::size_t part = 0; part < 4 && step.saved.data() != nullptr; ++part) {
      lines.add(row(step.saved, r) + part * step.hidden() + j, count);
    }
    lines.add(row(step.h_kept, r) + j, count);
    lines.add(row(step.h, r) + j, count);
    if (r < step.going_on()) lines.add(row(step.h_next, r) + j, count);
  }
  return lines;
}

/// The sums of a block, by tiles of so many vectors of units.
template <std::size_t halves, std::size_t most, typename V, typename Operand, typename PanelAt>
void sum_gru_units(const RecurrentStep<RealOf<V>, Operand>& step, StepLines lines,
                   const BlockAt& at, std::size_t unit, CellBlock<V>& block, PanelAt panel_at) {
  const std::size_t stride = at.vectors * V::size, k = unit - at.unit;
  const auto panel = panel_at(unit);
  for_each_block<most>(at.rows, [&](std::size_t first, std::size_t count) {
    for_row_block<1, most>(first, count, [&](std::size_t r, auto rows) {
      constexpr std::size_t sums = rows * halves * kGruVectors;
      constexpr std::size_t to_ask_for = 8 * rows * halves * sizeof(V) / 64 + 8;
      const GruSums<V> to{block.z + r * stride + k, stride, stride - k};
      const auto to_come = gru_lines<to_ask_for>(step, at.row + r, rows, unit, halves * V::size);
      sum_gru_tile<halves, V>(step, lines, at.row + r, unit, panel, to, to_come,
                              std::make_index_sequence<sums>());
    });
  });
}

/// The sums of a block. One row takes two panels at once: alone, three sums would wait for each
/// other.
template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void sum_gru_block(const RecurrentStep<RealOf<V>, Operand>& step,
                                 const StepWeights<Weight>& weights, const BlockAt& at,
                                 CellBlock<V>& block) {
  const StepLines lines = lines_of_step<Operand>(weights, step.hidden());
  const std::size_t left = step.hidden() - at.unit, width = at.vectors * V::size;
  const std::size_t units = left < width ? left : width;
  if constexpr (std::is_same_v<Operand, Weight>) {
    const std::size_t panel = lines.all() * GruPanel<V, Operand>::kLine;
    const std::size_t pairs = at.rows == 1 ? units / (2 * V::size) : 0;
    for_each_in_order(pairs, step.descending, [&](std::size_t pair) {
      sum_gru_units<2, 1>(step, lines, at, at.unit + pair * 2 * V::size, block, [&](auto unit) {
        return TwoGruPanels<V, Operand>{weights.panels + unit / V::size * panel, panel};
      });
    });
    for (std::size_t k = pairs * 2 * V::size; k < units; k += V::size) {
      sum_gru_units<1, kGruRows<V>>(step, lines, at, at.unit + k, block, [&](auto unit) {
        return GruPanel<V, Operand>{weights.panels + unit / V::size * panel};
      });
    }
  } else {
    constexpr std::size_t most = kRegisters<V> == 32 ? kNarrowRows : 1;  // six sums a row
    const std::size_t panel = lines.all() * NarrowGruPanels<V>::kLine;
    const std::size_t pairs = (units + 2 * V::size - 1) / (2 * V::size);
    for_each_in_order(pairs, step.descending, [&](std::size_t pair) {
      sum_gru_units<2, most>(step, lines, at, at.unit + pair * 2 * V::size, block, [&](auto unit) {
        return NarrowGruPanels<V>{weights.panels + unit / (2 * V::size) * panel};
      });
    });
  }
}

/// The cell, from the sums r, u, p, q of a block; σ and tanh as functions of arrays.
template <typename V, typename Operand>
void finish_gru(const RecurrentStep<RealOf<V>, Operand>& step, const BlockAt& at,
                CellBlock<V>& block, Unary<RealOf<V>>* sigma, Unary<RealOf<V>>* tanh) {
  constexpr std::size_t size = CellBlock<V>::kSize;
  const std::size_t n = at.rows * at.vectors * V::size, H = step.hidden();
  RealOf<V>*r = block.z, *u = r + size, *candidate = u + size, *q = candidate + size;
  sigma(n, r, r);  // [GRU-r] r_t = σ(U_r x_t + W_r h_{t−1} + b_r)
  sigma(n, u, u);  // [GRU-u] u_t = σ(U_u x_t + W_u h_{t−1} + b_u)
  // [GRU-after-candidate] h̃_t = tanh(U_h x_t + b_h + r_t ⊙ q_t)
  for (std::size_t k = 0; k < n; k += V::size) {
    const V p = V::load_unaligned(candidate + k);
    multiply_add(V::load_unaligned(r + k), V::load_unaligned(q + k), p)
        .store_unaligned(candidate + k);
  }
  tanh(n, candidate, candidate);
  for_each_vector_of<V>(
      at, H, [&](std::size_t row_of_step, std::size_t j, auto part, std::size_t k) {
        const V u_t = V::load_unaligned(u + k), candidate_t = V::load_unaligned(candidate + k);
        const V h_prev = part.load(row(step.h_kept, row_of_step) + j);
        // [GRU-h] h_t = (1 − u_t) ⊙ h̃_t + u_t ⊙ h_{t−1}
        const V h_t = multiply_add(u_t, h_prev, (V(RealOf<V>(1)) - u_t) * candidate_t);
        if (step.saved.data() != nullptr) {
          RealOf<V>* const saved = row(step.saved, row_of_step) + j;
          part.store(saved, V::load_unaligned(r + k));
          part.store(saved + H, u_t);
          part.store(saved + 2 * H, V::load_unaligned(q + k));
          part.store(saved + 3 * H, candidate_t);
        }
        part.store(row(step.h, row_of_step) + j, h_t);
        if (row_of_step < step.going_on()) {
          store_operand(part, row(step.h_next, row_of_step) + j, h_t, step.rounds());
        }
      });
}

template <typename V, typename Operand, typename Weight>
UNROLL_KERNEL void gru_step(const RecurrentStep<RealOf<V>, Operand>& step,
                            const StepWeights<Weight>& weights, Unary<RealOf<V>>* sigma,
                            Unary<RealOf<V>>* tanh) noexcept {
  for_each_cell_block<V>(step, [&](const BlockAt& at, CellBlock<V>& block) {
    sum_gru_block(step, weights, at, block);
    finish_gru(step, at, block, sigma, tanh);
  });
}

/// The way back of `count` units from the pointers on.
template <typename V, typename Operand>
void gru_cell_back(std::size_t H, std::size_t count, const RealOf<V>* saved,
                   const RealOf<V>* h_prev, const RealOf<V>* dh, RealOf<V>* kept, Operand* dz,
                   bool rounds) {
  const V one(RealOf<V>(1));
  for_each_vector<V>(count, [=](std::size_t j, auto part) {
    const V r = part.load(saved + j), u = part.load(saved + H + j);
    const V q = part.load(saved + 2 * H + j), candidate = part.load(saved + 3 * H + j);
    const V dh_t = part.load(dh + j);
    // [GRU-dzh] dz_h = δh_t ⊙ (1 − u_t) ⊙ (1 − h̃_t²)
    const V dz_h = dh_t * (one - u) * tanh_slope(candidate);
    // [GRU-dzu] dz_u = δh_t ⊙ (h_{t−1} − h̃_t) ⊙ u_t(1 − u_t)
    const V dz_u = dh_t * (part.load(h_prev + j) - candidate) * sigmoid_slope(u);
    // [GRU-after-dzr] dz_r = dz_h ⊙ q_t ⊙ r_t(1 − r_t)
    store_operand(part, dz + j, dz_h * q * sigmoid_slope(r), rounds);
    store_operand(part, dz + H + j, dz_u, rounds);
    // [GRU-after-dq] dq_t = dz_h ⊙ r_t
    store_operand(part, dz + 2 * H + j, dz_h * r, rounds);
    store_operand(part, dz + 3 * H + j, dz_h, rounds);
    part.store(kept + j, dh_t * u);
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void gru_step_back(const RecurrentStepBack<RealOf<V>, Operand>& step,
                                 const Operand* W) noexcept {
  for_each_delta<V>(step, W, [&](std::size_t r, std::size_t j, std::size_t count, RealOf<V>* dh) {
    RealOf<V>* const kept = row(step.dh_kept, r) + j;
    if (r < step.going_on()) {
      elementwise<V>([](V sum, V kept_of_next) { return sum + kept_of_next; }, count, dh, dh, kept);
    }
    gru_cell_back<V>(step.hidden(), count, row(step.saved, r) + j, row(step.h_kept, r) + j, dh,
                     kept, row(step.dz, r) + j, step.rounds());
  });
}

}  // namespace unroll::simd
