/// Two vectors at a time, operation by operation: two chains of dependent operations side by side.
///
/// exp is a chain of fifteen operations of three or four cycles. The processor overlaps the next
/// vectors' chains only as far ahead as its schedulers reach, and they are full of operations that
/// wait. Written alternately, two chains are always within reach: a third more speed on AVX2.
#pragma once

#include <cstddef>

#include "unroll/kernels/vec-inl.h"

namespace unroll::simd {

/// Acts as a vector V of twice the size (vec-inl.h). `V` may be a vector of integers or a mask.
template <typename V>
struct Twice {
  using value_type = typename V::value_type;
  static constexpr std::size_t size = 2 * V::size;

  Twice() = default;
  Twice(V a, V b) : first(a), second(b) {}
  template <typename Value>
  explicit Twice(Value value) : first(value), second(value) {}

  static Twice load_unaligned(const auto* p) {
    return {V::load_unaligned(p), V::load_unaligned(p + V::size)};
  }
  void store_unaligned(auto* p) const {
    first.store_unaligned(p);
    second.store_unaligned(p + V::size);
  }

  friend Twice operator+(Twice a, Twice b) { return {a.first + b.first, a.second + b.second}; }
  friend Twice operator-(Twice a, Twice b) { return {a.first - b.first, a.second - b.second}; }
  friend Twice operator*(Twice a, Twice b) { return {a.first * b.first, a.second * b.second}; }
  friend Twice operator/(Twice a, Twice b) { return {a.first / b.first, a.second / b.second}; }
  friend Twice operator&(Twice a, Twice b) { return {a.first & b.first, a.second & b.second}; }
  friend Twice operator|(Twice a, Twice b) { return {a.first | b.first, a.second | b.second}; }
  friend Twice operator-(Twice a) { return {-a.first, -a.second}; }
  friend Twice operator<<(Twice a, int n) { return {a.first << n, a.second << n}; }
  friend Twice operator>>(Twice a, int n) { return {a.first >> n, a.second >> n}; }
  friend Twice min(Twice a, Twice b) { return {min(a.first, b.first), min(a.second, b.second)}; }
  friend Twice max(Twice a, Twice b) { return {max(a.first, b.first), max(a.second, b.second)}; }
  friend Twice abs(Twice a) { return {abs(a.first), abs(a.second)}; }
  friend Twice bitofsign(Twice a) { return {bitofsign(a.first), bitofsign(a.second)}; }

  V first, second;
};

/// From the results for the two halves.
template <typename V>
Twice<V> both(V first, V second) {
  return {first, second};
}

template <typename V>
auto operator<(Twice<V> a, Twice<V> b) {
  return both(a.first < b.first, a.second < b.second);
}
template <typename V>
auto operator>=(Twice<V> a, Twice<V> b) {
  return both(a.first >= b.first, a.second >= b.second);
}
template <typename V>
auto operator>(Twice<V> a, Twice<V> b) {
  return both(a.first > b.first, a.second > b.second);
}
template <typename V>
auto operator==(Twice<V> a, Twice<V> b) {
  return both(a.first == b.first, a.second == b.second);
}
template <typename Mask>
bool all(Twice<Mask> mask) {
  return all(mask.first & mask.second);
}
template <typename Mask, typename V>
Twice<V> select(Twice<Mask> mask, Twice<V> a, Twice<V> b) {
  return {select(mask.first, a.first, b.first), select(mask.second, a.second, b.second)};
}
template <typename To, typename V>
auto cast_bits(Twice<V> x) {
  return both(cast_bits<To>(x.first), cast_bits<To>(x.second));
}

/// What an instruction set does in its own way, for each half.
template <typename V>
struct Native<Twice<V>> {
  using Half = Native<V>;
  static void stream(RealOf<V>* p, Twice<V> v) {
    Half::stream(p, v.first);
    Half::stream(p + V::size, v.second);
  }
  static constexpr bool kFuses = Half::kFuses;
  static Twice<V> multiply_add(Twice<V> a, Twice<V> b, Twice<V> c) {
    return {Half::multiply_add(a.first, b.first, c.first),
            Half::multiply_add(a.second, b.second, c.second)};
  }
  static Twice<V> reciprocal_estimate(Twice<V> x) {
    return {Half::reciprocal_estimate(x.first), Half::reciprocal_estimate(x.second)};
  }
  static Twice<V> select_by_sign(Twice<V> x, Twice<V> if_negative, Twice<V> otherwise) {
    return {Half::select_by_sign(x.first, if_negative.first, otherwise.first),
            Half::select_by_sign(x.second, if_negative.second, otherwise.second)};
  }
  static Twice<V> scale(Twice<V> x, Twice<V> n) {
    return {Half::scale(x.first, n.first), Half::scale(x.second, n.second)};
  }
  static Twice<V> scale_down(Twice<V> x, Twice<V> n) {
    return {Half::scale_down(x.first, n.first), Half::scale_down(x.second, n.second)};
  }

  static constexpr bool kLooksUp = Half::kLooksUp;
  template <std::size_t size, typename Integers>
  static Twice<V> look_up(const RealOf<V> (&table)[size], Integers i) {
    return {Half::look_up(table, i.first), Half::look_up(table, i.second)};
  }
  static Twice<V> at_most(Twice<V> limit, Twice<V> x) {
    return {Half::at_most(limit.first, x.first), Half::at_most(limit.second, x.second)};
  }
  static Twice<V> scale_by_floor(Twice<V> x, Twice<V> n) {
    return {Half::scale_by_floor(x.first, n.first), Half::scale_by_floor(x.second, n.second)};
  }
  static Twice<V> mantissa(Twice<V> x) {
    return {Half::mantissa(x.first), Half::mantissa(x.second)};
  }
  static Twice<V> exponent(Twice<V> x) {
    return {Half::exponent(x.first), Half::exponent(x.second)};
  }
};

}  // namespace unroll::simd
