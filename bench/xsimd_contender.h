/// xsimd's own functions, as the rivals in activations_bench.cpp.
#pragma once

#include <cstddef>

namespace unroll::bench {

/// y (n) = f(x (n)); n a multiple of 16.
using Unary = void (*)(std::size_t n, const float* x, float* y);

struct XsimdContender {
  Unary exponential;
  Unary tanh;
  Unary sigmoid;
};

extern const XsimdContender kXsimd_sse2;
extern const XsimdContender kXsimd_avx2;
extern const XsimdContender kXsimd_avx512;

}  // namespace unroll::bench
