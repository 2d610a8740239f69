#include "unroll/layers/softmax_cross_entropy.h"

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

#define UNROLL_INSTANTIATE(Real)                                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double);                                               \
  template double softmax_cross_entropy(MatrixView<const Real>, std::span<const std::int32_t>, \
                                        double, MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
