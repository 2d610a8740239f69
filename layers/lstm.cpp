#include "unroll/layers/lstm.h"

#include <algorithm>

#include "unroll/kernels/packed.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
Lstm<Real>::Lstm(const std::string& name, std::size_t input, std::size_t hidden,
                 Direction direction)
    : RecurrentLayer<Real>(name, input, hidden, 4, direction) {}

template <typename Real>
RecurrentState<Real> Lstm<Real>::zero_state(std::size_t batch) const {
  return {Tensor<Real>({batch, this->hidden_size()}), Tensor<Real>({batch, this->hidden_size()})};
}

template <typename Real>
void Lstm<Real>::prepare(std::size_t tokens, RecurrentCache<Real>& cache) const {
  cache.C_prev.resize({tokens, this->hidden_size()});
  cache.C.resize({tokens, this->hidden_size()});
  cache.W.pack_gates(this->W.value.matrix());
}

template <typename Real>
void Lstm<Real>::step_forward(StepRows at, RecurrentState<Real>& state,
                              RecurrentCache<Real>& cache) const {
  const auto gates_t =
      rows_of(cache.gates, at.packed, at.count);  // (rows, 4H), z_t becomes f i a o
  const auto C_prev = rows_of(cache.C_prev, at.packed, at.count);  // (rows, H)
  const auto C_t = rows_of(cache.C, at.packed, at.count);          // (rows, H)
  const auto h_prev = rows_of(cache.h_prev, at.packed, at.count);  // (rows, H), h_{t−1}
  const auto h = rows_of(state.h, at.row, at.count);  // (rows, H), becomes h_t
  const auto C = rows_of(state.C, at.row, at.count);  // (rows, H), C_{t−1} becomes C_t
  std::ranges::copy_n(C.data(), static_cast<std::ptrdiff_t>(at.count * C.columns()), C_prev.data());

  // z_t = U x_t + W h_{t−1} + b;  f, i, a, o;  C_t = C_{t−1} ⊙ f + i ⊙ a;  h_t = o ⊙ tanh(C_t)
  lstm_step<Real>(cache.W, this->b.value.values(), h_prev, gates_t, C_prev, C_t, h);
  std::ranges::copy_n(C_t.data(), static_cast<std::ptrdiff_t>(at.count * C.columns()), C.data());
}

template <typename Real>
void Lstm<Real>::step_backward(StepRows at, RecurrentCache<Real>& cache,
                               RecurrentState<Real>& dstate) const {
  const auto gates_t = rows_of(cache.gates, at.packed, at.count);  // (rows, 4H)
  const auto C_prev = rows_of(cache.C_prev, at.packed, at.count);  // (rows, H)
  const auto C_t = rows_of(cache.C, at.packed, at.count);          // (rows, H)
  const auto dz_t = rows_of(cache.dz, at.packed, at.count);        // (rows, 4H)
  const auto dh = rows_of(dstate.h, at.row, at.count);  // (rows, H), δh_t becomes Wᵀ dz_t
  const auto dC =
      rows_of(dstate.C, at.row, at.count);  // (rows, H), δC_{t+1} ⊙ f_{t+1} becomes δC_t ⊙ f_t

  // δC_t, the gates' dz_t, and δC_t ⊙ f_t for step t−1
  lstm_cell_backward<Real>(gates_t, C_prev, C_t, dh, dC, dz_t);
  // [LSTM-dh0] ∂L/∂h_0 = Wᵀ dz_1 = Σ_g W_gᵀ dz_{g,1}, as at every step
  product<Real>(dz_t, cache.W, dh);
}

template class Lstm<float>;
template class Lstm<double>;

}  // namespace unroll
