/// Softmax with cross-entropy: ŷ = softmax(O), L = −log ŷ_y, and ∂L/∂O = ŷ − 1_y.
#pragma once

#include <cstdint>
#include <span>

#include "unroll/core/tensor.h"

namespace unroll {

/// The loss Σ_r w·L_r over the rows of O (rows, K) with targets y_r in 0 .. K − 1, w = `weight`;
/// sets dO to its gradient. weight = 1/B gives the mean of a many-to-one loss; weight 1/B with one
/// row per *step* gives the homework's L = Σ_t L^(t), averaged over the batch. dO may be O. Throws
/// ShapeError for a target out of range.
template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight, MatrixView<Real> dO);

/// Each row counts for w·weights_r. With all weights_r = 1, or none, the bits are those of the loss
/// above. Throws ShapeError if there are weights, but not one for each row.
template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight, std::span<const float> weights, MatrixView<Real> dO);

/// The loss alone.
template <typename Real>
double softmax_cross_entropy(MatrixView<const Real> O, std::span<const std::int32_t> targets,
                             double weight);

}  // namespace unroll
