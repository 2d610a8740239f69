#include "unroll/layers/linear.h"

#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
void Linear<Real>::forward(MatrixView<const Real> h, MatrixView<Real> O) const {
  // O = V h + c
  set_rows<Real>(c.value.values(), O);
  gemm(h, transposed(V.value.matrix()), O, Into::kAdd);
}

template <typename Real>
void Linear<Real>::backward(MatrixView<const Real> h, MatrixView<const Real> dO,
                            MatrixView<Real> dh) {
  // ∂L/∂V = Σ dO hᵀ,  ∂L/∂c = Σ dO,  ∂L/∂h = Vᵀ dO
  gemm(transposed(dO), h, V.grad.matrix(), Into::kAdd);
  add_column_sums<Real>(dO, c.grad.values());
  gemm(dO, V.value.matrix(), dh);
}

template class Linear<float>;
template class Linear<double>;

}  // namespace unroll
