/// Linear: the output layer, O = V h + c.
#pragma once

#include <string>

#include "unroll/core/parameter.h"

namespace unroll {

template <typename Real>
class Linear {
 public:
  /// V (K, H), c (K).
  Linear(const std::string& name, std::size_t input, std::size_t output)
      : V(name + ".V", {output, input}), c(name + ".c", {output}) {}

  /// h (rows, H) → O (rows, K): O = h Vᵀ + c.
  void forward(MatrixView<const Real> h, MatrixView<Real> O) const;
  /// Adds dV = Σ dO hᵀ and dc = Σ dO; sets dh = Vᵀ dO.
  void backward(MatrixView<const Real> h, MatrixView<const Real> dO, MatrixView<Real> dh);

  ParameterList<Real> parameters() { return {&V, &c}; }

  Parameter<Real> V;
  Parameter<Real> c;
};

}  // namespace unroll
