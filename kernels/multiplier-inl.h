/// What tiles multiply: operands as wide as the sums; or narrower ones, several of which are side
/// by side in a lane and are multiplied and added by one instruction (vec_avx512bf16-inl.h); or
/// wide ones by weights that are narrow only in memory.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/loops-inl.h"

namespace unroll::simd {

/// Operands of this type by weights of that one, in vectors for sums V.
template <typename V, typename Operand, typename Weight = Operand>
struct Multiplier;

template <typename V>
struct Multiplier<V, RealOf<V>, RealOf<V>> {
  using Real = RealOf<V>;
  using Factor = V;
  /// The next kDepth values of a row of the left factor, for all columns.
  static V broadcast(const Real* a) { return V(*a); }
  /// The next values of V::size columns of the right factor: vector c of a panel's line.
  template <typename VectorOf>
  static V load_factor(VectorOf vector_of, std::size_t c) {
    return V::load_unaligned(vector_of(c));
  }
  static V multiply_add(V a, V b, V sum) { return simd::multiply_add(a, b, sum); }

  /// V::size values of an array, or a part of them.
  template <typename Part>
  static V load(Part part, const Real* p) {
    return part.load(p);
  }
  template <typename Part>
  static void store(Part part, Real* p, V v) {
    part.store(p, v);
  }

  /// The next kDepth of `rows` rows, side by side: `count` columns of them, in `scratch` or where
  /// they are.
  static const Real* side_by_side(std::size_t /*count*/, std::size_t /*rows*/, Rows<const Real> B,
                                  Real* /*scratch*/) {
    return B.data;
  }
};

/// Weights that are read as BFloat16, half the bytes, and widened in registers: a line's vectors 2c
/// and 2c + 1 are the lower and the upper halves of the same words (NarrowPanels in packed.h). The
/// bits are those of the same weights as floats.
template <typename V>
struct Multiplier<V, float, BFloat16> : Multiplier<V, float, float> {
  template <typename VectorOf>
  static V load_factor(VectorOf vector_of, std::size_t c) {
    if constexpr (V::size == 1) {
      return V(to_float(*vector_of(c)));
    } else {
      V words;
      std::memcpy(&words, vector_of(c - c % 2), sizeof(words));
      const auto bits = bits_of(words);
      return cast_bits<float>(c % 2 == 0 ? bits << 16 : bits & decltype(bits)(0xffff0000U));
    }
  }
};

/// Pairs, the plain way: products of two BFloat16 are exact in float; the second one's is added
/// first, as AVX512_BF16 has it.
template <>
struct Multiplier<OneLane<float>, BFloat16, BFloat16> {
  using V = OneLane<float>;
  struct Factor {
    float first, second;
  };
  static Factor broadcast(const BFloat16* a) { return {to_float(a[0]), to_float(a[1])}; }
  template <typename VectorOf>
  static Factor load_factor(VectorOf vector_of, std::size_t c) {
    return broadcast(vector_of(c));
  }
  static V multiply_add(Factor a, Factor b, V sum) {
    return V(a.first * b.first) + (V(a.second * b.second) + sum);
  }

  static V load(Whole<V>, const BFloat16* p) { return V(to_float(*p)); }
  static void store(Whole<V>, BFloat16* p, V v) {
    float value;
    v.store_unaligned(&value);
    *p = to_bfloat16(value);
  }

  static const BFloat16* side_by_side(std::size_t count, std::size_t rows, Rows<const BFloat16> B,
                                      BFloat16* scratch) {
    for (std::size_t n = 0; n < count; ++n) {
      scratch[2 * n] = B.data[n];
      scratch[2 * n + 1] = rows > 1 ? B.data[B.stride + n] : BFloat16();
    }
    return scratch;
  }
};

/// Pairs of Float16, the plain way. A lane's short sum has two parts, of the first and of the
/// second values of the pairs; each product and sum is rounded to Float16 once, as AVX512-FP16 has
/// it. After kShortLines pairs the parts are added up, and their sum is widened and added to a
/// float. Numbers of Float16 are kept as floats here.
template <>
struct Multiplier<OneLane<float>, Float16, Float16> {
  using V = OneLane<float>;
  struct Factor {
    float first, second;
  };
  using ShortSum = Factor;
  static constexpr std::size_t kShortLines = kShortLinesOfFloat16;

  static Factor broadcast(const Float16* a) { return {to_float(a[0]), to_float(a[1])}; }
  template <typename VectorOf>
  static Factor load_factor(VectorOf vector_of, std::size_t c) {
    return broadcast(vector_of(c));
  }
  static ShortSum multiply_add(Factor a, Factor b, ShortSum sum) {
    return {multiply_add(a.first, b.first, sum.first),
            multiply_add(a.second, b.second, sum.second)};
  }
  static V add_widened(ShortSum sums, V sum) {
    return sum + V(static_cast<float>(nearest_float16(double{sums.first} + double{sums.second})));
  }

  static V load(Whole<V>, const Float16* p) { return V(to_float(*p)); }
  static void store(Whole<V>, Float16* p, V v) { *p = to_float16(static_cast<double>(v.x)); }

 private:
  static float multiply_add(float a, float b, float sum) {
    return static_cast<float>(multiply_add_float16(double{a}, double{b}, double{sum}));
  }
};

/// An operand of products to come; rounded to bfloat16, if it is to be.
template <typename V, typename Part, typename Operand>
void store_operand(Part part, Operand* p, V v, bool rounds) {
  if constexpr (std::is_same_v<Operand, RealOf<V>>) {
    if (rounds) v = rounded_to_bfloat16(v);
  }
  Multiplier<V, Operand>::store(part, p, v);
}

/// Vectors of columns that a panel has.
inline constexpr std::size_t kPanelVectors = 4;
/// The values of one line of a panel.
template <typename V, typename Operand = RealOf<V>>
inline constexpr std::size_t kPanelLine = kPanelVectors * V::size * kDepth<Operand>;

}  // namespace unroll::simd
