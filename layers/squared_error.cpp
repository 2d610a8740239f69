#include "unroll/layers/squared_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Sets `difference` to O_r − y_r. It may be O_r.
template <typename Real>
void subtract(std::span<const Real> O_r, std::span<const Real> y_r, std::span<Real> difference) {
  std::ranges::copy(O_r, difference.begin());
  add_scaled<Real>(-1, y_r, difference);
}

}  // namespace

template <typename Real>
double squared_error(MatrixView<const Real> O, MatrixView<const Real> y, double weight) {
  require_same_shape("squared_error", {"O", O.shape()}, {"y", y.shape()});
  std::vector<Real> difference(O.columns());
  double sum = 0;
  for (std::size_t r = 0; r < O.rows(); ++r) {
    subtract<Real>(O.row(r), y.row(r), difference);
    sum += sum_of_squares<Real>(difference);
  }
  return weight * sum / 2;  // [SE] L = ½‖O − y‖²
}

template <typename Real>
double squared_error(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                     MatrixView<Real> dO) {
  require_same_shape("squared_error", {"O", O.shape()}, {"dO", dO.shape()});
  const double loss = squared_error(O, y, weight);
  for (std::size_t r = 0; r < O.rows(); ++r) {
    subtract<Real>(O.row(r), y.row(r), dO.row(r));  // [SE-dO] ∂L/∂O = O − y
    scale<Real>(static_cast<Real>(weight), dO.row(r));
  }
  return loss;
}

#define UNROLL_INSTANTIATE(Real)                                                         \
  template double squared_error(MatrixView<const Real>, MatrixView<const Real>, double); \
  template double squared_error(MatrixView<const Real>, MatrixView<const Real>, double,  \
                                MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
