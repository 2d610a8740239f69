/// Rows of matrices: bias and its gradient, embedding lookup and its gradient, maximum over time
/// and its gradient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "unroll/kernels/elementwise-inl.h"
#include "unroll/kernels/loops-inl.h"

namespace unroll::simd {

template <typename V>
UNROLL_KERNEL void set_rows(std::size_t rows, std::size_t n, const RealOf<V>* b,
                            Rows<RealOf<V>> z) noexcept {
  for (std::size_t r = 0; r < rows; ++r) std::memcpy(row(z, r), b, n * sizeof(*b));
}

template <typename V>
UNROLL_KERNEL void add_column_sums(std::size_t rows, std::size_t n, Rows<const RealOf<V>> dz,
                                   RealOf<V>* db) noexcept {
  for (std::size_t r = 0; r < rows; ++r) add<V>(n, row(dz, r), db);
}

template <typename V>
UNROLL_KERNEL void gather_rows(std::size_t rows, std::size_t n, Rows<const RealOf<V>> table,
                               const std::int32_t* ids, Rows<RealOf<V>> y) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(row(y, r), row(table, static_cast<std::size_t>(ids[r])), n * sizeof(*y.data));
  }
}

template <typename V>
UNROLL_KERNEL void scatter_add_rows(std::size_t rows, std::size_t n, Rows<const RealOf<V>> dy,
                                    const std::int32_t* ids, Rows<RealOf<V>> dtable) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    add<V>(n, row(dy, r), row(dtable, static_cast<std::size_t>(ids[r])));
  }
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
