#include "unroll/core/parameter.h"

namespace unroll {

template <typename Real>
void zero_grad(const ParameterList<Real>& parameters) {
  for (Parameter<Real>* parameter : parameters) parameter->grad.fill(0);
}

template <typename Real>
std::size_t count_values(const ParameterList<Real>& parameters) {
  std::size_t count = 0;
  for (const Parameter<Real>* parameter : parameters) count += parameter->value.size();
  return count;
}

template void zero_grad(const ParameterList<float>&);
template void zero_grad(const ParameterList<double>&);
template std::size_t count_values(const ParameterList<float>&);
template std::size_t count_values(const ParameterList<double>&);

}  // namespace unroll
