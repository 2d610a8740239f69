/// Float16: IEEE 754's binary16, with 11 significant bits and an exponent of 5. The nearest number
/// is found here in double, in any build; where the CPU has arithmetic of Float16, kernels give the
/// same bits (kernels/vec_avx512fp16-inl.h).
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace unroll {

struct Float16 {
  std::uint16_t bits;
};

/// The largest number of Float16. Beyond 65520, halfway to the next power of two, is infinity.
inline constexpr float kLargestFloat16 = 65504;
/// The largest relative error of a number that is rounded to Float16, unless it is below 2⁻¹⁴.
inline constexpr double kUnitOfFloat16 = 0x1p-11;

/// So many products of pairs are added up in Float16 before their sums are widened to float.
/// docs/numerics.md derives the error: more of them are faster, and less exact.
inline constexpr std::size_t kShortLinesOfFloat16 = 16;

/// The number of Float16 nearest to x; of two that are equally near, the even one. NaN stays NaN.
inline double nearest_float16(double x) noexcept {
  constexpr int kMantissa = 52, kBias = 1023, kLeast = -14, kFraction = 10;
  if (std::abs(x) >= 65520) return std::copysign(std::numeric_limits<double>::infinity(), x);
  const int exponent = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> kMantissa & 0x7ff);
  const int last_place = (exponent - kBias < kLeast ? kLeast : exponent - kBias) - kFraction;
  // A double of this size has its last bit where Float16 has it: a sum with it rounds there.
  const auto bits = static_cast<std::uint64_t>(last_place + kMantissa + kBias) << kMantissa;
  const double rounder = 1.5 * std::bit_cast<double>(bits);
  return x != x ? x : std::copysign(x + rounder - rounder, x);
}

/// A number of Float16 in its own bits.
inline Float16 to_float16(double x) noexcept {
  const double nearest = nearest_float16(x);
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::abs(nearest)));
  const auto sign = static_cast<std::uint32_t>(std::signbit(x)) << 15;
  if (nearest != nearest) return {static_cast<std::uint16_t>(sign | 0x7e00U)};
  if (std::isinf(nearest)) return {static_cast<std::uint16_t>(sign | 0x7c00U)};
  const std::uint32_t magnitude = std::abs(nearest) < 0x1p-14
                                      ? static_cast<std::uint32_t>(std::abs(nearest) * 0x1p24)
                                      : (bits >> 13) - ((127U - 15U) << 10);
  return {static_cast<std::uint16_t>(sign | magnitude)};
}

inline float to_float(Float16 x) noexcept {
  const std::uint32_t sign = std::uint32_t{x.bits & 0x8000U} << 16, magnitude = x.bits & 0x7fffU;
  if (magnitude < 0x400U) {  // 0 and what lies below 2⁻¹⁴
    return std::bit_cast<float>(
        sign | std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24F));
  }
  const std::uint32_t bias = magnitude < 0x7c00U ? 127U - 15U : 255U - 31U;
  return std::bit_cast<float>(sign | ((magnitude << 13) + (bias << 23)));
}

/// a·b + sum, rounded once. A double holds the product exactly; the sum rounds to the same number
/// as the exact one, for where it has no room for all bits one of the two is far below half the
/// last place of the other.
inline double multiply_add_float16(double a, double b, double sum) noexcept {
  return nearest_float16(a * b + sum);
}

}  // namespace unroll
