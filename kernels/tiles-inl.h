/// Matrix products by tiles that stay in registers: up to kTileRows rows by four vectors of
/// columns.
///
/// A tile takes its right factor from a panel, the columns of four vectors in the order in which it
/// reads them: K lines of 4·V::size values. Its sums run over k = 0, 1, … in order, whatever its
/// number of rows: a row's bits depend neither on its neighbours nor on how rows are cut among
/// threads.
///
/// GCC 12 keeps a tile in memory when it is written as nested loops, at half the speed: so the
/// loops over a tile are folds over an index sequence (tests/tile_registers_test.sh looks).
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/multiplier-inl.h"

namespace unroll::simd {

/// Sums, a panel's four vectors and one value of the left factor fit the 32 registers of AVX-512,
/// or the 16 of the others.
template <typename V>
inline constexpr std::size_t kTileRows = sizeof(V) == 64 ? 6 : 3;

/// A panel's columns.
template <typename V>
inline constexpr std::size_t kPanelColumns = kTileVectors * V::size;

/// body(first, R), R an integral_constant, for blocks of nearly equal size: of 16 rows at most 6
/// are 6, 5 and 5, for a block of one row costs as much time as one of three.
template <std::size_t most, typename Body>
void for_row_block(std::size_t first, std::size_t count, Body body) {
  if constexpr (most > 0) {
    if (count == most) {
      body(first, std::integral_constant<std::size_t, most>());
    } else {
      for_row_block<most - 1>(first, count, body);
    }
  }
}
template <std::size_t most, typename Body>
void for_each_row_block(std::size_t rows, Body body) {
  const std::size_t blocks = (rows + most - 1) / most;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = rows * block / blocks;
    for_row_block<most>(first, rows * (block + 1) / blocks - first, body);
  }
}

/// The tile's vectors in a row where its columns are the last ones: only as many as have any.
template <typename V, typename Body>
void for_tile_width(std::size_t columns, Body body) {
  const std::size_t vectors = (columns + V::size - 1) / V::size;
  if (vectors >= 4) return body(std::integral_constant<std::size_t, 4>());
  if (vectors == 3) return body(std::integral_constant<std::size_t, 3>());
  if (vectors == 2) return body(std::integral_constant<std::size_t, 2>());
  body(std::integral_constant<std::size_t, 1>());
}

/// sums += a · line for one k, or kDepth: a value of each row by the vectors of a line. With 32
/// registers row by row, beside the line; with 16 column by column, beside the values: so
/// everything has one.
template <std::size_t vectors, typename Operand, typename Weight, typename V, std::size_t size,
          typename ValueOf, typename VectorOf>
void add_outer_product(V (&sums)[size], ValueOf value_of, VectorOf vector_of) {
  using M = Multiplier<V, Operand, Weight>;
  using Factor = typename M::Factor;
  [&]<std::size_t... r, std::size_t... c>(std::index_sequence<r...>, std::index_sequence<c...>) {
    if constexpr (kTileRows<V> == 6) {
      const Factor line[] = {M::load_factor(vector_of, c)...};
      const auto add_row = [&](auto row, Factor value) {
        ((sums[row * vectors + c] = M::multiply_add(value, line[c], sums[row * vectors + c])), ...);
      };
      (add_row(std::integral_constant<std::size_t, r>(), M::broadcast(value_of(r))), ...);
    } else {
      const Factor values[] = {M::broadcast(value_of(r))...};
      const auto add_column = [&](auto column, Factor vector) {
        ((sums[r * vectors + column] =
              M::multiply_add(values[r], vector, sums[r * vectors + column])),
         ...);
      };
      (add_column(std::integral_constant<std::size_t, c>(), M::load_factor(vector_of, c)), ...);
    }
  }(std::make_index_sequence<size / vectors>(), std::make_index_sequence<vectors>());
}

/// Cache lines that will be needed after a sum, to be asked for during it, one with each of its
/// lines: all at once would hold it up.
template <std::size_t most>
struct LinesToCome {
  /// Those of `n` values.
  template <typename T>
  void add(const T* p, std::size_t n) {
    for (std::size_t k = 0; k < n && count < most; k += 64 / sizeof(T)) lines[count++] = p + k;
  }

  std::size_t count = 0;
  const void* lines[most];
};

/// sums += a · panel of so many lines, a (rows, K) with this stride between its rows.
template <std::size_t vectors, typename V, std::size_t size, typename Operand, typename Weight>
void accumulate(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                const Weight* panel) {
  for (std::size_t k = 0; k < lines; ++k, panel += kPanelLine<V, Operand>) {
    add_outer_product<vectors, Operand, Weight>(
        sums, [=](std::size_t r) { return a + r * stride + k * kDepth<Operand>; },
        [=](std::size_t c) { return panel + c * V::size * kDepth<Operand>; });
  }
}

/// Likewise, and asks for lines to come.
template <std::size_t vectors, typename V, std::size_t size, typename Operand, typename Weight,
          std::size_t most>
void accumulate(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                const Weight* panel, const LinesToCome<most>& to_come) {
  const std::size_t first = lines < to_come.count ? lines : to_come.count;
  for (std::size_t k = 0; k < first; ++k) {
    __builtin_prefetch(to_come.lines[k]);
    const Weight* line = panel + k * kPanelLine<V, Operand>;
    add_outer_product<vectors, Operand, Weight>(
        sums, [=](std::size_t r) { return a + r * stride + k * kDepth<Operand>; },
        [=](std::size_t c) { return line + c * V::size * kDepth<Operand>; });
  }
  accumulate<vectors>(sums, lines - first, a + first * kDepth<Operand>, stride,
                      panel + first * kPanelLine<V, Operand>);
}

/// How a tile reads and writes its vectors in a row: neighbouring columns, of the last vector only
/// those that there are.
template <typename V>
struct PlainColumns {
  V load(const RealOf<V>* p, std::size_t vector) const {
    const std::size_t first = vector * V::size;
    if (first + V::size <= count) return V::load_unaligned(p + first);
    return Native<V>::load_part(p + first, count - first, 0);
  }
  void store(RealOf<V>* p, std::size_t vector, V v) const {
    const std::size_t first = vector * V::size;
    if (first + V::size <= count) {
      v.store_unaligned(p + first);
    } else {
      Native<V>::store_part(p + first, count - first, v);
    }
  }

  std::size_t count;
};

/// The same units of four gates, stacked in rows of 4H.
template <typename Part>
struct GateColumns {
  using V = typename Part::Vector;
  V load(const RealOf<V>* p, std::size_t gate) const { return part.load(p + gate * H); }
  void store(RealOf<V>* p, std::size_t gate, V v) const { part.store(p + gate * H, v); }

  Part part;
  std::size_t H;
};

/// One tile of C = b + A·B, B panel lines; b null: 0.
template <std::size_t vectors, typename V, typename Operand, typename Columns, std::size_t... i>
void product_tile(std::size_t lines, const Operand* a, std::size_t a_stride, const Operand* panel,
                  const RealOf<V>* b, RealOf<V>* c, std::size_t c_stride, Columns columns,
                  std::index_sequence<i...>) {
  V sums[] = {(b == nullptr ? V(RealOf<V>(0)) : columns.load(b, i % vectors))...};
  accumulate<vectors>(sums, lines, a, a_stride, panel);
  (columns.store(c + i / vectors * c_stride, i % vectors, sums[i]), ...);
}

/// All rows of C in one panel's columns.
template <std::size_t vectors, typename V, typename Operand, typename Columns>
void product_of_panel(std::size_t rows, std::size_t lines, Rows<const Operand> A,
                      const Operand* panel, const RealOf<V>* b, Rows<RealOf<V>> C,
                      Columns columns) {
  for_each_row_block<kTileRows<V>>(rows, [&](std::size_t r, auto block) {
    product_tile<vectors, V>(lines, row(A, r), A.stride, panel, b, row(C, r), C.stride, columns,
                             std::make_index_sequence<block.value * vectors>());
  });
}

/// b from column n on.
template <typename Real>
const Real* columns_from(const Real* b, std::size_t n) {
  return b == nullptr ? nullptr : b + n;
}

/// C (rows, N) = b (N) + A (rows, K) · B (K, N), B the first of the lines of panels of
/// kPanelColumns columns; b null: 0.
template <typename V, typename Operand>
UNROLL_KERNEL void packed_product(std::size_t rows, std::size_t N, std::size_t K, std::size_t lines,
                                  Rows<const Operand> A, const Operand* panels, const RealOf<V>* b,
                                  Rows<RealOf<V>> C) noexcept {
  for (std::size_t n = 0; n < N; n += kPanelColumns<V>, panels += lines * kPanelLine<V, Operand>) {
    for_tile_width<V>(N - n, [&](auto vectors) {
      product_of_panel<vectors.value, V>(rows, lines_of<Operand>(K), A, panels, columns_from(b, n),
                                         {C.data + n, C.stride}, PlainColumns<V>{N - n});
    });
  }
}

/// C (rows, 4H), likewise, of panels that each hold the four gates of V::size units.
template <typename V, typename Operand>
UNROLL_KERNEL void packed_product_of_gates(std::size_t rows, std::size_t H, std::size_t K,
                                           std::size_t lines, Rows<const Operand> A,
                                           const Operand* panels, const RealOf<V>* b,
                                           Rows<RealOf<V>> C, std::size_t first_unit,
                                           std::size_t last_unit) noexcept {
  for_each_vector<V>(last_unit - first_unit, [&](std::size_t unit, auto part) {
    const std::size_t j = first_unit + unit;
    const Operand* panel = panels + j / V::size * lines * kPanelLine<V, Operand>;
    product_of_panel<kTileVectors, V>(rows, lines_of<Operand>(K), A, panel, columns_from(b, j),
                                      {C.data + j, C.stride}, GateColumns<decltype(part)>{part, H});
  });
}

/// Gradients take so many lines at a time: packed, they stay in the second-level cache, and the
/// sums of C pass through the registers seldom.
inline constexpr std::size_t kLinesInCache = 256;
/// And so many blocks of rows of C, whose factors are packed at a time.
inline constexpr std::size_t kBlocksInCache = 8;

/// The values of so many rows of C in one line of the left factor.
template <typename V, typename Operand>
inline constexpr std::size_t kBlockLine = kTileRows<V> * kDepth<Operand>;
/// From one packed block to the next: a cache line more, so that they do not compete for places.
template <typename V, typename Operand>
inline constexpr std::size_t kPackedBlock =
    kBlockLine<V, Operand> * kLinesInCache + 64 / sizeof(Operand);

/// K rows of A, those of its columns that are a group's blocks, each block's lines one after the
/// other.
template <typename V, typename Operand>
void pack_left(std::size_t K, std::size_t columns, Rows<const Operand> A, Operand* to) {
  constexpr std::size_t R = kTileRows<V>, depth = kDepth<Operand>, line = kBlockLine<V, Operand>;
  const std::size_t whole = columns / R, rest = columns % R * depth;
  Operand pairs[kBlocksInCache * line + 64];
  for (std::size_t k = 0; k < K; k += depth, to += line) {
    for (std::size_t j = 0; j < columns * depth; j += 64 / sizeof(Operand)) {
      // far apart, so that the processor does not foresee it
      __builtin_prefetch(row(A, k + 16 * depth) + j);
    }
    const Operand* a =
        Multiplier<V, Operand>::side_by_side(columns, K - k, {row(A, k), A.stride}, pairs);
    for (std::size_t block = 0; block < whole; ++block) {
      std::memcpy(to + block * kPackedBlock<V, Operand>, a + block * line, line * sizeof(*a));
    }
    Operand* last = to + whole * kPackedBlock<V, Operand> - k / depth * (line - rest);
    for (std::size_t r = 0; r < rest; ++r) last[r] = a[whole * line + r];
  }
}

/// The columns of B as panels of K rows, the last one filled up with zeros.
template <typename V, typename Operand>
void pack_right(std::size_t K, std::size_t N, Rows<const Operand> B, Operand* to) {
  constexpr std::size_t depth = kDepth<Operand>, line = kPanelLine<V, Operand>;
  Operand pairs[line];
  for (std::size_t n = 0; n < N; n += kPanelColumns<V>) {
    const std::size_t count = N - n < kPanelColumns<V> ? N - n : kPanelColumns<V>;
    for (std::size_t k = 0; k < K; k += depth, to += line) {
      const Operand* b =
          Multiplier<V, Operand>::side_by_side(count, K - k, {row(B, k) + n, B.stride}, pairs);
      std::memcpy(to, b, count * depth * sizeof(*to));
      for (std::size_t j = count * depth; j < line; ++j) to[j] = Operand();
    }
  }
}

/// One tile of C += Aᵀ·B, both packed; asks for the next rows of C meanwhile.
template <std::size_t vectors, typename V, typename Operand, std::size_t... i>
void gradient_tile(std::size_t lines, const Operand* a, const Operand* panel, RealOf<V>* c,
                   std::size_t c_stride, PlainColumns<V> columns, std::index_sequence<i...>) {
  constexpr std::size_t rows = sizeof...(i) / vectors, c_lines = vectors * sizeof(V) / 64 + 1;
  constexpr std::size_t depth = kDepth<Operand>;
  V sums[] = {columns.load(c + i / vectors * c_stride, i % vectors)...};
  const auto add_line = [&](std::size_t k) {
    add_outer_product<vectors, Operand, Operand>(
        sums, [=](std::size_t r) { return a + (k * rows + r) * depth; },
        [=](std::size_t n) { return panel + k * kPanelLine<V, Operand> + n * V::size * depth; });
  };
  std::size_t k = 0;
  for (std::size_t line = 0; line < c_lines && k < lines; ++line) {
    for (std::size_t r = 0; r < rows && k < lines; ++r, ++k) {
      __builtin_prefetch(c + (rows + r) * c_stride + line * (64 / sizeof(*c)));
      add_line(k);
    }
  }
  for (; k < lines; ++k) add_line(k);
  (columns.store(c + i / vectors * c_stride, i % vectors, sums[i]), ...);
}

/// The rows of C that a group of packed blocks gives, in all columns.
template <typename V, typename Operand>
void add_gradient_of_group(std::size_t rows, std::size_t lines,
                           const GradientPart<RealOf<V>, Operand>& part, Rows<RealOf<V>> C,
                           const Operand* packed, const Operand* panel) {
  constexpr std::size_t R = kTileRows<V>;
  const std::size_t panel_size = lines * kPanelLine<V, Operand>;
  for (std::size_t n = 0; n < part.N; n += kPanelColumns<V>, panel += panel_size) {
    for_tile_width<V>(part.N - n, [&](auto vectors) {
      const Operand* a = packed;
      for (std::size_t m = 0; m < rows; m += R, a += kPackedBlock<V, Operand>) {
        for_row_block<R>(m, rows - m < R ? rows - m : R, [&](std::size_t first, auto block) {
          gradient_tile<vectors.value, V>(lines, a, panel, row(C, first) + n, C.stride,
                                          PlainColumns<V>{part.N - n},
                                          std::make_index_sequence<block.value * vectors.value>());
        });
      }
    });
  }
}

/// Values of a part's packed columns.
template <typename V, typename Operand>
std::size_t packed_columns(std::size_t N, std::size_t lines) {
  return (N + kPanelColumns<V> - 1) / kPanelColumns<V> * kPanelLine<V, Operand> * lines;
}

/// C (M, N) += Aᵀ B of each part, A (K, M), B (K, N): gradients as sums over rows. Factors are
/// packed first, into `scratch`.
template <typename V, typename Operand>
UNROLL_KERNEL void add_gradients(std::size_t M, std::size_t K, Rows<const Operand> A,
                                 const GradientPart<RealOf<V>, Operand>* parts, std::size_t count,
                                 Operand* scratch) noexcept {
  constexpr std::size_t group = kBlocksInCache * kTileRows<V>;
  constexpr std::size_t at_a_time = kLinesInCache * kDepth<Operand>;
  for (std::size_t k = 0; k < K; k += at_a_time) {
    const std::size_t rows_now = K - k < at_a_time ? K - k : at_a_time;
    const std::size_t lines = lines_of<Operand>(rows_now);
    Operand* const all_panels = scratch + kBlocksInCache * kPackedBlock<V, Operand>;
    Operand* panels = all_panels;
    for (std::size_t p = 0; p < count; panels += packed_columns<V, Operand>(parts[p++].N, lines)) {
      pack_right<V>(rows_now, parts[p].N, {row(parts[p].B, k), parts[p].B.stride}, panels);
    }
    for (std::size_t m = 0; m < M; m += group) {
      const std::size_t rows = M - m < group ? M - m : group;
      pack_left<V>(rows_now, rows, {row(A, k) + m, A.stride}, scratch);
      panels = all_panels;
      for (std::size_t p = 0; p < count;
           panels += packed_columns<V, Operand>(parts[p++].N, lines)) {
        add_gradient_of_group<V>(rows, lines, parts[p], {row(parts[p].C, m), parts[p].C.stride},
                                 scratch, panels);
      }
    }
  }
}

/// Values of `scratch` for parts of so many columns together.
template <typename V, typename Operand>
std::size_t gradient_scratch(std::size_t columns, std::size_t parts) noexcept {
  return kBlocksInCache * kPackedBlock<V, Operand> +
         (columns + parts * kPanelColumns<V>)*kLinesInCache * kDepth<Operand>;
}

}  // namespace unroll::simd
