/// What exp needs on AVX-512. Made by fit/exp_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the lowest four bits of 16·n.
struct ExpTable {
  /// 2^{k/16}, and what that float lacks
  static constexpr float power[] = {
      0x1p+0F, 0x1.0b5586p+0F, 0x1.172b84p+0F, 0x1.2387a6p+0F, 0x1.306fep+0F, 0x1.3dea64p+0F,
      0x1.4bfdaep+0F, 0x1.5ab07ep+0F, 0x1.6a09e6p+0F, 0x1.7a1148p+0F, 0x1.8ace54p+0F,
      0x1.9c4918p+0F, 0x1.ae89fap+0F, 0x1.c199bep+0F, 0x1.d5818ep+0F, 0x1.ea4afap+0F
  };
  static constexpr float rest[] = {
      0x0p+0F, 0x1.9f3122p-25F, -0x1.c15742p-27F, 0x1.ceac48p-25F, 0x1.4636e2p-25F, 0x1.824684p-25F,
      -0x1.593abcp-25F, -0x1.5bd5ecp-27F, 0x1.9fcef4p-26F, -0x1.829fdp-25F, 0x1.15506ep-27F,
      0x1.51f848p-27F, -0x1.a94b14p-26F, -0x1.3d56b2p-27F, -0x1.822dbcp-27F, 0x1.52486cp-27F
  };
  /// eʳ ≈ 1 + r + r²·q(r), lowest first
  static constexpr float q[] = {
      0x1.00022p-1F, 0x1.555638p-3F
  };
  static constexpr float largest_r = 0x1.633f0ap-6F;
};

}  // namespace unroll::simd
