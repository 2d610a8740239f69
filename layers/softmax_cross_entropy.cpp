#include "unroll/layers/softmax_cross_entropy.h"

#include <fmt/format.h>

#include <vector>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight) {
  if (targets.size() != O.rows()) {
    throw ShapeError(fmt::format("softmax_cross_entropy: O is {}, but there are {} targets",
                                 to_string(O.shape()), targets.size()));
  }
  // [CE-softmax] L_t = −log ŷ_{t,y_t} = log Σ_k exp O_{t,k} − O_{t,y_t}
  std::vector<Real> log_sums(O.rows());
  log_sum_exp<Real>(O, log_sums);
  double loss = 0;
  for (std::size_t r = 0; r < O.rows(); ++r) {
    const auto y = static_cast<std::size_t>(targets[r]);
    if (y >= O.columns()) {
      throw ShapeError(fmt::format("softmax_cross_entropy: target {} of row {} is not in 0 .. {}",
                                   targets[r], r, O.columns() - 1));
    }
    // [RNN-L] L = Σ_t L_t
    loss += static_cast<double>(log_sums[r]) - static_cast<double>(O(r, y));
  }
  return weight * loss;
}

template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight, MatrixView<Real> dO) {
  const double loss = softmax_cross_entropy(O, targets, weight);
  // [RNN-y] ŷ_t = softmax(O_t)
  softmax<Real>(O, dO);
  for (std::size_t r = 0; r < O.rows(); ++r) {
    // [RNN-dO] ∂L/∂O_t = ŷ_t − y_t
    dO(r, static_cast<std::size_t>(targets[r])) -= 1;
    scale<Real>(static_cast<Real>(weight), dO.row(r));
  }
  return loss;
}

#define UNROLL_INSTANTIATE(Real)                                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double);                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double, MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
