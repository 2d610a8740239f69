// Compiled once per instruction set, with BENCH_ISA its name and BENCH_ARCH its type in xsimd.
#include "bench/xsimd_contender.h"

#include <xsimd/xsimd.hpp>

#define UNROLL_JOIN(a, b) a##b
#define UNROLL_NAMED(prefix, isa) UNROLL_JOIN(prefix, isa)

namespace unroll::bench {
namespace {

using V = xsimd::batch<float, BENCH_ARCH>;

template <V (*f)(V)>
void apply(std::size_t n, const float* x, float* y) {
  for (std::size_t i = 0; i < n; i += V::size) f(V::load_unaligned(x + i)).store_unaligned(y + i);
}

V exponential(V x) {
  return xsimd::exp(x);
}
V hyperbolic_tangent(V x) {
  return xsimd::tanh(x);
}
V sigmoid(V x) {
  return V(1.0F) / (V(1.0F) + xsimd::exp(-x));
}

}  // namespace

extern const XsimdContender UNROLL_NAMED(kXsimd_, BENCH_ISA) = {
    &apply<&exponential>, &apply<&hyperbolic_tangent>, &apply<&sigmoid>};

}  // namespace unroll::bench
