#include "unroll/layers/rnn.h"

namespace unroll {

template <typename Real>
Rnn<Real>::Rnn(const std::string& name, std::size_t input, std::size_t hidden,
               Activation activation, Direction direction)
    : RecurrentLayer<Real>(name, input, hidden, activation, direction) {}

template class Rnn<float>;
template class Rnn<double>;

}  // namespace unroll
