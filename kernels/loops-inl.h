/// The loops all kernels share, and the one rule about tails: the last, incomplete vector goes
/// through the same arithmetic as the others. So a value never depends on its position or on the
/// length of its array.
#pragma once

#include <cstddef>

#include "unroll/core/tensor.h"
#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/twice-inl.h"
#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

/// How a body reads and writes V::size values …
template <typename V>
struct Whole {
  using Vector = V;
  V load(const RealOf<V>* p, RealOf<V> /*padding*/ = 0) const { return V::load_unaligned(p); }
  void store(RealOf<V>* p, V v) const { v.store_unaligned(p); }
};

/// … or only `count` of them; the other lanes read as `padding`.
template <typename V>
struct Part {
  using Vector = V;
  V load(const RealOf<V>* p, RealOf<V> padding = 0) const {
    return Native<V>::load_part(p, count, padding);
  }
  void store(RealOf<V>* p, V v) const { Native<V>::store_part(p, count, v); }

  std::size_t count;
};

/// Calls body(i, part) for i = 0, V::size, 2 V::size, … < n; `part` is a Whole<V>, for the tail a
/// Part<V>.
template <typename V, typename Body>
void for_each_vector(std::size_t n, Body body) {
  std::size_t i = 0;
  for (; i + V::size <= n; i += V::size) body(i, Whole<V>{});
  if constexpr (V::size > 1) {
    if (i < n) body(i, Part<V>{n - i});
  }
}

/// body(i) for 0 … count − 1, or the other way round.
template <typename Body>
void for_each_in_order(std::size_t count, bool descending, Body body) {
  for (std::size_t i = 0; i < count; ++i) body(descending ? count - 1 - i : i);
}

/// y_j = f(x_j …) for j < n; y may be one of the x.
template <typename V, typename F, typename... X>
void elementwise(F f, std::size_t n, RealOf<V>* y, const X*... x) {
  for_each_vector<V>(n,
                     [=](std::size_t i, auto part) { part.store(y + i, f(part.load(x + i)...)); });
}

/// Four vectors at a time (twice-inl.h).
template <typename V>
using Four = Twice<Twice<V>>;

/// An output from this size on does not stay in the caches, nor does what is in them profit from
/// making room for it: it goes past them, which saves reading it first.
inline constexpr std::size_t kStreamedBytes = std::size_t{16} << 20;

/// y_j = f(x_j …) for a function of any vector, four at a time; y may be one of the x.
template <typename V, typename F, typename... X>
void map(F f, std::size_t n, RealOf<V>* y, const X*... x) {
  std::size_t i = 0;
  if constexpr (V::size > 1) {
    if (n * sizeof(*y) >= kStreamedBytes && ((y != x) && ...)) {
      i = Native<V>::until_aligned(y);
      elementwise<V>(f, i, y, x...);
      for (; i + Four<V>::size <= n; i += Four<V>::size) {
        Native<Four<V>>::stream(y + i, f(Four<V>::load_unaligned(x + i)...));
      }
      Native<V>::finish_streams();
    } else {
      for (; i + Four<V>::size <= n; i += Four<V>::size) {
        f(Four<V>::load_unaligned(x + i)...).store_unaligned(y + i);
      }
    }
  }
  elementwise<V>(f, n - i, y + i, (x + i)...);
}

/// Row r.
template <typename T>
T* row(Rows<T> rows, std::size_t r) {
  return rows.data + r * rows.stride;
}
template <typename T>
T* row(MatrixView<T> rows, std::size_t r) {
  return rows.data() + r * rows.stride();
}

}  // namespace unroll::simd
