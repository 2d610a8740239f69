#include "unroll/layers/rnn.h"

#include <algorithm>

#include "unroll/kernels/gemm.h"

namespace unroll {

template <typename Real>
Rnn<Real>::Rnn(const std::string& name, std::size_t input, std::size_t hidden,
               Activation activation, Direction direction)
    : RecurrentLayer<Real>(name, input, hidden, 1, direction), activation_(activation) {}

template <typename Real>
RecurrentState<Real> Rnn<Real>::zero_state(std::size_t batch) const {
  return {Tensor<Real>({batch, this->hidden_size()}), {}};
}

template <typename Real>
void Rnn<Real>::prepare(std::size_t, RecurrentCache<Real>&) const {}

template <typename Real>
void Rnn<Real>::step_forward(StepRows at, RecurrentState<Real>& state,
                             RecurrentCache<Real>& cache) const {
  const auto z_t = rows_of(cache.gates, at.packed, at.count);  // (rows, H), becomes h_t
  const auto h = rows_of(state.h, at.row, at.count);           // (rows, H), h_{t−1} becomes h_t

  // [RNN-z] z_t = U x_t + W h_{t−1} + b
  gemm(h, transposed(this->W.value.matrix()), z_t, Into::kAdd);
  // [RNN-h] h_t = φ(z_t)
  activate_biased<Real>(activation_, this->b.value.values(), z_t);
  for (std::size_t r = 0; r < at.count; ++r) std::ranges::copy(z_t.row(r), h.row(r).begin());
}

template <typename Real>
void Rnn<Real>::step_backward(StepRows at, RecurrentCache<Real>& cache,
                              RecurrentState<Real>& dstate) const {
  const auto h_t = rows_of(cache.gates, at.packed, at.count);  // (rows, H)
  const auto dz_t = rows_of(cache.dz, at.packed, at.count);    // (rows, H)
  const auto dh = rows_of(dstate.h, at.row, at.count);         // (rows, H), δ_t becomes Wᵀ dz_t

  // [RNN-dz] dz_t = δ_t ⊙ φ′(z_t)
  for (std::size_t r = 0; r < at.count; ++r) {
    activate_backward<Real>(activation_, h_t.row(r), dh.row(r), dz_t.row(r));
  }
  // [RNN-dh0] ∂L/∂h_0 = Wᵀ dz_1, as at every step ∂L/∂h_{t−1} through z_t is Wᵀ dz_t
  gemm(dz_t, this->W.value.matrix(), dh);
}

template class Rnn<float>;
template class Rnn<double>;

}  // namespace unroll
