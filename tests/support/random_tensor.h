// Tensors of random values for tests.
#pragma once

#include <string_view>

#include "unroll/core/random.h"
#include "unroll/core/tensor.h"

namespace unroll::test {

template <typename Real = double>
Tensor<Real> random_tensor(const Shape& shape, std::string_view stream, double deviation = 1) {
  Tensor<Real> tensor(shape);
  Random random(7, stream);
  for (Real& value : tensor.values()) value = static_cast<Real>(deviation * random.normal());
  return tensor;
}

/// Σ a ⊙ b.
template <typename A, typename B>
double dot(const A& a, const B& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace unroll::test
