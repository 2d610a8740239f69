/// What tanh needs on AVX-512. Made by fit/tanh_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the bits 20 to 24 of the float |x| + shift: tanh |x| ≈ c₀ + c₁t + … + c₄t⁴ with
/// t = |x| − centre.
struct TanhTable {
  static constexpr float shift = 0x1.49374cp-1F;
  static constexpr float saturates = 0x1.20a3d8p+3F;  // 1 from here on
  static constexpr int bit = 20;
  static constexpr float centre[] = {
      0x1.7b622p+0F, 0x1.bb652ep+0F, 0x1.fb61cp+0F, 0x1.1db524p+1F, 0x1.3db45ap+1F, 0x1.5db42cp+1F,
      0x1.7db3bp+1F, 0x1.9db454p+1F, 0x1.cdb4b6p+1F, 0x1.06d86cp+2F, 0x1.26d8bap+2F, 0x1.46d164p+2F,
      0x1.66e126p+2F, 0x1.86bde6p+2F, 0x1.a6f84p+2F, 0x1.c79ab8p+2F, 0x1.fe2804p+2F, 0x1.154246p+3F,
      0x0p+0F, 0x1.36433ep-4F, 0x1.1b25dep-3F, 0x1.9b2194p-3F, 0x1.0d9482p-2F, 0x1.4d90bcp-2F,
      0x1.ad8f3cp-2F, 0x1.16c6b8p-1F, 0x1.56c83ap-1F, 0x1.96ca5ep-1F, 0x1.d6c79ep-1F, 0x1.0b653p+0F,
      0x1.2b669ep+0F, 0x1.4b664ap+0F
  };
  static constexpr float c0[] = {
      0x1.cdbd68p-1F, 0x1.e0eb0ep-1F, 0x1.eceb08p-1F, 0x1.f458p-1F, 0x1.f8e5e2p-1F, 0x1.fbae3ap-1F,
      0x1.fd602ep-1F, 0x1.fe682p-1F, 0x1.ff3f2ep-1F, 0x1.ffb904p-1F, 0x1.ffe5e2p-1F, 0x1.fff662p-1F,
      0x1.fffc78p-1F, 0x1.fffeb2p-1F, 0x1.ffff86p-1F, 0x1.ffffd4p-1F, 0x1.fffff8p-1F,
      0x1.fffffep-1F, 0x0p+0F, 0x1.35abaep-4F, 0x1.195b86p-3F, 0x1.95b22ap-3F, 0x1.078528p-2F,
      0x1.423f46p-2F, 0x1.9604a8p-2F, 0x1.fc49dp-2F, 0x1.2b570cp-1F, 0x1.526912p-1F, 0x1.73894cp-1F,
      0x1.8f301ap-1F, 0x1.a5f37p-1F, 0x1.b87a52p-1F
  };
  static constexpr float c1[] = {
      0x1.7e58b8p-3F, 0x1.e2368ap-4F, 0x1.2b9ea4p-4F, 0x1.70c06ap-5F, 0x1.c35f8ep-6F,
      0x1.13465ep-6F, 0x1.4f0bd2p-7F, 0x1.973c8cp-8F, 0x1.814bfap-9F, 0x1.1bd0cap-10F,
      0x1.a1c45cp-12F, 0x1.33b03cp-13F, 0x1.c3ebfcp-15F, 0x1.4df1b4p-16F, 0x1.e7ebfcp-18F,
      0x1.5ff2bp-19F, 0x1.ff9582p-22F, 0x1.ffc5fep-24F, 0x1p+0F, 0x1.fd12dp-1F, 0x1.f6562ep-1F,
      0x1.ebe896p-1F, 0x1.de17a4p-1F, 0x1.cd4b98p-1F, 0x1.af81a8p-1F, 0x1.81d966p-1F, 0x1.50fddp-1F,
      0x1.20533ap-1F, 0x1.e4c8d6p-2F, 0x1.918912p-2F, 0x1.488572p-2F, 0x1.0a1b5p-2F
  };
  static constexpr float c2[] = {
      -0x1.58d0d4p-3F, -0x1.c4f0e4p-4F, -0x1.20745ap-4F, -0x1.685c02p-5F, -0x1.bd1db6p-6F,
      -0x1.10f496p-6F, -0x1.4d5502p-7F, -0x1.95f872p-8F, -0x1.80bf4p-9F, -0x1.1bacdcp-10F,
      -0x1.a1b442p-12F, -0x1.33b2ep-13F, -0x1.c3ec94p-15F, -0x1.4dfb9ep-16F, -0x1.e7eae8p-18F,
      -0x1.5fdadcp-19F, -0x1.f948fp-22F, -0x1.002bdp-23F, 0x1.209fe4p-19F, -0x1.33e5bap-4F,
      -0x1.140c12p-3F, -0x1.85c698p-3F, -0x1.ec22f6p-3F, -0x1.22559cp-2F, -0x1.562fa2p-2F,
      -0x1.7f0d3cp-2F, -0x1.8a0aeep-2F, -0x1.7d246cp-2F, -0x1.5fc96cp-2F, -0x1.39103p-2F,
      -0x1.0ebe08p-2F, -0x1.c9de5p-3F
  };
  static constexpr float c3[] = {
      0x1.6ec1bep-4F, 0x1.08fa66p-4F, 0x1.646cfcp-5F, 0x1.cbc528p-6F, 0x1.216c26p-6F,
      0x1.6707b2p-7F, 0x1.b97e88p-8F, 0x1.0df828p-8F, 0x1.03b07p-9F, 0x1.7fb922p-11F,
      0x1.1ab7ccp-12F, 0x1.a0a7fap-14F, 0x1.32004ap-15F, 0x1.c44c6cp-17F, 0x1.4a63a6p-18F,
      0x1.dc68cap-20F, 0x1.60295cp-22F, 0x1.5e32bap-24F, -0x1.55a23ep-2F, -0x1.4d71ccp-2F,
      -0x1.3bc2fcp-2F, -0x1.213d66p-2F, -0x1.feab0cp-3F, -0x1.b03688p-3F, -0x1.2ffe96p-3F,
      -0x1.0d33a2p-4F, 0x1.5a46fep-8F, 0x1.db2654p-5F, 0x1.759d5cp-4F, 0x1.b8277cp-4F,
      0x1.c5f1e6p-4F, 0x1.b0b658p-4F
  };
  static constexpr float c4[] = {
      -0x1.9157a6p-6F, -0x1.85ef96p-6F, -0x1.2c369p-6F, -0x1.9fd2aep-7F, -0x1.1073fap-7F,
      -0x1.5a1266p-8F, -0x1.af6b9cp-9F, -0x1.0a7b84p-9F, -0x1.01b3e6p-10F, -0x1.7e2b1p-12F,
      -0x1.19f718p-13F, -0x1.9e93a2p-15F, -0x1.31b898p-16F, -0x1.c10f4ep-18F, -0x1.4afb2p-19F,
      -0x1.e637dep-21F, -0x1.beb66cp-23F, -0x1.4e97eep-25F, 0x1.74f3bep-7F, 0x1.8e79e2p-5F,
      0x1.65e512p-4F, 0x1.e83aaep-4F, 0x1.2745ecp-3F, 0x1.4a153p-3F, 0x1.5bed08p-3F, 0x1.417feap-3F,
      0x1.ff62bcp-4F, 0x1.5f7ba8p-4F, 0x1.89f034p-5F, 0x1.2abeeep-6F, -0x1.972494p-9F,
      -0x1.0a3e82p-6F
  };
};

}  // namespace unroll::simd
