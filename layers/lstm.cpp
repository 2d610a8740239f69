#include "unroll/layers/lstm.h"

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
void Lstm<Real>::step_forward(const RecurrentStep<Real>& step) const {
  // z_t = U x_t + W h_{t−1} + b;  f, i, a, o;  C_t = C_{t−1} ⊙ f + i ⊙ a;  h_t = o ⊙ tanh(C_t)
  lstm_step(step);
}

template <typename Real>
void Lstm<Real>::step_backward(const RecurrentStepBack<Real>& step) const {
  // δh_t, δC_t, the gates' dz_t, and δC_t ⊙ f_t for step t−1
  lstm_step_back(step);
}

template class Lstm<float>;
template class Lstm<double>;

}  // namespace unroll
