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
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "unroll/core/bfloat16.h"

/// Stands at every kernel: all that it calls is inlined into it, but for other kernels, which take
/// arrays. A call that stays passes its vectors through memory and loads its constants each time
/// (exp took twice the time); and a function without V in its name that stays is one that
/// instruction sets would share.
#define UNROLL_KERNEL [[gnu::flatten, gnu::noinline]]

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
  friend OneLane min(OneLane a, OneLane b) { return a.x < b.x ? a.x : b.x; }
  friend OneLane max(OneLane a, OneLane b) { return a.x > b.x ? a.x : b.x; }
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
  using Integer = std::uint32_t;  // unsigned: AVX2 has no arithmetic shift of 64 bits
  static constexpr int kMantissa = 23;
  static constexpr int kBias = 127;
  static constexpr int kFar = 64;
  static constexpr float kTwoToFar = 0x1p64F;
};
template <>
struct Bits<double> {
  using Integer = std::uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr int kBias = 1023;
  static constexpr int kFar = 512;
  static constexpr double kTwoToFar = 0x1p512;
};

/// 1.5·2^mantissa: the spacing of Reals around it is 1, so adding it rounds to an integer (ties to
/// even), and leaves that integer in the lowest bits.
template <typename Real>
inline constexpr Real kRounder =
    Real{3} * static_cast<Real>(std::int64_t{1} << (Bits<Real>::kMantissa - 1));

/// ln 2 in two parts, high + low; n·high is exact for every n that occurs, also without a fused
/// multiply-add, because high ends in enough zero bits.
template <typename Real>
struct LnTwo;
template <>
struct LnTwo<float> {
  static constexpr float high = 0x1.63p-1F;       // 9 bits; n has 8
  static constexpr float low = -0x1.bd0106p-13F;  // ln 2 − high
  static constexpr float reciprocal = 0x1.715476p+0F;
};
template <>
struct LnTwo<double> {
  static constexpr double high = 0x1.62e42fefa38p-1;   // 41 bits; n has 11
  static constexpr double low = 0x1.ef35793c7673p-45;  // ln 2 − high
  static constexpr double reciprocal = 0x1.71547652b82fep+0;
};

/// The bits of a vector.
template <typename V>
auto bits_of(V x) {
  return cast_bits<typename Bits<RealOf<V>>::Integer>(x);
}

/// An integer n as n + kShift has n + 2·kBias in its lowest bits.
template <typename Real>
inline constexpr Real kShift = kRounder<Real> + 2 * Bits<Real>::kBias;

/// 2ⁿ⁺ᵏ, where that is a normal number, for an integer k and n as shifted = n + kShift.
template <typename V>
V power_of_two(V shifted, int k = 0) {
  using Real = RealOf<V>;
  using Integer = typename Bits<Real>::Integer;
  const auto n = bits_of(shifted) << Bits<Real>::kMantissa;  // the rounder falls off
  return cast_bits<Real>(
      n + decltype(n)(static_cast<Integer>(k - Bits<Real>::kBias) << Bits<Real>::kMantissa));
}

/// Rounds each lane as to_bfloat16 does (core/bfloat16.h).
template <typename V>
V rounded_to_bfloat16(V x) {
  if constexpr (std::is_same_v<RealOf<V>, float> && V::size > 1) {
    using Words = decltype(bits_of(x));
    const Words bits = bits_of(x);
    const V rounded = cast_bits<float>(bits + Words(0x7fffU) + ((bits >> 16) & Words(1U)));
    const V quiet_nan = cast_bits<float>(bits | Words(0x400000U));
    const V chosen = select(x == x, rounded, quiet_nan);
    return cast_bits<float>(bits_of(chosen) & Words(0xffff0000U));
  } else {
    alignas(64) RealOf<V> lanes[V::size];
    x.store_unaligned(lanes);
    for (auto& lane : lanes) lane = to_float(to_bfloat16(static_cast<float>(lane)));
    return V::load_unaligned(lanes);
  }
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

  /// Stores past the caches, where the instruction set can, at a multiple of the vector's size. In
  /// order with other stores only after finish_streams().
  static void stream(Real* p, V v) { v.store_unaligned(p); }
  static void finish_streams() {}
  /// So many values from p on to such a multiple.
  static std::size_t until_aligned(const Real* p) {
    const auto beyond = reinterpret_cast<std::uintptr_t>(p) % sizeof(V);
    return (sizeof(V) - beyond) % sizeof(V) / sizeof(Real);
  }

  /// Whether there are tables within registers (vecmath_tables-inl.h).
  static constexpr bool kLooksUp = false;

  /// Whether multiply_add rounds once.
  static constexpr bool kFuses = false;
  static V multiply_add(V a, V b, V c) { return fma(a, b, c); }

  /// if_negative where the sign of x is set, as that of −0 is, otherwise the other one.
  static V select_by_sign(V x, V if_negative, V otherwise) {
    return select(x < V(Real(0)), if_negative, otherwise);
  }

  /// x·2ⁿ, rounded once, for x near 1 and an integer n up to 2·kBias away from 0, as
  /// shifted = n + kShift. In two factors of about n/2 each, the first product being exact: 2ⁿ
  /// itself overflows, or is no normal number, where the result may still be one, or a denormal.
  static V scale(V x, V shifted) {
    const auto biased_twice = bits_of(shifted);
    const auto half = biased_twice >> 1;
    const V first = cast_bits<Real>(half << Bits<Real>::kMantissa);
    const V second = cast_bits<Real>((biased_twice - half) << Bits<Real>::kMantissa);
    return x * first * second;
  }
  /// x · 2ⁿ for n ≤ 0 only.
  static V scale_down(V x, V shifted) {
    const V far = power_of_two<V>(shifted, Bits<Real>::kFar);
    return x * far * V(1 / Bits<Real>::kTwoToFar);
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
