/// exp, log and tanh for an instruction set that chooses from a small table within a register
/// (Native<V>::kLooksUp): AVX-512, for float. A table brings the argument nearer to a known point,
/// so that a shorter polynomial is more exact. Coefficients by kernels/fit.
#pragma once

#include "unroll/kernels/exp_table-inl.h"
#include "unroll/kernels/log_table-inl.h"
#include "unroll/kernels/tanh_table-inl.h"
#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

/// ln 2 = high + low, both positive, so that with an infinite n both products are of one sign; high
/// is a multiple of 2⁻¹⁶ (LogTable).
struct LnTwoForTables {
  static constexpr float high = 0x1.62e4p-1F;
  static constexpr float low = 0x1.7f7d1cp-20F;
};

/// eˣ, x = n·ln 2 + r with n a multiple of 1/16. `bounded`: |x| < 2¹⁰, say. Otherwise r is kept
/// within its bounds, where n is so large that it has none: then n alone makes the result 0 or ∞.
template <bool bounded, typename V>
V exp_by_table(V x) {
  using K = ExpTable;
  constexpr float kSixteenths = kRounder<float> / 16;  // the spacing of floats there is 1/16
  const V shifted = multiply_add(x, V(LnTwo<float>::reciprocal), V(kSixteenths));
  const V n = shifted - V(kSixteenths);
  V r = multiply_add(n, V(-LnTwoForTables::high), x);
  r = multiply_add(n, V(-LnTwoForTables::low), r);
  if constexpr (!bounded) r = Native<V>::at_most(V(K::largest_r), r);
  const V u = multiply_add(multiply_add(V(K::q[1]), r, V(K::q[0])), r * r, r);  // eʳ − 1
  const V power = Native<V>::look_up(K::power, bits_of(shifted));
  const V rest = Native<V>::look_up(K::rest, bits_of(shifted));
  return Native<V>::scale_by_floor(power + multiply_add(power, u, rest), n);
}

/// log x, of denormals too: x = 2ⁿ·m with 0.75 ≤ m < 1.5 and, with c ≈ 1/m from a table,
/// log m = −log c + log(1 + r). Below 0 m is NaN; at 0 and ∞ n is infinite, and so the result.
template <typename V>
V log_by_table(V x) {
  using K = LogTable;
  const V m = Native<V>::mantissa(x);
  const V n = Native<V>::exponent(x) - Native<V>::exponent(m);
  const auto upper_bits = bits_of(m) >> (Bits<float>::kMantissa - 4);
  const V r = multiply_add(m, Native<V>::look_up(K::reciprocal, upper_bits), V(-1.0F));
  V q = multiply_add(V(K::q[3]), r, V(K::q[2]));
  q = multiply_add(q, r, V(K::q[1]));
  q = multiply_add(q, r, V(K::q[0]));
  const V rest = multiply_add(n, V(LnTwoForTables::low), Native<V>::look_up(K::rest, upper_bits));
  const V large =
      multiply_add(n, V(LnTwoForTables::high), Native<V>::look_up(K::logarithm, upper_bits));
  return large + (r + multiply_add(q, r * r, rest));
}

/// tanh x: a polynomial around the centre of one of 32 intervals. No division.
template <typename V>
V tanh_by_table(V x) {
  using K = TanhTable;
  const V limited = min(V(K::saturates), abs(x));
  const auto interval = bits_of(limited + V(K::shift)) >> K::bit;
  const V t = limited - Native<V>::look_up(K::centre, interval);
  V y = Native<V>::look_up(K::c4, interval);
  y = multiply_add(y, t, Native<V>::look_up(K::c3, interval));
  y = multiply_add(y, t, Native<V>::look_up(K::c2, interval));
  y = multiply_add(y, t, Native<V>::look_up(K::c1, interval));
  y = multiply_add(y, t, Native<V>::look_up(K::c0, interval));
  return with_sign(y, x);
}

}  // namespace unroll::simd
