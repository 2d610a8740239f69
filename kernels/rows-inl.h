/// Rows of matrices: bias and its gradient, embedding lookup and its gradient, maximum over time
/// and its gradient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/multiplier-inl.h"

namespace unroll::simd {

template <typename V>
UNROLL_KERNEL void set_rows(std::size_t rows, std::size_t n, const RealOf<V>* b,
                            Rows<RealOf<V>> z) noexcept {
  for (std::size_t r = 0; r < rows; ++r) std::memcpy(row(z, r), b, n * sizeof(*b));
}

/// y += x, in plain order.
template <typename V, typename Operand>
void add_operands(std::size_t n, const Operand* x, RealOf<V>* y) {
  for_each_vector<V>(n, [=](std::size_t j, auto part) {
    part.store(y + j, part.load(y + j) + Multiplier<V, Operand>::load(part, x + j));
  });
}

template <typename V, typename Operand>
UNROLL_KERNEL void add_column_sums(std::size_t rows, std::size_t n, Rows<const Operand> dz,
                                   RealOf<V>* db) noexcept {
  for (std::size_t r = 0; r < rows; ++r) add_operands<V>(n, row(dz, r), db);
}

template <typename V>
UNROLL_KERNEL void gather_rows(std::size_t rows, std::size_t n, Rows<const RealOf<V>> table,
                               const std::int32_t* ids, Rows<RealOf<V>> y) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(row(y, r), row(table, static_cast<std::size_t>(ids[r])), n * sizeof(*y.data));
  }
}

template <typename V, typename Operand>
UNROLL_KERNEL void scatter_add_rows(std::size_t rows, std::size_t n, Rows<const Operand> dy,
                                    const std::int32_t* ids, Rows<RealOf<V>> dtable) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    add_operands<V>(n, row(dy, r), row(dtable, static_cast<std::size_t>(ids[r])));
  }
}

/// x (n) -> y (n), in the type of operands.
template <typename V, typename Operand>
UNROLL_KERNEL void round(std::size_t n, const RealOf<V>* x, Operand* y) noexcept {
  for_each_vector<V>(n, [=](std::size_t j, auto part) {
    Multiplier<V, Operand>::store(part, y + j, part.load(x + j));
  });
}

// The next two are plain loops: for double, a vector of values and one of int32 differ in lanes,
// and the compiler vectorizes these selections by itself.

template <typename V>
UNROLL_KERNEL void keep_maximum(std::size_t n, const RealOf<V>* x, std::int32_t index,
                                RealOf<V>* best, std::int32_t* at) noexcept {
  for (std::size_t j = 0; j < n; ++j) {
    const bool is_larger = x[j] > best[j];
    best[j] = is_larger ? x[j] : best[j];
    at[j] = is_larger ? index : at[j];
  }
}

template <typename V>
UNROLL_KERNEL void add_where_maximum(std::size_t n, const RealOf<V>* dy, const std::int32_t* at,
                                     std::int32_t index, RealOf<V>* dx) noexcept {
  for (std::size_t j = 0; j < n; ++j) dx[j] = at[j] == index ? dx[j] + dy[j] : dx[j];
}

}  // namespace unroll::simd
