/// softmax of rows, alone and with cross-entropy, the row's maximum taken out, so that no
/// exponential overflows.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// Σ exp(x_j − shift), the shift being the maximum; keeps the exponentials in y unless that is
/// null. Padding lanes are −∞ and add 0.
template <typename V>
RealOf<V> sum_of_exponentials(std::size_t n, const RealOf<V>* x, RealOf<V> shift, RealOf<V>* y) {
  V sum(RealOf<V>(0));
  for_each_vector<V>(n, [&](std::size_t j, auto part) {
    const V e = exponential_of_nonpositive(part.load(x + j, kMinusInfinity<V>) - V(shift));
    if (y != nullptr) part.store(y + j, e);
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
    const V sum(sum_of_exponentials<V>(K, row(x, r), shift, y_r));
    elementwise<V>([=](V e) { return e / sum; }, K, y_r, y_r);
  }
}

/// L of one row with the target y; sets its dO unless that is null.
template <typename V>
double softmax_cross_entropy_row(std::size_t K, const RealOf<V>* O, std::size_t y, RealOf<V> weight,
                                 RealOf<V>* dO) {
  const RealOf<V> O_y = O[y];  // dO may be O
  const RealOf<V> largest = maximum<V>(K, O);
  const RealOf<V> sum = sum_of_exponentials<V>(K, O, largest, dO);
  if (dO != nullptr) {
    const RealOf<V> y_hat_y = dO[y] / sum;
    // [RNN-y] ŷ_t = softmax(O_t)
    elementwise<V>([=](V e) { return V(weight) * (e / V(sum)); }, K, dO, dO);
    // [RNN-dO] ∂L/∂O_t = ŷ_t − y_t
    dO[y] = weight * (y_hat_y - 1);
  }
  // [CE-softmax] L_t = −log ŷ_{t,y_t} = log Σ_k exp O_{t,k} − O_{t,y_t}
  return std::log(static_cast<double>(sum)) +
         (static_cast<double>(largest) - static_cast<double>(O_y));
}

template <typename V>
UNROLL_KERNEL double softmax_cross_entropy_sum(std::size_t rows, std::size_t K,
                                               Rows<const RealOf<V>> O, const std::int32_t* y,
                                               RealOf<V> weight, Rows<RealOf<V>> dO) noexcept {
  double loss = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    RealOf<V>* dO_r = dO.data == nullptr ? nullptr : row(dO, r);
    // [RNN-L] L = Σ_t L_t
    loss +=
        softmax_cross_entropy_row<V>(K, row(O, r), static_cast<std::size_t>(y[r]), weight, dO_r);
  }
  return loss;
}

}  // namespace unroll::simd
