/// Pairs of BFloat16, multiplied and added to a float by one instruction: two products for the time
/// of one.
///
/// That instruction takes denormals for 0 and rounds to the nearest, first after the second product
/// of a pair, then after the first.
#pragma once

#include <immintrin.h>

#include "unroll/kernels/multiplier-inl.h"
#include "unroll/kernels/vec_avx512-inl.h"

namespace unroll::simd {

template <>
struct Multiplier<xsimd::batch<float, xsimd::avx512bw>, BFloat16, BFloat16> {
  using V = xsimd::batch<float, xsimd::avx512bw>;
  using Factor = __m512i;

  static __m512i broadcast(const BFloat16* a) {
    int pair;
    std::memcpy(&pair, a, sizeof(pair));
    __m512i pairs = _mm512_set1_epi32(pair);
#ifdef __clang__
    // clang 16 crashes where a broadcast from memory becomes an operand of bfloat16.
    asm("" : "+v"(pairs));
#endif
    return pairs;
  }
  template <typename VectorOf>
  static __m512i load_factor(VectorOf vector_of, std::size_t c) {
    return _mm512_loadu_si512(vector_of(c));
  }
  static V multiply_add(__m512i a, __m512i b, V sum) {
    return V(_mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b));
  }

  static V widened(__m256i values) {
    return V(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(values), 16)));
  }
  static V load(Whole<V>, const BFloat16* p) {
    return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static V load(Part<V> part, const BFloat16* p) {
    return widened(_mm256_maskz_loadu_epi16(Native<V>::mask(part.count), p));
  }
  static void store(Whole<V>, BFloat16* p, V v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(v));
  }
  static void store(Part<V> part, BFloat16* p, V v) {
    _mm256_mask_storeu_epi16(p, Native<V>::mask(part.count), (__m256i)_mm512_cvtneps_pbh(v));
  }

  static const BFloat16* side_by_side(std::size_t count, std::size_t rows, Rows<const BFloat16> B,
                                      BFloat16* scratch) {
    const auto pair_up = [&](std::size_t n, __m256i first, __m256i second) {
      const __m512i pairs = _mm512_or_si512(_mm512_cvtepu16_epi32(first),
                                            _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
      _mm512_storeu_si512(scratch + 2 * n, pairs);
    };
    const BFloat16* second = rows > 1 ? B.data + B.stride : nullptr;
    for (std::size_t n = 0; n < count; n += V::size) {
      const std::size_t left = count - n;
      const __mmask16 here = left < V::size ? Native<V>::mask(left) : 0xffff;
      pair_up(
          n, _mm256_maskz_loadu_epi16(here, B.data + n),
          second == nullptr ? _mm256_setzero_si256() : _mm256_maskz_loadu_epi16(here, second + n));
    }
    return scratch;
  }
};

}  // namespace unroll::simd
