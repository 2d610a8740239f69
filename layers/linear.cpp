#include "unroll/layers/linear.h"

#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
void Linear<Real>::forward(MatrixView<const Real> h, const Panels<Real>& weights,
                           MatrixView<Real> O) const {
  // [RNN-O] O_t = V h_t + c
  project<Real>(h, weights, c.value.values(), O);
}

template <typename Real>
void Linear<Real>::forward(MatrixView<const Real> h, MatrixView<Real> O) const {
  Panels<Real> weights;
  pack(weights);
  forward(h, weights, O);
}

template <typename Real>
void Linear<Real>::backward(MatrixView<const Real> h, MatrixView<const Real> dO,
                            MatrixView<Real> dh) {
  V.make_grad();
  c.make_grad();
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
