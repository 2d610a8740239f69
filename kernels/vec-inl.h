/// A vector V of Real values, as the kernel bodies see it: an xsimd::batch, or OneLane for the
/// scalar table.
///
/// Bodies are templates over V, so that each is written once and no two instruction sets share a
/// function's name. They use V's load_unaligned, store_unaligned, + - * / and comparisons, and,
/// found by argument-dependent lookup in xsimd or below, `abs`, `sqrt`, `select(mask, a, b)`, `min`
/// and `max`. **If an argument of min or max is NaN the result is the second one** (x86's rule): so
/// write min(limit, x), and NaN stays NaN.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <xsimd/xsimd.hpp>

/// Stands at every kernel: all that it calls is inlined into it. A call that stays passes its
/// vectors through memory and loads its constants each time (exp took twice the time); and a
/// function without V in its name that stays is one that instruction sets would share.
#define UNROLL_KERNEL [[gnu::flatten]]

namespace unroll::simd {

/// A vector of one value.
template <typename Real>
struct OneLane {
  using value_type = Real;
  static constexpr std::size_t size = 1;

  OneLane() = default;
  OneLane(Real value) : x(value) {}
  static OneLane load_unaligned(const Real* p) { return *p; }
  void store_unaligned(Real* p) const { *p = x; }

  friend OneLane operator+(OneLane a, OneLane b) { return a.x + b.x; }
  friend OneLane operator-(OneLane a, OneLane b) { return a.x - b.x; }
  friend OneLane operator*(OneLane a, OneLane b) { return a.x * b.x; }
  friend OneLane operator/(OneLane a, OneLane b) { return a.x / b.x; }
  friend OneLane operator-(OneLane a) { return -a.x; }
  friend bool operator<(OneLane a, OneLane b) { return a.x < b.x; }
  friend bool operator>(OneLane a, OneLane b) { return a.x > b.x; }
  friend OneLane min(OneLane a, OneLane b) { return a.x < b.x ? a : b; }
  friend OneLane max(OneLane a, OneLane b) { return a.x > b.x ? a : b; }
  friend OneLane abs(OneLane a) { return std::abs(a.x); }
  friend OneLane sqrt(OneLane a) { return std::sqrt(a.x); }
  friend OneLane select(bool mask, OneLane a, OneLane b) { return mask ? a : b; }
  friend OneLane fma(OneLane a, OneLane b, OneLane c) { return a.x * b.x + c.x; }

  Real x;
};

template <typename V>
using RealOf = typename V::value_type;

/// xsimd::bitwise_cast takes a value type as its first template argument, in version 8 a batch
/// type.
template <typename To, typename From, typename Arch>
xsimd::batch<To, Arch> cast_bits(xsimd::batch<From, Arch> x) {
  using Result = xsimd::batch<To, Arch>;
  if constexpr (requires {
                  { xsimd::bitwise_cast<To>(x) } -> std::same_as<Result>;
                }) {
    return xsimd::bitwise_cast<To>(x);
  } else {
    return xsimd::bitwise_cast<Result>(x);
  }
}

/// The sign of `sign` on `magnitude`, which is not negative.
template <typename V>
V with_sign(V magnitude, V sign) {
  return magnitude | bitofsign(sign);
}

/// How the bits of a Real are laid out; and a power of two half the way to overflow and underflow.
template <typename Real>
struct Bits;
template <>
struct Bits<float> {
  using Integer = std::int32_t;
  static constexpr int kMantissa = 23;
  static constexpr float kBias = 127;
  static constexpr float kFar = 64;
  static constexpr float kTwoToFar = 0x1p64F;
};
template <>
struct Bits<double> {
  using Integer = std::int64_t;
  static constexpr int kMantissa = 52;
  static constexpr double kBias = 1023;
  static constexpr double kFar = 512;
  static constexpr double kTwoToFar = 0x1p512;
};

/// 1.5·2^mantissa: the spacing of Reals around it is 1, so adding it rounds to an integer (ties to
/// even), and leaves that integer in the lowest bits.
template <typename Real>
inline constexpr Real kRounder =
    Real{3} * static_cast<Real>(std::int64_t{1} << (Bits<Real>::kMantissa - 1));

/// 2ⁿ⁺ᵏ for integers n and k, where that is a normal number.
template <typename V>
V power_of_two(V n, RealOf<V> k = 0) {
  using Real = RealOf<V>;
  const V biased = n + V(kRounder<Real> + Bits<Real>::kBias + k);  // exponent in the lowest bits
  const auto bits = cast_bits<typename Bits<Real>::Integer>(biased);
  return cast_bits<Real>(bits << Bits<Real>::kMantissa);  // the rounder's own bits fall off
}

/// What an instruction set may do better than by xsimd's common ground: Native<V> in
/// vec_<isa>-inl.h.
template <typename V>
struct Portable {
  using Real = RealOf<V>;

  /// The first `count` lanes from p, `padding` in the others. Touches nothing behind p + count.
  static V load_part(const Real* p, std::size_t count, Real padding) {
    alignas(64) Real lanes[V::size];
    for (std::size_t i = 0; i < V::size; ++i) lanes[i] = i < count ? p[i] : padding;
    return V::load_unaligned(lanes);
  }

  static void store_part(Real* p, std::size_t count, V v) {
    alignas(64) Real lanes[V::size];
    v.store_unaligned(lanes);
    for (std::size_t i = 0; i < V::size; ++i) {
      if (i < count) p[i] = lanes[i];
    }
  }

  static V multiply_add(V a, V b, V c) { return fma(a, b, c); }

  /// x·2ⁿ, rounded once, for an integer n up to 2·kFar away from 0 and x near 1. In two factors,
  /// the first of them exact: 2ⁿ itself overflows, or is no normal number, where the product may
  /// still be one, or a denormal.
  static V scale(V x, V n) {
    const auto is_large = n > V(Real(0));
    const V far = select(is_large, V(Bits<Real>::kFar), V(-Bits<Real>::kFar));
    const V two_to_far = select(is_large, V(Bits<Real>::kTwoToFar), V(1 / Bits<Real>::kTwoToFar));
    return x * power_of_two<V>(n - far) * two_to_far;
  }
  /// The same for n ≤ 0 only.
  static V scale_down(V x, V n) {
    return x * power_of_two<V>(n, Bits<Real>::kFar) * V(1 / Bits<Real>::kTwoToFar);
  }
};

template <typename V>
struct Native : Portable<V> {};

/// a·b + c, rounded once where the instruction set can, otherwise twice.
template <typename V>
V multiply_add(V a, V b, V c) {
  return Native<V>::multiply_add(a, b, c);
}

/// The lanes of v as an array, for the ends of reductions.
template <typename V>
struct Lanes {
  explicit Lanes(V v) { v.store_unaligned(values); }

  /// The sum of `count` lanes from `first`: of its first half and its second half.
  template <std::size_t first, std::size_t count>
  RealOf<V> sum() const {
    if constexpr (count == 1) {
      return values[first];
    } else {
      return sum<first, count / 2>() + sum<first + count / 2, count / 2>();
    }
  }

  alignas(64) RealOf<V> values[V::size];
};

/// The sum of the lanes, always in the same order.
template <typename V>
RealOf<V> sum_of_lanes(V v) {
  return Lanes<V>(v).template sum<0, V::size>();
}

template <typename V>
RealOf<V> maximum_of_lanes(V v) {
  const Lanes<V> lanes(v);
  RealOf<V> best = lanes.values[0];
  for (std::size_t i = 1; i < V::size; ++i) best = best > lanes.values[i] ? best : lanes.values[i];
  return best;
}

}  // namespace unroll::simd
