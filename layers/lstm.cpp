#include "unroll/layers/lstm.h"

namespace unroll {

template <typename Real>
Lstm<Real>::Lstm(const std::string& name, std::size_t input, std::size_t hidden,
                 Direction direction)
    : RecurrentLayer<Real>(name, input, hidden, std::nullopt, direction) {}

template class Lstm<float>;
template class Lstm<double>;

}  // namespace unroll
