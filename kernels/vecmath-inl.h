/// exp, tanh and sigmoid on vectors, for float and double. NaN gives NaN; every other x is within
/// so many units in the last place of the exact value (README.md has what was measured):
///
///   exp 1.1    tanh 2.2    sigmoid 2.5
///
/// The method is Cody and Waite's: x = n·ln 2 + r with |r| ≤ ln 2 / 2 and an integer n, so
/// eˣ = 2ⁿ·eʳ; eʳ − 1 by a polynomial. OneLane has its own versions by the standard library. An
/// instruction set gets a method of its own by a member of its Native<V> (vec-inl.h) that the
/// function here calls where there is one.
#pragma once

#include <cmath>
#include <cstddef>

#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

/// ln 2 stands in two parts, ln2_high + ln2_low; n·ln2_high is exact for every n that occurs, also
/// without a fused multiply-add, because ln2_high ends in enough zero bits. q are the coefficients
/// of eʳ ≈ 1 + r + r²·q(r), lowest first, by kernels/fit_exp.py.
template <typename Real>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float log2_e = 0x1.715476p+0F;
  static constexpr float ln2_high = 0x1.63p-1F;       // 9 bits; n has 8
  static constexpr float ln2_low = -0x1.bd0106p-13F;  // ln 2 − ln2_high
  static constexpr float lowest = -104;  // e^lowest < 2⁻¹⁵⁰, half the least denormal: 0
  static constexpr float highest = 89;   // e^highest > 2¹²⁸: infinity
  static constexpr float q[] = {0.499999934477831212F, 0.166665206316858535F,
                                0.0416683880469783352F, 0.00836871688199793309F,
                                0.00138145986036348682F};
};

template <>
struct ExpConstants<double> {
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double ln2_high = 0x1.62e42fefa38p-1;   // 41 bits; n has 11
  static constexpr double ln2_low = 0x1.ef35793c7673p-45;  // ln 2 − ln2_high
  static constexpr double lowest = -746;                   // e^lowest < 2⁻¹⁰⁷⁵: 0
  static constexpr double highest = 710;                   // e^highest > 2¹⁰²⁴: infinity
  static constexpr double q[] = {0.500000000000001063,     0.166666666666664125,
                                 0.0416666666665301584,    0.00833333333349446487,
                                 0.00138888889436301876,   0.000198412695065712668,
                                 0.0000248014930988161371, 2.75575863808364984e-6,
                                 2.76302484140847099e-7,   2.50000592883583576e-8};
};

/// n of x = n·ln 2 + r: the integer nearest to x / ln 2.
template <typename V>
V whole_part(V x) {
  const V rounder(kRounder<RealOf<V>>);
  return multiply_add(x, V(ExpConstants<RealOf<V>>::log2_e), rounder) - rounder;
}

/// r of x = n·ln 2 + r.
template <typename V>
V reduced(V x, V n) {
  using K = ExpConstants<RealOf<V>>;
  return multiply_add(n, V(-K::ln2_low), multiply_add(n, V(-K::ln2_high), x));
}

/// c₀ + c₁x + c₂x² + …, by Horner's rule in x² on the pairs (c₀ + c₁x), (c₂ + c₃x), …: half the
/// latency of the rule in x, and latency is what limits these functions.
template <typename V, std::size_t count>
V polynomial(const RealOf<V> (&c)[count], V x, V x_squared) {
  const auto pair = [&](std::size_t k) {
    return k + 1 < count ? multiply_add(V(c[k + 1]), x, V(c[k])) : V(c[k]);
  };
  std::size_t k = (count - 1) / 2 * 2;
  V sum = pair(k);
  while (k > 0) {
    k -= 2;
    sum = multiply_add(sum, x_squared, pair(k));
  }
  return sum;
}

/// eʳ − 1 for |r| ≤ ln 2 / 2. Near 0 it is r itself, to the last bit.
template <typename V>
V exp_minus_1_of_reduced(V r) {
  const V r_squared = r * r;
  return multiply_add(r_squared, polynomial<V>(ExpConstants<RealOf<V>>::q, r, r_squared), r);
}

/// eˣ. Gradual underflow, 0 at −∞; infinity where the result overflows.
template <typename V>
V exponential(V x) {
  using K = ExpConstants<RealOf<V>>;
  const V limited = min(V(K::highest), max(V(K::lowest), x));
  const V n = whole_part(limited);
  const V e = exp_minus_1_of_reduced(reduced(limited, n)) + V(RealOf<V>(1));
  return Native<V>::scale(e, n);
}

/// eˣ for x ≤ 0, with less work.
template <typename V>
V exponential_of_nonpositive(V x) {
  const V limited = max(V(ExpConstants<RealOf<V>>::lowest), x);
  const V n = whole_part(limited);
  const V e = exp_minus_1_of_reduced(reduced(limited, n)) + V(RealOf<V>(1));
  return Native<V>::scale_down(e, n);
}

/// tanh x = (1 − e)/(1 + e) with e = e^{−2|x|}, and the sign of x. Both sums are taken from
/// e = 2ⁿ + 2ⁿ(eʳ − 1), rounded once each: so nothing cancels near 0, and −0 and denormals come
/// back as they are. Beyond kTanhSaturates both round to 1 in float and double: exactly ±1.
template <typename V>
V hyperbolic_tangent(V x) {
  constexpr RealOf<V> kTanhSaturates = 20;
  const V one(RealOf<V>(1));
  const V exponent = min(V(kTanhSaturates), abs(x)) * V(RealOf<V>(-2));
  const V n = whole_part(exponent);
  const V s = power_of_two<V>(n);
  const V u = exp_minus_1_of_reduced(reduced(exponent, n));
  const V numerator = multiply_add(-s, u, one - s);
  const V denominator = multiply_add(s, u, one + s);
  return with_sign(numerator / denominator, x);
}

template <typename Real>
OneLane<Real> exponential(OneLane<Real> x) {
  return std::exp(x.x);
}

template <typename Real>
OneLane<Real> exponential_of_nonpositive(OneLane<Real> x) {
  return std::exp(x.x);
}

template <typename Real>
OneLane<Real> hyperbolic_tangent(OneLane<Real> x) {
  return std::tanh(x.x);
}

/// σ(x) = 1/(1 + e⁻ˣ), for x < 0 as eˣ/(1 + eˣ): the exponential never overflows, and the result
/// keeps its relative accuracy down to the denormals.
template <typename V>
V sigmoid(V x) {
  const V one(RealOf<V>(1));
  const V e = exponential_of_nonpositive(-abs(x));
  return select(x < V(RealOf<V>(0)), e, one) / (one + e);
}

}  // namespace unroll::simd
