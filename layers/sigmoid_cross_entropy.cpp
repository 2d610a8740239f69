#include "unroll/layers/sigmoid_cross_entropy.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

template <typename Real>
void require_probabilities(MatrixView<const Real> y) {
  const auto is_probability = [](Real y_k) { return y_k >= 0 && y_k <= 1; };
  for (std::size_t r = 0; r < y.rows(); ++r) {
    const auto wrong = std::ranges::find_if_not(y.row(r), is_probability);
    if (wrong == y.row(r).end()) continue;
    throw ShapeError(
        fmt::format("sigmoid_cross_entropy: target {} of row {}, column {} is not in "
                    "[0, 1]",
                    *wrong, r, wrong - y.row(r).begin()));
  }
}

}  // namespace

template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight) {
  require_same_shape("sigmoid_cross_entropy", {"O", O.shape()}, {"y", y.shape()});
  require_probabilities(y);
  double loss = 0;
  for (std::size_t r = 0; r < O.rows(); ++r) {
    // [CE-sigmoid] L = −Σ_k [y_k log σ(O_k) + (1 − y_k) log(1 − σ(O_k))]
    loss += sigmoid_cross_entropy_sum<Real>(O.row(r), y.row(r));
  }
  return weight * loss;
}

template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                             MatrixView<Real> dO) {
  require_same_shape("sigmoid_cross_entropy", {"O", O.shape()}, {"dO", dO.shape()});
  const double loss = sigmoid_cross_entropy(O, y, weight);
  for (std::size_t r = 0; r < O.rows(); ++r) {
    // [CE-sigmoid-dO] ∂L/∂O = σ(O) − y
    activate<Real>(Activation::kSigmoid, O.row(r), dO.row(r));
    add_scaled<Real>(-1, y.row(r), dO.row(r));
    scale<Real>(static_cast<Real>(weight), dO.row(r));
  }
  return loss;
}

template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                             std::span<const float> weights, MatrixView<Real> dO) {
  if (weights.empty()) return sigmoid_cross_entropy(O, y, weight, dO);
  require_same_shape("sigmoid_cross_entropy", {"O", O.shape()}, {"y", y.shape()});
  require_same_shape("sigmoid_cross_entropy", {"O", O.shape()}, {"dO", dO.shape()});
  if (weights.size() != O.rows()) {
    throw ShapeError(fmt::format("sigmoid_cross_entropy: O has {} rows, but {} weights", O.rows(),
                                 weights.size()));
  }
  double loss = 0;
  for (std::size_t r = 0; r < O.rows(); ++r) {
    const auto w = static_cast<double>(weights[r]);
    loss += w * sigmoid_cross_entropy<Real>(O.row_range(r, 1), y.row_range(r, 1), 1);
    sigmoid_cross_entropy<Real>(O.row_range(r, 1), y.row_range(r, 1), weight * w,
                                dO.row_range(r, 1));
  }
  return weight * loss;
}

#define UNROLL_INSTANTIATE(Real)                                                                 \
  template double sigmoid_cross_entropy(MatrixView<const Real>, MatrixView<const Real>, double); \
  template double sigmoid_cross_entropy(MatrixView<const Real>, MatrixView<const Real>, double,  \
                                        MatrixView<Real>);                                       \
  template double sigmoid_cross_entropy(MatrixView<const Real>, MatrixView<const Real>, double,  \
                                        std::span<const float>, MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
