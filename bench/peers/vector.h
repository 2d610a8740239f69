/// Arrays by functions of one vector, for libraries that offer no more: the widest vector that the
/// file is compiled for.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace unroll::bench {
namespace {  // compiled once for each instruction set

#ifdef __AVX512F__
using Vector = __m512;
constexpr char kIsa[] = "avx512";
inline Vector load(const float* x) {
  return _mm512_loadu_ps(x);
}
inline void store(float* y, Vector v) {
  _mm512_storeu_ps(y, v);
}
#else
using Vector = __m256;
constexpr char kIsa[] = "avx2";
inline Vector load(const float* x) {
  return _mm256_loadu_ps(x);
}
inline void store(float* y, Vector v) {
  _mm256_storeu_ps(y, v);
}
#endif

constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);

/// y (n) = f(x (n)), n a multiple of kLanes.
template <auto f>
void apply(std::size_t n, const float* x, float* y) {
  for (std::size_t i = 0; i < n; i += kLanes) store(y + i, f(load(x + i)));
}

/// σ(x) = 1/(1 + e⁻ˣ), for libraries with an exp and no sigmoid.
template <auto exp>
Vector sigmoid(Vector x) {
  return 1.0F / (1.0F + exp(-x));
}

}  // namespace
}  // namespace unroll::bench
