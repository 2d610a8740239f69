/// Linear: the output layer, O = V h + c.
#pragma once

#include <string>

#include "unroll/core/parameter.h"
#include "unroll/kernels/packed.h"

namespace unroll {

template <typename Real>
class Linear {
 public:
  /// V (K, H), c (K).
  Linear(const std::string& name, std::size_t input, std::size_t output)
      : V(name + ".V", {output, input}), c(name + ".c", {output}) {}

  /// Vᵀ (H, K) as `forward` reads it: of now, and of the active instruction set.
  void pack(Panels<Real>& weights) const { weights.pack(transposed(V.value.matrix())); }
  /// h (rows, H) → O (rows, K): O = c + h Vᵀ. A row's bits do not depend on the others.
  void forward(MatrixView<const Real> h, const Panels<Real>& weights, MatrixView<Real> O) const;
  /// Packs the weights for this one product.
  void forward(MatrixView<const Real> h, MatrixView<Real> O) const;
  /// Adds dV = Σ dO hᵀ and dc = Σ dO; sets dh = Vᵀ dO.
  void backward(MatrixView<const Real> h, MatrixView<const Real> dO, MatrixView<Real> dh);

  /// The memory of packed weights.
  void plan(Panels<Real>& weights, MemoryPlan& plan) const {
    weights.plan(V.value.shape()[1], V.value.shape()[0], plan);
  }

  ParameterList<Real> parameters() { return {&V, &c}; }

  Parameter<Real> V;
  Parameter<Real> c;
};

}  // namespace unroll
