#include "unroll/layers/rnn.h"

#include <algorithm>

#include "unroll/kernels/packed.h"

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
void Rnn<Real>::prepare(std::size_t, RecurrentCache<Real>& cache) const {
  cache.W.pack(transposed(this->W.value.matrix()));
}

template <typename Real>
void Rnn<Real>::step_forward(StepRows at, RecurrentState<Real>& state,
                             RecurrentCache<Real>& cache) const {
  const auto z_t = rows_of(cache.gates, at.packed, at.count);  // (rows, H), becomes h_t
  const auto h_prev = rows_of(cache.h_prev, at.packed, at.count);  // (rows, H), h_{t−1}
  const auto h = rows_of(state.h, at.row, at.count);           // (rows, H), becomes h_t

  // [RNN-z] z_t = U x_t + W h_{t−1} + b
  rnn_step<Real>(activation_, cache.W, this->b.value.values(), h_prev, z_t, h);
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
  product<Real>(dz_t, cache.W, dh);
}

template class Rnn<float>;
template class Rnn<double>;

}  // namespace unroll
