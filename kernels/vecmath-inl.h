/// exp, expm1, log, tanh and sigmoid on vectors, for float and double. NaN gives NaN; every other x
/// is within so many units in the last place of the exact value (measured: docs/numerics.md):
///
///   exp 1.0    expm1 2.2    log 1.0    tanh 2.2    sigmoid 2.2
///
/// The method is Cody and Waite's: an argument is brought near 0 by an integer n,
///   x = n·ln 2 + r,  eˣ = 2ⁿ·eʳ        x = 2ⁿ·(1 + f),  log x = n·ln 2 + log(1 + f)
/// and the rest is a polynomial, with coefficients by the scripts of kernels/fit. OneLane has its
/// own versions by the standard library; where tables fit into registers there is a shorter way
/// (vecmath_tables-inl.h).
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include "unroll/kernels/vec-inl.h"
#include "unroll/kernels/vecmath_tables-inl.h"

namespace unroll::simd {

/// What exp needs. q are the coefficients of eʳ ≈ 1 + r + r²·q(r), lowest first, by fit/exp.py.
template <typename Real>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr float lowest = -104;    // e^lowest < 2⁻¹⁵⁰, half the least denormal: 0
  static constexpr float highest = 88.8F;  // e^highest > 2¹²⁸: infinity; n is 128
  static constexpr float all_of_minus_1 = -20;  // e^… − 1 rounds to −1
  static constexpr float tiny = 0x1p-26F;       // e^… − 1 rounds to it
  static constexpr float q[] = {0x1.fffffcp-2F, 0x1.55549p-3F, 0x1.555872p-5F, 0x1.123b3p-7F,
                                0x1.6aa06ap-10F};
};
template <>
struct ExpConstants<double> {
  static constexpr double lowest = -746;    // e^lowest < 2⁻¹⁰⁷⁵: 0
  static constexpr double highest = 709.9;  // e^highest > 2¹⁰²⁴: infinity; n is 1024
  static constexpr double all_of_minus_1 = -40;
  static constexpr double tiny = 0x1p-55;
  static constexpr double q[] = {
      0x1.000000000000ap-1,  0x1.555555555551p-3,   0x1.5555555550863p-5,  0x1.111111112518dp-7,
      0x1.6c16c1836f4afp-10, 0x1.a01a012a1d364p-13, 0x1.a0199d7a892adp-16, 0x1.71df4011a5049p-19,
      0x1.28a974c251228p-22, 0x1.ad351599b1f2p-26};
};

/// n of x = n·ln 2 + r, the integer nearest to x / ln 2, as n + kShift.
template <typename V>
V shifted_whole_part(V x) {
  return multiply_add(x, V(LnTwo<RealOf<V>>::reciprocal), V(kShift<RealOf<V>>));
}

/// r of x = n·ln 2 + r.
template <typename V>
V reduced(V x, V shifted) {
  using K = LnTwo<RealOf<V>>;
  const V n = shifted - V(kShift<RealOf<V>>);
  return multiply_add(n, V(-K::low), multiply_add(n, V(-K::high), x));
}

/// c₀ + c₁x + c₂x² + … by Horner's rule: the fewest operations, and several vectors are under way
/// at once (twice-inl.h).
template <typename V, std::size_t count>
V polynomial(const RealOf<V> (&c)[count], V x) {
  V sum(c[count - 1]);
  for (std::size_t k = count - 1; k > 0; --k) sum = multiply_add(sum, x, V(c[k - 1]));
  return sum;
}

/// eʳ − 1 for |r| ≤ ln 2 / 2. Near 0 it is r itself, to the last bit.
template <typename V>
V exp_minus_1_of_reduced(V r) {
  return multiply_add(r * r, polynomial(ExpConstants<RealOf<V>>::q, r), r);
}

/// eʳ for |r| ≤ ln 2 / 2. As 1 + r·p, p = 1 + r·q, the fewest operations; but without a fused
/// multiply-add that rounds r·p, which is larger than what else is rounded.
template <typename V>
V exp_of_reduced(V r) {
  const V one(RealOf<V>(1));
  if constexpr (Native<V>::kFuses) {
    const V p = multiply_add(polynomial(ExpConstants<RealOf<V>>::q, r), r, one);
    return multiply_add(p, r, one);
  } else {
    return exp_minus_1_of_reduced(r) + one;
  }
}

/// eˣ. Gradual underflow, 0 at −∞; infinity where the result overflows.
template <typename V>
V exponential(V x) {
  using K = ExpConstants<RealOf<V>>;
  if constexpr (Native<V>::kLooksUp) {
    return exp_by_table<false>(x);
  } else {
    const V limited = min(V(K::highest), max(V(K::lowest), x));
    const V shifted = shifted_whole_part(limited);
    return Native<V>::scale(exp_of_reduced(reduced(limited, shifted)), shifted);
  }
}

/// eˣ for x ≤ 0, with less work.
template <typename V>
V exponential_of_nonpositive(V x) {
  const V limited = max(V(ExpConstants<RealOf<V>>::lowest), x);
  if constexpr (Native<V>::kLooksUp) {
    return exp_by_table<true>(limited);
  } else {
    const V shifted = shifted_whole_part(limited);
    return Native<V>::scale_down(exp_of_reduced(reduced(limited, shifted)), shifted);
  }
}

/// eˣ − 1 = 2ⁿ(eʳ − 1) + (2ⁿ − 1), half of it first, for 2ⁿ may overflow where the result does not;
/// x itself where it is so small that the two are the same, −0 and denormals among them.
template <typename V>
V exponential_minus_1(V x) {
  using Real = RealOf<V>;
  using K = ExpConstants<Real>;
  const V limited = min(V(K::highest), max(V(K::all_of_minus_1), x));
  const V shifted = shifted_whole_part(limited);
  const V half_of_s = power_of_two(shifted, -1);
  const V u = exp_minus_1_of_reduced(reduced(limited, shifted));
  const V half = multiply_add(half_of_s, u, half_of_s - V(Real(0.5)));
  return select(abs(x) < V(K::tiny), x, half + half);
}

/// What log needs. g are the coefficients of log(1 + f) ≈ f + f²·g(f) for √½ ≤ 1 + f < √2, lowest
/// first, by fit/log.py.
template <typename Real>
struct LogConstants;
template <>
struct LogConstants<float> {
  static constexpr float sqrt_half = 0x1.6a09e6p-1F;
  static constexpr float g[] = {-0x1.fffff8p-2F, 0x1.55555p-2F,   -0x1.000438p-2F,
                                0x1.99a416p-3F,  -0x1.542196p-3F, 0x1.226b2ap-3F,
                                -0x1.0f79bp-3F,  0x1.08a642p-3F,  -0x1.3799f8p-4F};
};
template <>
struct LogConstants<double> {
  static constexpr double sqrt_half = 0x1.6a09e667f3bcdp-1;
  static constexpr double g[] = {
      -0x1.0000000000003p-1, 0x1.555555555550cp-2, -0x1.fffffffffe101p-3, 0x1.99999999a29d8p-3,
      -0x1.55555556cd386p-3, 0x1.24924921f9c81p-3, -0x1.ffffff012143bp-4, 0x1.c71c71f3653c3p-4,
      -0x1.9999c7b062fe5p-4, 0x1.745d41ced2dbfp-4, -0x1.55508d76bb908p-4, 0x1.3b0b0c165feb1p-4,
      -0x1.24db46ea035a6p-4, 0x1.11d4f49d4ef0bp-4, -0x1.fb7872b96cbffp-5, 0x1.cfe1a1571a739p-5,
      -0x1.d152e376bffd7p-5, 0x1.0b17c0132fbdcp-4, -0x1.eaf1b8a638052p-5, 0x1.ac10fa4803675p-6};
};

/// log x for a positive normal x, less `missing`·ln 2 for an integer `missing`.
///
/// n·ln 2 + f is rounded; what that takes from f is given back with the small terms, so that only
/// the last rounding counts. The exponent changes at √½, not at 1: moved has n + bias above a
/// mantissa that counts from there.
template <typename V>
V log_of_normal(V x, V missing) {
  using Real = RealOf<V>;
  using Integer = typename Bits<Real>::Integer;
  using Integers = decltype(bits_of(x));
  constexpr int kMantissa = Bits<Real>::kMantissa;
  constexpr auto kSqrtHalf = std::bit_cast<Integer>(LogConstants<Real>::sqrt_half);
  const Integers moved = bits_of(x) + Integers(std::bit_cast<Integer>(Real(1)) - kSqrtHalf);
  const Integers mantissa = moved & Integers((Integer(1) << kMantissa) - 1);
  const V f = cast_bits<Real>(mantissa + Integers(kSqrtHalf)) - V(Real(1));
  const V biased = cast_bits<Real>((moved >> kMantissa) | bits_of(V(kRounder<Real>)));
  const V n = biased - (missing + V(kRounder<Real> + Bits<Real>::kBias));

  const V sum = multiply_add(n, V(LnTwo<Real>::high), f);
  const V lost = f - multiply_add(n, V(-LnTwo<Real>::high), sum);
  const V g = polynomial(LogConstants<Real>::g, f);
  return sum + (multiply_add(f * f, g, n * V(LnTwo<Real>::low)) + lost);
}

/// log x; −∞ at 0 and −0, NaN below. What is no positive normal number is rare, so that one branch
/// for all lanes pays.
template <typename V>
V logarithm(V x) {
  if constexpr (Native<V>::kLooksUp) {
    return log_by_table(x);
  } else {
    using Real = RealOf<V>;
    using Limits = std::numeric_limits<Real>;
    const V zero(Real(0)), infinity(Limits::infinity());
    const V least(Limits::min());
    if (all((x >= least) & (x < infinity))) [[likely]]
      return log_of_normal(x, zero);

    constexpr int kMantissa = Bits<Real>::kMantissa;  // so many binades to the normal numbers
    const auto is_small = x < least;
    const V normal = select(is_small, x * V(static_cast<Real>(std::uint64_t{1} << kMantissa)), x);
    const V y = log_of_normal(normal, select(is_small, V(Real{kMantissa}), zero));
    const V below = select(x < zero, V(Limits::quiet_NaN()), x);  // ∞ and NaN stay what they are
    const V limit = select(x == zero, -infinity, below);
    return select((x > zero) & (x < infinity), y, limit);
  }
}

/// tanh x = (1 − e)/(1 + e) with e = e^{−2|x|}, and the sign of x. Both sums are taken from
/// e = 2ⁿ + 2ⁿ(eʳ − 1), rounded once each: so nothing cancels near 0, and −0 and denormals come
/// back as they are. Beyond kTanhSaturates both round to 1 in float and double: exactly ±1.
template <typename V>
V hyperbolic_tangent(V x) {
  if constexpr (Native<V>::kLooksUp) {
    return tanh_by_table(x);
  } else {
    constexpr RealOf<V> kTanhSaturates = 20;
    const V one(RealOf<V>(1));
    const V exponent = min(V(kTanhSaturates), abs(x)) * V(RealOf<V>(-2));
    const V shifted = shifted_whole_part(exponent);
    const V s = power_of_two(shifted);
    const V u = exp_minus_1_of_reduced(reduced(exponent, shifted));
    const V numerator = multiply_add(-s, u, one - s);
    const V denominator = multiply_add(s, u, one + s);
    return with_sign(numerator / denominator, x);
  }
}

/// How sigmoid takes its quotient: by the instruction, or, where that is slow
/// (unroll/kernels/isa.h), by the instruction set's estimate of a reciprocal and a step of Newton's
/// method.
enum class Division { kInstruction, kReciprocal };

/// σ(x) = 1/(1 + e⁻ˣ), with e = e^{−|x|} and q = e/(1 + e):
///   1 − q for x ≥ 0,  e − e·q for x < 0
/// The exponential never overflows, the result keeps its relative accuracy down to the denormals,
/// and what the sum 1 + e loses counts little in either form. By the reciprocal ρ ≈ 1/(1 + e) it is
/// ρ or e·ρ, and the step takes 1 − (1 + e)·ρ from e itself: there nothing is lost either.
template <Division division = Division::kInstruction, typename V>
V sigmoid(V x) {
  const V one(RealOf<V>(1));
  const V e = exponential_of_nonpositive(x | V(RealOf<V>(-0.0)));
  const V whole = Native<V>::select_by_sign(x, e, one);
  if constexpr (division == Division::kReciprocal) {
    const V estimate = Native<V>::reciprocal_estimate(one + e);
    const V residual = multiply_add(-e, estimate, one - estimate);  // ½ ≤ estimate ≤ 1: exact
    return whole * multiply_add(residual, estimate, estimate);
  } else {
    return multiply_add(-whole, e / (one + e), whole);
  }
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
OneLane<Real> exponential_minus_1(OneLane<Real> x) {
  return std::expm1(x.x);
}

template <typename Real>
OneLane<Real> logarithm(OneLane<Real> x) {
  return std::log(x.x);
}

template <typename Real>
OneLane<Real> hyperbolic_tangent(OneLane<Real> x) {
  return std::tanh(x.x);
}

template <Division division = Division::kInstruction, typename Real>
OneLane<Real> sigmoid(OneLane<Real> x) {
  const Real e = std::exp(-std::abs(x.x));
  const Real whole[] = {1, e};  // indexed, for a branch would be taken at random
  return whole[x.x < 0] - whole[x.x < 0] * (e / (1 + e));
}

}  // namespace unroll::simd
