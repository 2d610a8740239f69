/// Plain arithmetic on arrays. Without fused multiply-adds: memory is the limit here, and so every
/// instruction set gives the same bits.
#pragma once

#include <cmath>
#include <cstddef>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/ops.h"

namespace unroll::simd {

template <typename V>
UNROLL_KERNEL void add(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  elementwise<V>([](V x_j, V y_j) { return y_j + x_j; }, n, y, x, y);
}

template <typename V>
UNROLL_KERNEL void add_scaled(std::size_t n, RealOf<V> a, const RealOf<V>* x,
                              RealOf<V>* y) noexcept {
  elementwise<V>([=](V x_j, V y_j) { return y_j + V(a) * x_j; }, n, y, x, y);
}

template <typename V>
UNROLL_KERNEL void scale(std::size_t n, RealOf<V> a, RealOf<V>* y) noexcept {
  elementwise<V>([=](V y_j) { return V(a) * y_j; }, n, y, y);
}

template <typename V>
UNROLL_KERNEL void multiply(std::size_t n, const RealOf<V>* x, const RealOf<V>* m,
                            RealOf<V>* y) noexcept {
  elementwise<V>([](V x_j, V m_j) { return x_j * m_j; }, n, y, x, m);
}

/// NaN stays NaN: clipping must not hide a diverged gradient.
template <typename V>
UNROLL_KERNEL void clamp(std::size_t n, RealOf<V> low, RealOf<V> high, RealOf<V>* y) noexcept {
  elementwise<V>([=](V y_j) { return min(V(high), max(V(low), y_j)); }, n, y, y);
}

template <typename V>
UNROLL_KERNEL void round_to_bfloat16(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  elementwise<V>([](V x_j) { return rounded_to_bfloat16(x_j); }, n, y, x);
}

/// V with doubles for lanes.
template <typename V>
struct DoubleLanes;
template <typename Real>
struct DoubleLanes<OneLane<Real>> {
  using type = OneLane<double>;
};
template <typename Real, typename Arch>
struct DoubleLanes<xsimd::batch<Real, Arch>> {
  using type = xsimd::batch<double, Arch>;
};

/// V::size values as doubles.
template <typename V, typename Real>
V load_as_double(const Real* p) {
  alignas(64) double lanes[V::size];
  for (std::size_t i = 0; i < V::size; ++i) lanes[i] = static_cast<double>(p[i]);
  return V::load_unaligned(lanes);
}

/// One value to each sum.
template <typename V, typename Real>
void add_16_squares(const Real* x, V (&sums)[kPartialSums / V::size]) {
  for (std::size_t k = 0; k < kPartialSums / V::size; ++k) {
    const V value = load_as_double<V>(x + k * V::size);
    sums[k] = sums[k] + value * value;
  }
}

/// The order is the same in every instruction set.
template <typename VectorOfReal>
UNROLL_KERNEL void add_squares(std::size_t n, const RealOf<VectorOfReal>* x,
                               double* sums) noexcept {
  using V = typename DoubleLanes<VectorOfReal>::type;
  V partial[kPartialSums / V::size];
  for (std::size_t k = 0; k < kPartialSums / V::size; ++k) {
    partial[k] = V::load_unaligned(sums + k * V::size);
  }
  std::size_t i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums) add_16_squares(x + i, partial);
  RealOf<VectorOfReal> rest[kPartialSums] = {};
  for (std::size_t j = 0; i + j < n; ++j) rest[j] = x[i + j];
  add_16_squares(rest, partial);  // the zeros behind the end add nothing
  for (std::size_t k = 0; k < kPartialSums / V::size; ++k) {
    partial[k].store_unaligned(sums + k * V::size);
  }
}

/// log1p keeps the small losses of sure answers: 1 + e^{−|O|} alone would round to 1. A batch has
/// one of these for each class and row: nothing that a vector would speed up.
template <typename V>
UNROLL_KERNEL double sigmoid_cross_entropy_sum(std::size_t n, const RealOf<V>* O,
                                               const RealOf<V>* y) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double O_k = static_cast<double>(O[k]);
    const double positive = O_k < 0 ? 0 : O_k;  // NaN stays NaN
    sum += positive - O_k * static_cast<double>(y[k]) + std::log1p(std::exp(-std::abs(O_k)));
  }
  return sum;
}

}  // namespace unroll::simd
