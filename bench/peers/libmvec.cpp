// libmvec: glibc's vector functions, which a compiler calls under -ffast-math. They have no header;
// their names are those of the vector ABI: e is AVX-512, d AVX2, N unmasked, then the lanes.
#include "bench/peers/peer.h"
#include "bench/peers/vector.h"

using unroll::bench::Vector;

#ifdef __AVX512F__
#define UNROLL_LIBMVEC(f) _ZGVeN16v_##f
#else
#define UNROLL_LIBMVEC(f) _ZGVdN8v_##f
#endif

extern "C" {
Vector UNROLL_LIBMVEC(expf)(Vector);
Vector UNROLL_LIBMVEC(expm1f)(Vector);
Vector UNROLL_LIBMVEC(logf)(Vector);
Vector UNROLL_LIBMVEC(tanhf)(Vector);
}

namespace unroll::bench {
namespace {

const Peer kPeers[] = {{
    .implementation = "libmvec",
    .version = "glibc " UNROLL_TEXT(__GLIBC__) "." UNROLL_TEXT(__GLIBC_MINOR__),
    .isa = kIsa,
    .functions = {.exp = apply<UNROLL_LIBMVEC(expf)>,
                  .expm1 = apply<UNROLL_LIBMVEC(expm1f)>,
                  .log = apply<UNROLL_LIBMVEC(logf)>,
                  .tanh = apply<UNROLL_LIBMVEC(tanhf)>,
                  .sigmoid = apply<sigmoid<UNROLL_LIBMVEC(expf)>>},
}};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_PEERS(unroll::bench::kPeers)
