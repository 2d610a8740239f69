/// Activations and their gradients, from the activation's output (ops.h has the formulas).
#pragma once

#include <cstddef>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/vecmath-inl.h"

namespace unroll::simd {

/// max(0, x); NaN stays NaN.
template <typename V>
V rectified(V x) {
  return max(V(RealOf<V>(0)), x);
}

template <typename V>
UNROLL_KERNEL void exponential_kernel(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return exponential(x_j); }, n, y, x);
}

template <typename V>
UNROLL_KERNEL void exponential_minus_1_kernel(std::size_t n, const RealOf<V>* x,
                                              RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return exponential_minus_1(x_j); }, n, y, x);
}

template <typename V>
UNROLL_KERNEL void logarithm_kernel(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return logarithm(x_j); }, n, y, x);
}

template <typename V>
UNROLL_KERNEL void tanh_kernel(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return hyperbolic_tangent(x_j); }, n, y, x);
}

template <typename V, Division division>
UNROLL_KERNEL void sigmoid_kernel(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return sigmoid<division>(x_j); }, n, y, x);
}

template <typename V>
UNROLL_KERNEL void relu_kernel(std::size_t n, const RealOf<V>* x, RealOf<V>* y) noexcept {
  map<V>([](auto x_j) { return rectified(x_j); }, n, y, x);
}

/// Slopes as functions of the output.
template <typename V>
V tanh_slope(V y) {
  return V(RealOf<V>(1)) - y * y;  // [PHI-tanh] tanh′(z) = 1 − y², y = tanh z
}

template <typename V>
V sigmoid_slope(V y) {
  return y * (V(RealOf<V>(1)) - y);  // [PHI-sigmoid] σ′(z) = y(1 − y), y = σ(z)
}

template <typename V>
UNROLL_KERNEL void tanh_backward(std::size_t n, const RealOf<V>* y, const RealOf<V>* dy,
                                 RealOf<V>* dx) noexcept {
  elementwise<V>([](V y_j, V dy_j) { return dy_j * tanh_slope(y_j); }, n, dx, y, dy);
}

template <typename V>
UNROLL_KERNEL void sigmoid_backward(std::size_t n, const RealOf<V>* y, const RealOf<V>* dy,
                                    RealOf<V>* dx) noexcept {
  elementwise<V>([](V y_j, V dy_j) { return dy_j * sigmoid_slope(y_j); }, n, dx, y, dy);
}

template <typename V>
UNROLL_KERNEL void relu_backward(std::size_t n, const RealOf<V>* y, const RealOf<V>* dy,
                                 RealOf<V>* dx) noexcept {
  const V zero(RealOf<V>(0));
  // [PHI-relu] ReLU′(z) = [z > 0] = [y > 0]
  elementwise<V>([=](V y_j, V dy_j) { return select(y_j > zero, dy_j, zero); }, n, dx, y, dy);
}

}  // namespace unroll::simd
