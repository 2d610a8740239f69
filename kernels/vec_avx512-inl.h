/// What AVX-512 adds to vec-inl.h: tails by lane masks, x·2ⁿ in one instruction, and the fused
/// multiply-add that xsimd 8.1 forgot (its AVX-512 fma is a product and a sum).
#pragma once

#include <immintrin.h>

#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

template <>
struct Native<xsimd::batch<float, xsimd::avx512bw>>
    : Portable<xsimd::batch<float, xsimd::avx512bw>> {
  using V = xsimd::batch<float, xsimd::avx512bw>;

  static __mmask16 mask(std::size_t count) { return static_cast<__mmask16>((1U << count) - 1U); }
  static V load_part(const float* p, std::size_t count, float padding) {
    return V(_mm512_mask_loadu_ps(_mm512_set1_ps(padding), mask(count), p));
  }
  static void store_part(float* p, std::size_t count, V v) {
    _mm512_mask_storeu_ps(p, mask(count), v);
  }
  static V multiply_add(V a, V b, V c) { return V(_mm512_fmadd_ps(a, b, c)); }
  static V scale(V x, V n) { return V(_mm512_scalef_ps(x, n)); }
  static V scale_down(V x, V n) { return scale(x, n); }
};

template <>
struct Native<xsimd::batch<double, xsimd::avx512bw>>
    : Portable<xsimd::batch<double, xsimd::avx512bw>> {
  using V = xsimd::batch<double, xsimd::avx512bw>;

  static __mmask8 mask(std::size_t count) { return static_cast<__mmask8>((1U << count) - 1U); }
  static V load_part(const double* p, std::size_t count, double padding) {
    return V(_mm512_mask_loadu_pd(_mm512_set1_pd(padding), mask(count), p));
  }
  static void store_part(double* p, std::size_t count, V v) {
    _mm512_mask_storeu_pd(p, mask(count), v);
  }
  static V multiply_add(V a, V b, V c) { return V(_mm512_fmadd_pd(a, b, c)); }
  static V scale(V x, V n) { return V(_mm512_scalef_pd(x, n)); }
  static V scale_down(V x, V n) { return scale(x, n); }
};

}  // namespace unroll::simd
