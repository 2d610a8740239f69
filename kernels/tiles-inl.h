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
#include <type_traits>
#include <utility>

#include "unroll/kernels/loops-inl.h"

namespace unroll::simd {

inline constexpr std::size_t kTileVectors = 4;

/// Sums, a panel's four vectors and one value of the left factor fit the 32 registers of AVX-512,
/// or the 16 of the others.
template <typename V>
inline constexpr std::size_t kTileRows = sizeof(V) == 64 ? 6 : 3;

/// The values in one line of a panel.
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
template <typename V, std::size_t most = kTileRows<V>, typename Body>
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

/// sums += a · line for one k: a value of each row by the vectors of a line. With 32 registers
/// row by row, beside the line; with 16 column by column, beside the values: so everything has one.
template <std::size_t vectors, typename V, std::size_t size, typename ValueOf, typename VectorOf>
void add_outer_product(V (&sums)[size], ValueOf value_of, VectorOf vector_of) {
  [&]<std::size_t... r, std::size_t... c>(std::index_sequence<r...>, std::index_sequence<c...>) {
    if constexpr (kTileRows<V> == 6) {
      const V line[] = {vector_of(c)...};
      const auto add_row = [&](auto row, V value) {
        ((sums[row * vectors + c] = multiply_add(value, line[c], sums[row * vectors + c])), ...);
      };
      (add_row(std::integral_constant<std::size_t, r>(), V(value_of(r))), ...);
    } else {
      const V values[] = {V(value_of(r))...};
      const auto add_column = [&](auto column, V vector) {
        ((sums[r * vectors + column] = multiply_add(values[r], vector, sums[r * vectors + column])),
         ...);
      };
      (add_column(std::integral_constant<std::size_t, c>(), vector_of(c)), ...);
    }
  }(std::make_index_sequence<size / vectors>(), std::make_index_sequence<vectors>());
}

/// sums += a · panel, a (rows, K) with this stride between its rows. Returns the panel's next line.
template <std::size_t vectors, typename V, std::size_t size>
const RealOf<V>* accumulate(V (&sums)[size], std::size_t K, const RealOf<V>* a, std::size_t stride,
                            const RealOf<V>* panel) {
  for (std::size_t k = 0; k < K; ++k, panel += kPanelColumns<V>) {
    add_outer_product<vectors>(
        sums, [=](std::size_t r) { return a[r * stride + k]; },
        [=](std::size_t c) { return V::load_unaligned(panel + c * V::size); });
  }
  return panel;
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

/// One tile of C = b + A·B; b null: 0.
template <std::size_t vectors, typename V, typename Columns, std::size_t... i>
void product_tile(std::size_t K, const RealOf<V>* a, std::size_t a_stride, const RealOf<V>* panel,
                  const RealOf<V>* b, RealOf<V>* c, std::size_t c_stride, Columns columns,
                  std::index_sequence<i...>) {
  V sums[] = {(b == nullptr ? V(RealOf<V>(0)) : columns.load(b, i % vectors))...};
  accumulate<vectors>(sums, K, a, a_stride, panel);
  (columns.store(c + i / vectors * c_stride, i % vectors, sums[i]), ...);
}

/// All rows of C in one panel's columns.
template <std::size_t vectors, typename V, typename Columns>
void product_of_panel(std::size_t rows, std::size_t K, Rows<const RealOf<V>> A,
                      const RealOf<V>* panel, const RealOf<V>* b, Rows<RealOf<V>> C,
                      Columns columns) {
  for_each_row_block<V>(rows, [&](std::size_t r, auto block) {
    product_tile<vectors, V>(K, row(A, r), A.stride, panel, b, row(C, r), C.stride, columns,
                             std::make_index_sequence<block.value * vectors>());
  });
}

/// b from column n on.
template <typename Real>
const Real* columns_from(const Real* b, std::size_t n) {
  return b == nullptr ? nullptr : b + n;
}

/// C (rows, N) = b (N) + A (rows, K) · B (K, N), B the first K of the lines of panels of
/// kPanelColumns columns; b null: 0.
template <typename V>
UNROLL_KERNEL void packed_product(std::size_t rows, std::size_t N, std::size_t K, std::size_t lines,
                                  Rows<const RealOf<V>> A, const RealOf<V>* panels,
                                  const RealOf<V>* b, Rows<RealOf<V>> C) noexcept {
  for (std::size_t n = 0; n < N; n += kPanelColumns<V>, panels += lines * kPanelColumns<V>) {
    for_tile_width<V>(N - n, [&](auto vectors) {
      product_of_panel<vectors.value, V>(rows, K, A, panels, columns_from(b, n),
                                         {C.data + n, C.stride}, PlainColumns<V>{N - n});
    });
  }
}

/// C (rows, 4H), likewise, of panels that each hold the four gates of V::size units.
template <typename V>
UNROLL_KERNEL void packed_product_of_gates(std::size_t rows, std::size_t H, std::size_t K,
                                           std::size_t lines, Rows<const RealOf<V>> A,
                                           const RealOf<V>* panels, const RealOf<V>* b,
                                           Rows<RealOf<V>> C) noexcept {
  for_each_vector<V>(H, [&](std::size_t j, auto part) {
    product_of_panel<kTileVectors, V>(rows, K, A, panels + j / V::size * lines * kPanelColumns<V>,
                                      columns_from(b, j), {C.data + j, C.stride},
                                      GateColumns<decltype(part)>{part, H});
  });
}

/// So many lines of a right factor stay in the second-level cache for all rows of C.
inline constexpr std::size_t kLinesInCache = 256;

/// One tile of C += Aᵀ·B: lines of A and B as they stand, one after the other. If it is cut, its
/// last vector has no more columns than there are.
template <std::size_t vectors, bool is_cut, typename V, std::size_t... i>
void transposed_product_tile(std::size_t K, const RealOf<V>* a, std::size_t a_stride,
                             const RealOf<V>* b, std::size_t b_stride, RealOf<V>* c,
                             std::size_t c_stride, PlainColumns<V> columns,
                             std::index_sequence<i...>) {
  V sums[] = {columns.load(c + i / vectors * c_stride, i % vectors)...};
  for (std::size_t k = 0; k < K; ++k, a += a_stride, b += b_stride) {
    add_outer_product<vectors>(
        sums, [=](std::size_t m) { return a[m]; },
        [=](std::size_t n) {
          const bool is_whole = !is_cut || n + 1 < vectors;
          return is_whole ? V::load_unaligned(b + n * V::size) : columns.load(b, n);
        });
  }
  (columns.store(c + i / vectors * c_stride, i % vectors, sums[i]), ...);
}

/// All rows of C in the columns of a tile.
template <std::size_t vectors, bool is_cut, typename V>
void transposed_product_of_columns(std::size_t M, std::size_t K, Rows<const RealOf<V>> A,
                                   Rows<const RealOf<V>> B, Rows<RealOf<V>> C,
                                   PlainColumns<V> columns) {
  // With 16 registers, a mask takes the place of a row.
  constexpr std::size_t most = is_cut && kTileRows<V> < 6 ? kTileRows<V> - 1 : kTileRows<V>;
  for_each_row_block<V, most>(M, [&](std::size_t m, auto block) {
    transposed_product_tile<vectors, is_cut, V>(K, A.data + m, A.stride, B.data, B.stride,
                                                row(C, m), C.stride, columns,
                                                std::make_index_sequence<block.value * vectors>());
  });
}

/// C (M, N) += Aᵀ B, A (K, M), B (K, N): a gradient as a sum over rows. Nothing is packed: a tile
/// reads neighbouring values of a line of A and vectors of a line of B.
template <typename V>
UNROLL_KERNEL void add_transposed_product(std::size_t M, std::size_t N, std::size_t K,
                                          Rows<const RealOf<V>> A, Rows<const RealOf<V>> B,
                                          Rows<RealOf<V>> C) noexcept {
  for (std::size_t k = 0; k < K; k += kLinesInCache) {
    const std::size_t lines = K - k < kLinesInCache ? K - k : kLinesInCache;
    for (std::size_t n = 0; n < N; n += kPanelColumns<V>) {
      const Rows<const RealOf<V>> a{row(A, k), A.stride}, b{row(B, k) + n, B.stride};
      const Rows<RealOf<V>> c{C.data + n, C.stride};
      for_tile_width<V>(N - n, [&](auto vectors) {
        if (N - n >= vectors * V::size) {
          transposed_product_of_columns<vectors.value, false, V>(M, lines, a, b, c, {N - n});
        } else {
          transposed_product_of_columns<vectors.value, true, V>(M, lines, a, b, c, {N - n});
        }
      });
    }
  }
}

}  // namespace unroll::simd
