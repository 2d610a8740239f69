/// What tiles multiply: operands as wide as the sums, or narrower ones, several of which stand side
/// by side in a lane and are multiplied and added by one instruction (vec_avx512bf16-inl.h).
#pragma once

#include <cstddef>
#include <cstring>

#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/loops-inl.h"

namespace unroll::simd {

/// Operands of this type, in vectors for sums V.
template <typename V, typename Operand>
struct Multiplier;

template <typename V>
struct Multiplier<V, RealOf<V>> {
  using Real = RealOf<V>;
  using Factor = V;
  /// The next kDepth values of a row of the left factor, for all columns.
  static V broadcast(const Real* a) { return V(*a); }
  /// Those of V::size columns of the right factor, from a panel.
  static V load_factor(const Real* p) { return V::load_unaligned(p); }
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

/// Pairs, the plain way: products of two BFloat16 are exact in float; the second one's is added
/// first, as AVX512_BF16 has it.
template <>
struct Multiplier<OneLane<float>, BFloat16> {
  using V = OneLane<float>;
  struct Factor {
    float first, second;
  };
  static Factor broadcast(const BFloat16* a) { return {to_float(a[0]), to_float(a[1])}; }
  static Factor load_factor(const BFloat16* p) { return broadcast(p); }
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

/// Vectors of columns that a tile, and so a panel, has.
inline constexpr std::size_t kTileVectors = 4;
/// The values of one line of a panel.
template <typename V, typename Operand = RealOf<V>>
inline constexpr std::size_t kPanelLine = kTileVectors * V::size * kDepth<Operand>;

}  // namespace unroll::simd
