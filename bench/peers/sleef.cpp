// SLEEF, at both of its accuracies: u10 is 1.0 ulp, u35 3.5 ulp. Its functions are called by the
// names of their instruction set, not through its dispatcher.
#include <sleef.h>

#include "bench/peers/peer.h"
#include "bench/peers/vector.h"

#ifdef __AVX512F__
#define UNROLL_SLEEF(f, accuracy) Sleef_##f##16_##accuracy##avx512f
#else
#define UNROLL_SLEEF(f, accuracy) Sleef_##f##8_##accuracy##avx2
#endif

namespace unroll::bench {
namespace {

constexpr char kVersion[] = "SLEEF " UNROLL_TEXT(SLEEF_VERSION_MAJOR) "." UNROLL_TEXT(
    SLEEF_VERSION_MINOR) "." UNROLL_TEXT(SLEEF_VERSION_PATCHLEVEL);

const Peer kPeers[] = {
    {.implementation = "sleef-u10",
     .version = kVersion,
     .isa = kIsa,
     .functions = {.exp = apply<UNROLL_SLEEF(expf, u10)>,
                   .expm1 = apply<UNROLL_SLEEF(expm1f, u10)>,
                   .log = apply<UNROLL_SLEEF(logf, u10)>,
                   .tanh = apply<UNROLL_SLEEF(tanhf, u10)>,
                   .sigmoid = apply<sigmoid<UNROLL_SLEEF(expf, u10)>>}},
    {.implementation = "sleef-u35",
     .version = kVersion,
     .isa = kIsa,
     .functions = {.log = apply<UNROLL_SLEEF(logf, u35)>, .tanh = apply<UNROLL_SLEEF(tanhf, u35)>}},
};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_PEERS(unroll::bench::kPeers)
