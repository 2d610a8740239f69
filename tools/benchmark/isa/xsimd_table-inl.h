/// xsimd's own functions in loops over vectors V, to be compiled for one instruction set.
#pragma once

#include <xsimd/xsimd.hpp>

#include "unroll/tools/benchmark/isa/function_tables.h"

namespace unroll {
namespace {  // each file that includes this has its own copy

template <typename V, typename F>
void each(std::size_t n, const float* x, float* y, F f) noexcept {
  for (std::size_t i = 0; i < n; i += V::size) f(V::load_unaligned(x + i)).store_unaligned(y + i);
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
      [](std::size_t n, const float* x, float* y) noexcept {
        each<V>(n, x, y, [](V v) { return xsimd::max(v, V(0.0F)); });
      },
  };
}

}  // namespace
}  // namespace unroll
