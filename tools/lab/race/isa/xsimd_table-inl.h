/// xsimd's own functions in loops over vectors V, to be compiled for one instruction set.
#pragma once

#include <xsimd/xsimd.hpp>

#include "unroll/tools/lab/race/isa/function_tables.h"

namespace unroll {
namespace {  // each file that includes this has its own copy

template <typename V, typename F>
void each(std::size_t n, const float* x, float* y, F f) noexcept {
  for (std::size_t i = 0; i < n; i += V::size) f(V::load_unaligned(x + i)).store_unaligned(y + i);
}

/// Four vectors a round: the bookkeeping of a loop of one would be all its time on SSE2. (The other
/// functions gain nothing by it, tanh loses.)
template <typename V>
void relu(std::size_t n, const float* x, float* y) noexcept {
  const V zero(0.0F);
  std::size_t i = 0;
  for (; i + 4 * V::size <= n; i += 4 * V::size) {
    for (std::size_t k = 0; k < 4; ++k) {
      xsimd::max(V::load_unaligned(x + i + k * V::size), zero).store_unaligned(y + i + k * V::size);
    }
  }
  for (; i < n; i += V::size) xsimd::max(V::load_unaligned(x + i), zero).store_unaligned(y + i);
}

template <typename V>
constexpr FunctionTable xsimd_table() {
  return {
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return xsimd::exp(v); });
      },
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return xsimd::expm1(v); });
      },
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return xsimd::log(v); });
      },
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return xsimd::tanh(v); });
      },
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return V(1.0F) / (V(1.0F) + xsimd::exp(-v)); });
      },
      &relu<V>,
  };
}

}  // namespace
}  // namespace unroll
