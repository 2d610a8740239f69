#include "unroll/layers/linear.h"

#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
void Linear<Real>::forward(MatrixView<const Real> h, MatrixView<Real> O) const {
  // [RNN-O] O_t = V h_t + c
  set_rows<Real>(c.value.values(), O);
  gemm(h, transposed(V.value.matrix()), O, Into::kAdd);
}

template <typename Real>
void Linear<Real>::backward(MatrixView<const Real> h, MatrixView<const Real> dO,
                            MatrixView<Real> dh) {
  // [RNN-dV] [LSTM-dV] ∂L/∂V = Σ_t dO_t h_tᵀ
  gemm(transposed(dO), h, V.grad.matrix(), Into::kAdd);
  // [RNN-dc] [LSTM-dc] ∂L/∂c = Σ_t dO_t
  add_column_sums<Real>(dO, c.grad.values());
  // ∂L/∂h = Vᵀ dO
  gemm(dO, V.value.matrix(), dh);
}

template class Linear<float>;
template class Linear<double>;

}  // namespace unroll
