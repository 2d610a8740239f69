#include "unroll/core/parameter.h"

#include <algorithm>

namespace unroll {

template <typename Real>
void Parameter<Real>::make_grad() {
  if (grad.shape() == value.shape()) return;
  grad.resize(value.shape());
  grad.fill(0);
}

template <typename Real>
void zero_grad(const ParameterList<Real>& parameters) {
  for (Parameter<Real>* parameter : parameters) {
    parameter->make_grad();
    const MatrixView<Real> grad = parameter->grad.matrix();
    for_each_run(parameter->touched, grad.shape(), [&](Range rows) {
      std::fill_n(grad.row(rows.begin).data(), rows.size() * grad.columns(), Real(0));
    });
    parameter->touched.restart();
  }
}

template <typename Real>
void plan_parameters(const ParameterList<Real>& parameters, MemoryPlan& plan) {
  for (Parameter<Real>* parameter : parameters) {
    plan.begin_part("parameters");
    plan.add(parameter->value, parameter->value.shape());
    if (parameter->frozen) continue;
    plan.begin_part("gradients");
    plan.add(parameter->grad, parameter->value.shape());
    parameter->touched.plan(parameter->value.matrix().rows(), plan);
  }
}

template <typename Real>
void free_grad(const ParameterList<Real>& parameters) {
  for (Parameter<Real>* parameter : parameters) {
    parameter->grad = {};
    parameter->touched = {};
  }
}

template <typename Real>
std::size_t count_values(const ParameterList<Real>& parameters) {
  std::size_t count = 0;
  for (const Parameter<Real>* parameter : parameters) count += parameter->value.size();
  return count;
}

template struct Parameter<float>;
template struct Parameter<double>;
template void zero_grad(const ParameterList<float>&);
template void zero_grad(const ParameterList<double>&);
template void free_grad(const ParameterList<float>&);
template void free_grad(const ParameterList<double>&);
template void plan_parameters(const ParameterList<float>&, MemoryPlan&);
template void plan_parameters(const ParameterList<double>&, MemoryPlan&);
template std::size_t count_values(const ParameterList<float>&);
template std::size_t count_values(const ParameterList<double>&);

}  // namespace unroll
