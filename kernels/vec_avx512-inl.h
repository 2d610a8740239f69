/// What AVX-512 adds to vec-inl.h: tails by lane masks, x·2ⁿ in one instruction, the fused
/// multiply-add that xsimd 8.1 forgot (its AVX-512 fma is a product and a sum), and, for float,
/// tables within registers (vecmath_tables-inl.h).
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
  static void stream(float* p, V v) { _mm512_stream_ps(p, v); }
  static void finish_streams() { _mm_sfence(); }

  static constexpr bool kFuses = true;
  static V multiply_add(V a, V b, V c) { return V(_mm512_fmadd_ps(a, b, c)); }
  /// 1/x to 14 bits.
  static V reciprocal_estimate(V x) { return V(_mm512_rcp14_ps(x)); }
  static V select_by_sign(V x, V if_negative, V otherwise) {
    constexpr int kFirstChoosesSecondOrThird = 0b11001010;
    const __m512i negative = _mm512_srai_epi32(_mm512_castps_si512(x), 31);
    return V(_mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(negative, _mm512_castps_si512(if_negative),
                                  _mm512_castps_si512(otherwise), kFirstChoosesSecondOrThird)));
  }
  static V scale(V x, V shifted) { return V(_mm512_scalef_ps(x, shifted - V(kShift<float>))); }
  static V scale_down(V x, V shifted) { return scale(x, shifted); }

  /// x·2^⌊n⌋, rounded once, for any n.
  static V scale_by_floor(V x, V n) { return V(_mm512_scalef_ps(x, n)); }

  /// x, or where that is farther from 0 or NaN, ±limit.
  static V at_most(V limit, V x) {
    constexpr int kNearerToZero = 0b10, kSignOfFirst = 0b00 << 2;
    return V(_mm512_range_ps(x, limit, kNearerToZero | kSignOfFirst));
  }

  static constexpr bool kLooksUp = true;
  using Integers = xsimd::batch<std::uint32_t, xsimd::avx512bw>;
  /// table[i mod 16], table[i mod 32]
  static V look_up(const float (&table)[16], Integers i) {
    return V(_mm512_permutexvar_ps(i, _mm512_loadu_ps(table)));
  }
  static V look_up(const float (&table)[32], Integers i) {
    return V(_mm512_permutex2var_ps(_mm512_loadu_ps(table), i, _mm512_loadu_ps(table + 16)));
  }

  /// m and n of x = 2ⁿ·m: 0.75 ≤ m < 1.5, NaN for a negative x, 1 ≤ … < 2 of that exponent.
  static V mantissa(V x) {
    return V(_mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan));
  }
  /// ⌊log₂ |x|⌋, −∞ for 0.
  static V exponent(V x) { return V(_mm512_getexp_ps(x)); }
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
  static void stream(double* p, V v) { _mm512_stream_pd(p, v); }
  static void finish_streams() { _mm_sfence(); }

  static constexpr bool kFuses = true;
  static V multiply_add(V a, V b, V c) { return V(_mm512_fmadd_pd(a, b, c)); }
  static V scale(V x, V shifted) { return V(_mm512_scalef_pd(x, shifted - V(kShift<double>))); }
  static V scale_down(V x, V shifted) { return scale(x, shifted); }
};

}  // namespace unroll::simd
