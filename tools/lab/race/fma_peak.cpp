#include "unroll/tools/lab/race/fma_peak.h"

#include "unroll/kernels/isa.h"
#include "unroll/tools/lab/race/isa/multiply_add.h"

namespace unroll {

namespace {

/// 6 to 12 cycles each.
constexpr std::size_t kRounds = 60'000;
/// x stays near 1: neither denormal nor infinite.
constexpr float kFactor = 0.999F;
constexpr float kTerm = 0.001F;

const MultiplyAddLoop& loop_for(Isa isa) {
  switch (isa) {
#ifdef UNROLL_ISA_X86
    case Isa::kSse2:
      return kMultiplyAddSse2;
    case Isa::kAvx2:
      return kMultiplyAddAvx2;
    case Isa::kAvx512:
      return kMultiplyAddAvx512;
#else
    case Isa::kSse2:
    case Isa::kAvx2:
    case Isa::kAvx512:
#endif
    case Isa::kScalar:
      break;
  }
  return kMultiplyAddScalar;
}

}  // namespace

Racer fma_peak_racer(std::size_t threads) {
  const MultiplyAddLoop& loop = loop_for(active_isa());
  const auto pass = [&loop](std::size_t) {
    [[maybe_unused]] volatile float computed = loop.run(kRounds, kFactor, kTerm);
  };
  return {pass, static_cast<double>(loop.flop_per_round * kRounds * threads)};
}

double gflops(const RaceTime& time) {
  return 1 / time.ns_per_element;
}

}  // namespace unroll
