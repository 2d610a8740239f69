#include "unroll/layers/rnn.h"

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
void Rnn<Real>::step_forward(const RecurrentStep<Real>& step) const {
  // [RNN-z] z_t = U x_t + W h_{t−1} + b
  rnn_step(activation_, step);
}

template <typename Real>
void Rnn<Real>::step_backward(const RecurrentStepBack<Real>& step) const {
  // δ_t = (what comes from above) + Wᵀ dz_{t+1};  dz_t = δ_t ⊙ φ′(z_t)
  rnn_step_back(activation_, step);
}

template class Rnn<float>;
template class Rnn<double>;

}  // namespace unroll
