/// BFloat16: the upper half of a float, which is its sign, its exponent and 7 of the 23 bits of its
/// fraction. It only stores numbers; arithmetic is done in float.
#pragma once

#include <bit>
#include <cstdint>

namespace unroll {

struct BFloat16 {
  std::uint16_t bits;
};

/// The BFloat16 nearest to a float; of two that are equally near, the even one. NaN stays NaN.
inline BFloat16 to_bfloat16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7fffU + ((bits >> 16) & 1U);
  const std::uint32_t quiet_nan = bits | 0x400000U;
  return {static_cast<std::uint16_t>((x == x ? rounded : quiet_nan) >> 16)};
}

inline float to_float(BFloat16 x) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

}  // namespace unroll
