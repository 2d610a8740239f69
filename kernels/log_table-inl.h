/// What log needs on AVX-512. Made by fit/log_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the upper four bits of m's mantissa, 0.75 ≤ m < 1.5.
struct LogTable {
  /// c ≈ 1/m
  static constexpr float reciprocal[] = {
      0x1p+0F, 0x1.ep-1F, 0x1.cp-1F, 0x1.ap-1F, 0x1.9p-1F, 0x1.8p-1F, 0x1.6p-1F, 0x1.6p-1F,
      0x1.48p+0F, 0x1.4p+0F, 0x1.38p+0F, 0x1.28p+0F, 0x1.2p+0F, 0x1.18p+0F, 0x1.1p+0F, 0x1p+0F
  };
  /// L, multiples of 2⁻¹⁶, and what −log c has beyond it
  static constexpr float logarithm[] = {
      0x0p+0F, 0x1.086p-4F, 0x1.1178p-3F, 0x1.a94p-3F, 0x1.f99p-3F, 0x1.2698p-2F, 0x1.7fbp-2F,
      0x1.7fbp-2F, -0x1.fb9p-3F, -0x1.c9p-3F, -0x1.9528p-3F, -0x1.2958p-3F, -0x1.e27p-4F,
      -0x1.6f1p-4F, -0x1.f0ap-5F, 0x0p+0F
  };
  static constexpr float rest[] = {
      0x0p+0F, -0x1.9d2988p-18F, 0x1.d044fcp-20F, -0x1.2c3752p-19F, 0x1.c6cb3cp-19F,
      -0x1.deecb2p-18F, -0x1.7109fap-20F, -0x1.7109fap-20F, -0x1.86d5e4p-19F, 0x1.070cacp-20F,
      0x1.2b185ep-18F, 0x1.683fp-18F, -0x1.db8abcp-22F, 0x1.6ba8d4p-19F, -0x1.86008cp-20F, 0x0p+0F
  };
  /// log(1 + r) ≈ r + r²·q(r), lowest first
  static constexpr float q[] = {
      -0x1.ffffdcp-2F, 0x1.5556c8p-2F, -0x1.00b0b4p-2F, 0x1.950e96p-3F
  };
};

}  // namespace unroll::simd
