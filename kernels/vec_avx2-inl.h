/// What AVX2 with FMA adds to vec-inl.h: tails by masked loads and stores.
#pragma once

#include <immintrin.h>

#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

template <>
struct Native<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>>
    : Portable<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>> {
  using V = xsimd::batch<float, xsimd::fma3<xsimd::avx2>>;

  static void stream(float* p, V v) { _mm256_stream_ps(p, v); }
  static void finish_streams() { _mm_sfence(); }

  static constexpr bool kFuses = true;

  /// All ones in the first `count` lanes.
  static __m256i mask(std::size_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
  }
  static V load_part(const float* p, std::size_t count, float padding) {
    const __m256i lanes = mask(count);
    return V(_mm256_blendv_ps(_mm256_set1_ps(padding), _mm256_maskload_ps(p, lanes),
                              _mm256_castsi256_ps(lanes)));
  }
  static void store_part(float* p, std::size_t count, V v) {
    _mm256_maskstore_ps(p, mask(count), v);
  }
  static V select_by_sign(V x, V if_negative, V otherwise) {
    return V(_mm256_blendv_ps(otherwise, if_negative, x));
  }
};

template <>
struct Native<xsimd::batch<double, xsimd::fma3<xsimd::avx2>>>
    : Portable<xsimd::batch<double, xsimd::fma3<xsimd::avx2>>> {
  using V = xsimd::batch<double, xsimd::fma3<xsimd::avx2>>;

  static void stream(double* p, V v) { _mm256_stream_pd(p, v); }
  static void finish_streams() { _mm_sfence(); }

  static constexpr bool kFuses = true;

  /// All ones in the first `count` lanes.
  static __m256i mask(std::size_t count) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<long long>(count)), lane);
  }
  static V load_part(const double* p, std::size_t count, double padding) {
    const __m256i lanes = mask(count);
    return V(_mm256_blendv_pd(_mm256_set1_pd(padding), _mm256_maskload_pd(p, lanes),
                              _mm256_castsi256_pd(lanes)));
  }
  static void store_part(double* p, std::size_t count, V v) {
    _mm256_maskstore_pd(p, mask(count), v);
  }
  static V select_by_sign(V x, V if_negative, V otherwise) {
    return V(_mm256_blendv_pd(otherwise, if_negative, x));
  }
};

}  // namespace unroll::simd
