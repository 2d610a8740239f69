/// BFloat16: the upper half of a float, its sign, exponent and 7 of 23 bits of its fraction. A type
/// of storage: arithmetic is float's.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace unroll {

struct BFloat16 {
  std::uint16_t bits;
};

/// The nearest one, of two equally near the even one; NaN stays NaN.
inline BFloat16 to_bfloat16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7fffU + ((bits >> 16) & 1U);
  const std::uint32_t quiet_nan = bits | 0x400000U;
  return {static_cast<std::uint16_t>((x == x ? rounded : quiet_nan) >> 16)};
}

inline float to_float(BFloat16 x) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

/// What products multiply: values as they are, or rounded to BFloat16.
enum class Precision { kFull, kBFloat16 };
/// "fp32", "bf16": as what floats are multiplied.
inline std::string_view to_string(Precision precision) {
  return precision == Precision::kFull ? "fp32" : "bf16";
}

}  // namespace unroll
