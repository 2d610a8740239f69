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
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

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

/// xsimd::bitwise_cast took a batch type as its first template argument up to version 9, a value
/// type since.
template <typename To, typename From, typename Arch>
xsimd::batch<To, Arch> cast_bits(xsimd::batch<From, Arch> x) {
  using Result = xsimd::batch<To, Arch>;
  if constexpr (requires { xsimd::bitwise_cast<Result>(x); }) {
    return xsimd::bitwise_cast<Result>(x);
  } else {
    return xsimd::bitwise_cast<To>(x);
  }
}

/// The sign of `sign` on `magnitude`, which is not negative.
template <typename V>
V with_sign(V magnitude, V sign) {
  return magnitude | bitofsign(sign);
}

/// How the bits of a Real are laid out.
template <typename Real>
struct Bits;
template <>
struct Bits<float> {
  using Integer = std::int32_t;
  static constexpr int kMantissa = 23;
  static constexpr float kBias = 127;
};
template <>
struct Bits<double> {
  using Integer = std::int64_t;
  static constexpr int kMantissa = 52;
  static constexpr double kBias = 1023;
};

/// 1.5·2^mantissa: the spacing of Reals around it is 1, so adding it rounds to an integer (ties to
/// even), and leaves that integer in the lowest bits.
template <typename Real>
inline constexpr Real kRounder =
    Real{3} * static_cast<Real>(std::int64_t{1} << (Bits<Real>::kMantissa - 1));

template <typename V>
V round_to_integer(V x) {
  const V rounder(kRounder<RealOf<V>>);
  return (x + rounder) - rounder;
}

/// 2ⁿ for an integer n whose 2ⁿ is a normal number.
template <typename V>
V power_of_two(V n) {
  using Real = RealOf<V>;
  const V biased = n + V(kRounder<Real> + Bits<Real>::kBias);  // exponent field in the lowest bits
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

  /// x·2ⁿ, rounded once, for an integer n of at most twice a normal number's exponent. In two
  /// factors, because 2ⁿ itself overflows, or is no normal number, where the product is one (or a
  /// denormal).
  static V scale(V x, V n) {
    const V half = round_to_integer(n * V(Real(0.5)));
    return x * power_of_two<V>(half) * power_of_two<V>(n - half);
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
  alignas(64) RealOf<V> values[V::size];
};

/// The sum of the lanes, always in the same order: the upper half onto the lower half, until one is
/// left.
template <typename V>
RealOf<V> sum_of_lanes(V v) {
  Lanes<V> lanes(v);
  for (std::size_t half = V::size / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lanes.values[i] += lanes.values[i + half];
  }
  return lanes.values[0];
}

template <typename V>
RealOf<V> maximum_of_lanes(V v) {
  const Lanes<V> lanes(v);
  RealOf<V> best = lanes.values[0];
  for (std::size_t i = 1; i < V::size; ++i) best = best > lanes.values[i] ? best : lanes.values[i];
  return best;
}

}  // namespace unroll::simd
