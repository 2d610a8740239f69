#include "unroll/layers/softmax_cross_entropy.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight) {
  return softmax_cross_entropy<Real>(O, targets, weight, {});
}

template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight, MatrixView<Real> dO) {
  return weight * softmax_cross_entropy_sum<Real>(O, targets, static_cast<Real>(weight), dO);
}

template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight, std::span<const float> weights, MatrixView<Real> dO) {
  if (weights.empty()) return softmax_cross_entropy(O, targets, weight, dO);
  if (weights.size() != O.rows() || targets.size() != O.rows()) {
    throw ShapeError(
        fmt::format("softmax_cross_entropy: O has {} rows, but {} targets and {} weights", O.rows(),
                    targets.size(), weights.size()));
  }
  double loss = 0;
  for (std::size_t r = 0; r < O.rows(); ++r) {
    const auto w = static_cast<double>(weights[r]);
    // L = Σ_r w_r L_r; a factor of a loss is one of its gradient
    loss += w * softmax_cross_entropy_sum<Real>(O.row_range(r, 1), targets.subspan(r, 1),
                                                static_cast<Real>(weight * w), dO.row_range(r, 1));
  }
  return weight * loss;
}

#define UNROLL_INSTANTIATE(Real)                                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double);                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double, MatrixView<Real>);                             \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double, std::span<const float>, MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
