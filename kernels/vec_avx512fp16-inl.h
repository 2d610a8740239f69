/// Pairs of Float16 in the 32 lanes of AVX512-FP16: two products and two sums for the time of one
/// of floats. What is rounded when is said at the plain way (multiplier-inl.h), whose bits these
/// are.
#pragma once

#include <immintrin.h>

#include "unroll/kernels/multiplier-inl.h"
#include "unroll/kernels/vec_avx512-inl.h"

namespace unroll::simd {

template <>
struct Multiplier<xsimd::batch<float, xsimd::avx512bw>, Float16, Float16> {
  using V = xsimd::batch<float, xsimd::avx512bw>;
  using Factor = __m512h;
  using ShortSum = __m512h;
  static constexpr std::size_t kShortLines = kShortLinesOfFloat16;

  static __m512h broadcast(const Float16* a) {
    int pair;
    std::memcpy(&pair, a, sizeof(pair));
    return _mm512_castsi512_ph(_mm512_set1_epi32(pair));
  }
  template <typename VectorOf>
  static __m512h load_factor(VectorOf vector_of, std::size_t c) {
    return _mm512_castsi512_ph(_mm512_loadu_si512(vector_of(c)));
  }
  static __m512h multiply_add(__m512h a, __m512h b, __m512h sum) {
    return _mm512_fmadd_ph(a, b, sum);
  }
  /// Both halves of a lane become the sum of the two; the lower one is widened.
  static V add_widened(__m512h sums, V sum) {
    const __m512h swapped = _mm512_castsi512_ph(_mm512_rol_epi32(_mm512_castph_si512(sums), 16));
    const __m512i both = _mm512_castph_si512(_mm512_add_ph(sums, swapped));
    return sum + V(_mm512_cvtph_ps(_mm512_cvtepi32_epi16(both)));
  }

  static void store(Whole<V>, Float16* p, V v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded(v));
  }
  static void store(Part<V> part, Float16* p, V v) {
    _mm256_mask_storeu_epi16(p, Native<V>::mask(part.count), rounded(v));
  }

 private:
  static __m256i rounded(V v) {
    return _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
};

}  // namespace unroll::simd
