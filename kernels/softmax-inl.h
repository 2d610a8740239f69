/// softmax and log Σ exp of rows, both with the row's maximum taken out, so that no exponential
/// overflows.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/vecmath-inl.h"

namespace unroll::simd {

template <typename V>
inline constexpr RealOf<V> kMinusInfinity = -std::numeric_limits<RealOf<V>>::infinity();

/// The largest of x; a NaN among them may or may not be seen.
template <typename V>
RealOf<V> maximum(std::size_t n, const RealOf<V>* x) {
  V best(kMinusInfinity<V>);
  for_each_vector<V>(
      n, [&](std::size_t j, auto part) { best = max(best, part.load(x + j, kMinusInfinity<V>)); });
  return maximum_of_lanes(best);
}

/// Σ exp(x_j − shift). Padding lanes are −∞ and add 0.
template <typename V>
RealOf<V> sum_of_exponentials(std::size_t n, const RealOf<V>* x, RealOf<V> shift) {
  V sum(RealOf<V>(0));
  for_each_vector<V>(n, [&](std::size_t j, auto part) {
    sum = sum + exponential(part.load(x + j, kMinusInfinity<V>) - V(shift));
  });
  return sum_of_lanes(sum);
}

/// As above for a shift that is the maximum, and keeps the exponentials in y.
template <typename V>
RealOf<V> exponentials_and_sum(std::size_t n, const RealOf<V>* x, RealOf<V> shift, RealOf<V>* y) {
  V sum(RealOf<V>(0));
  for_each_vector<V>(n, [&](std::size_t j, auto part) {
    const V e = exponential_of_nonpositive(part.load(x + j, kMinusInfinity<V>) - V(shift));
    part.store(y + j, e);
    sum = sum + e;
  });
  return sum_of_lanes(sum);
}

template <typename V>
UNROLL_KERNEL void softmax(std::size_t rows, std::size_t K, Rows<const RealOf<V>> x,
                           Rows<RealOf<V>> y) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    RealOf<V>* y_r = row(y, r);
    const RealOf<V> shift = maximum<V>(K, row(x, r));
    const V sum(exponentials_and_sum<V>(K, row(x, r), shift, y_r));
    elementwise<V>([=](V e) { return e / sum; }, K, y_r, y_r);
  }
}

template <typename V>
UNROLL_KERNEL void log_sum_exp(std::size_t rows, std::size_t K, Rows<const RealOf<V>> x,
                               RealOf<V>* y) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    const RealOf<V> largest = maximum<V>(K, row(x, r));
    // ∞ − ∞ is NaN: a row whose maximum is infinite keeps its values, and their sum is 0 or ∞ (or
    // NaN).
    const RealOf<V> shift =
        std::abs(largest) <= std::numeric_limits<RealOf<V>>::max() ? largest : 0;
    y[r] = shift + std::log(sum_of_exponentials<V>(K, row(x, r), shift));
  }
}

}  // namespace unroll::simd
