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
template <typename V, typename Body>
void for_each_row_block(std::size_t rows, Body body) {
  const std::size_t blocks = (rows + kTileRows<V> - 1) / kTileRows<V>;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = rows * block / blocks;
    for_row_block<kTileRows<V>>(first, rows * (block + 1) / blocks - first, body);
  }
}

/// The indices of a tile's vectors: i / 4 is the row, i % 4 the column.
template <std::size_t rows>
using TileIndices = std::make_index_sequence<rows * kTileVectors>;

/// sums += a · line for one k: a value of each row by the four vectors of a line. With 32 registers
/// row by row, beside the line; with 16 column by column, beside the values: so everything has one.
template <typename V, std::size_t size, typename ValueOf, typename VectorOf>
void add_outer_product(V (&sums)[size], ValueOf value_of, VectorOf vector_of) {
  constexpr std::size_t rows = size / kTileVectors;
  [&]<std::size_t... r, std::size_t... c>(std::index_sequence<r...>, std::index_sequence<c...>) {
    if constexpr (kTileRows<V> == 6) {
      const V line[] = {vector_of(c)...};
      const auto add_row = [&](auto row, V value) {
        ((sums[row * kTileVectors + c] =
              multiply_add(value, line[c], sums[row * kTileVectors + c])),
         ...);
      };
      (add_row(std::integral_constant<std::size_t, r>(), V(value_of(r))), ...);
    } else {
      const V values[] = {V(value_of(r))...};
      const auto add_column = [&](auto column, V vector) {
        ((sums[r * kTileVectors + column] =
              multiply_add(values[r], vector, sums[r * kTileVectors + column])),
         ...);
      };
      (add_column(std::integral_constant<std::size_t, c>(), vector_of(c)), ...);
    }
  }(std::make_index_sequence<rows>(), std::make_index_sequence<kTileVectors>());
}

/// sums += a · panel, a (rows, K) with this stride between its rows.
template <typename V, std::size_t size>
void accumulate(V (&sums)[size], std::size_t K, const RealOf<V>* a, std::size_t stride,
                const RealOf<V>* panel) {
  for (std::size_t k = 0; k < K; ++k, panel += kPanelColumns<V>) {
    add_outer_product(
        sums, [=](std::size_t r) { return a[r * stride + k]; },
        [=](std::size_t c) { return V::load_unaligned(panel + c * V::size); });
  }
}

/// How a tile reads and writes those of its four vectors that are within the first `columns`, which
/// may be more than it has.
template <typename V>
struct Columns {
  V load(const RealOf<V>* p, std::size_t vector) const {
    const std::size_t first = vector * V::size;
    if (first + V::size <= columns) return V::load_unaligned(p + first);
    if (first >= columns) return V(RealOf<V>(0));
    return Native<V>::load_part(p + first, columns - first, 0);
  }
  void store(RealOf<V>* p, std::size_t vector, V v) const {
    const std::size_t first = vector * V::size;
    if (first + V::size <= columns) {
      v.store_unaligned(p + first);
    } else if (first < columns) {
      Native<V>::store_part(p + first, columns - first, v);
    }
  }

  std::size_t columns;
};

/// One tile of C = or += A·B.
template <typename V, std::size_t... i>
void product_tile(std::size_t K, const RealOf<V>* a, std::size_t a_stride, const RealOf<V>* panel,
                  RealOf<V>* c, std::size_t c_stride, bool add, Columns<V> columns,
                  std::index_sequence<i...>) {
  V sums[] = {(static_cast<void>(i), V(RealOf<V>(0)))...};
  if (add) {
    ((sums[i] = columns.load(c + i / kTileVectors * c_stride, i % kTileVectors)), ...);
  }
  accumulate(sums, K, a, a_stride, panel);
  (columns.store(c + i / kTileVectors * c_stride, i % kTileVectors, sums[i]), ...);
}

/// C (rows, N) = or += A (rows, K) · B (K, N), B in panels of kPanelColumns columns.
template <typename V>
UNROLL_KERNEL void packed_product(std::size_t rows, std::size_t N, std::size_t K,
                                  Rows<const RealOf<V>> A, const RealOf<V>* panels,
                                  Rows<RealOf<V>> C, bool add) noexcept {
  for (std::size_t n = 0; n < N; n += kPanelColumns<V>, panels += K * kPanelColumns<V>) {
    const Columns<V> columns{N - n};
    for_each_row_block<V>(rows, [&](std::size_t r, auto block) {
      product_tile(K, row(A, r), A.stride, panels, row(C, r) + n, C.stride, add, columns,
                   TileIndices<block.value>());
    });
  }
}

/// So many lines of a right factor stay in the second-level cache for all rows of C.
inline constexpr std::size_t kLinesInCache = 256;

/// One tile of C += Aᵀ·B: lines of A and B as they stand, one after the other.
template <typename V, std::size_t... i>
void transposed_product_tile(std::size_t K, const RealOf<V>* a, std::size_t a_stride,
                             const RealOf<V>* b, std::size_t b_stride, RealOf<V>* c,
                             std::size_t c_stride, Columns<V> columns, std::index_sequence<i...>) {
  V sums[] = {columns.load(c + i / kTileVectors * c_stride, i % kTileVectors)...};
  const auto add_lines = [&](auto vector_of) {
    for (std::size_t k = 0; k < K; ++k) {
      add_outer_product(
          sums, [=](std::size_t m) { return a[k * a_stride + m]; },
          [=](std::size_t n) { return vector_of(b + k * b_stride, n); });
    }
  };
  if (columns.columns >= kPanelColumns<V>) {
    add_lines(
        [](const RealOf<V>* line, std::size_t n) { return V::load_unaligned(line + n * V::size); });
  } else {
    add_lines([=](const RealOf<V>* line, std::size_t n) { return columns.load(line, n); });
  }
  (columns.store(c + i / kTileVectors * c_stride, i % kTileVectors, sums[i]), ...);
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
      const Columns<V> columns{N - n};
      for_each_row_block<V>(M, [&](std::size_t m, auto block) {
        transposed_product_tile(lines, row(A, k) + m, A.stride, row(B, k) + n, B.stride,
                                row(C, m) + n, C.stride, columns, TileIndices<block.value>());
      });
    }
  }
}

}  // namespace unroll::simd
