#include "unroll/kernels/unused_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace unroll {

namespace {

#if defined(__x86_64__)

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

/// Zeros where the CPU has no such leaf.
Registers cpuid(unsigned leaf, unsigned subleaf) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

bool has_bit(unsigned bits, unsigned bit) noexcept {
  return (bits >> bit & 1U) != 0;
}

constexpr unsigned kFeatures = 7, kTiles = 0x1D;  // leaves
// bits of kFeatures
constexpr unsigned kAmxBf16 = 22, kFp16 = 23, kAmxTile = 24, kAmxInt8 = 25;  // subleaf 0, d
constexpr unsigned kAmxFp16 = 21;                                            // subleaf 1, a

/// Asks the operating system for the tile registers.
bool may_use_tiles() noexcept {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

std::string amx_types() {
  const Registers features = cpuid(kFeatures, 0);
  const bool has_palette = cpuid(kTiles, 0).a >= 1;
  if (!has_bit(features.d, kAmxTile) || !has_palette) return "";
  std::string types;
  if (has_bit(features.d, kAmxInt8)) types += " int8";
  if (has_bit(features.d, kAmxBf16)) types += " bf16";
  if (has_bit(cpuid(kFeatures, 1).a, kAmxFp16)) types += " fp16";
  return types;
}

#endif

}  // namespace

bool has_float16_products() noexcept {
#if defined(__x86_64__)
  return has_bit(cpuid(kFeatures, 0).d, kFp16);
#else
  return false;
#endif
}

std::string amx_support() {
#if defined(__x86_64__)
  const std::string types = amx_types();
  if (types.empty()) return "none";
  return types.substr(1) + (may_use_tiles() ? ", permitted" : ", not permitted by the system") +
         ", not used";
#else
  return "none";
#endif
}

}  // namespace unroll
