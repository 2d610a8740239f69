/// Parameter: what training moves. Layers own parameters, the optimizer sees only this.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "unroll/core/memory_plan.h"
#include "unroll/core/row_set.h"
#include "unroll/core/tensor.h"

namespace unroll {

/// A named tensor with its gradient. The name is a path, `lstm.0.forward.U`, and is the tensor's
/// name in a model file. Backward passes *add* to grad; `zero_grad` is the one place that clears
/// it. A gradient takes as much memory as its value, and only training needs it: it is empty until
/// the first `zero_grad` or backward pass makes it.
template <typename Real>
struct Parameter {
  std::string name;
  Tensor<Real> value;
  Tensor<Real> grad;    ///< the same shape as value, or empty
  bool frozen = false;  ///< a frozen parameter gets no gradient and no update
  /// The rows of grad (as a matrix) that may differ from 0. These are all rows, unless every
  /// function that has added to grad since `zero_grad` has also listed its rows here. If one of
  /// them lists its rows, all of them must.
  RowSet touched;

  Parameter() = default;
  Parameter(std::string parameter_name, const Shape& shape)
      : name(std::move(parameter_name)), value(shape) {}

  /// Makes grad if it is empty, all zeros. A backward pass begins with this, before its threads.
  void make_grad();
};

/// Borrowed parameters, in a fixed order.
template <typename Real>
using ParameterList = std::vector<Parameter<Real>*>;

/// Plans the memory of values and of gradients, as one part each. A frozen parameter gets no
/// gradient. `touched` counts with the gradient of a matrix, because an embedding lists some of its
/// rows.
template <typename Real>
void plan_parameters(const ParameterList<Real>& parameters, MemoryPlan& plan);

/// Sets every gradient to 0, writing only to the rows that were touched; makes those that are
/// empty.
template <typename Real>
void zero_grad(const ParameterList<Real>& parameters);

/// Gives the memory of the gradients back. Afterwards the parameters can only be read.
template <typename Real>
void free_grad(const ParameterList<Real>& parameters);

/// Number of values in all parameters together.
template <typename Real>
std::size_t count_values(const ParameterList<Real>& parameters);

}  // namespace unroll
