/// Sigmoid with cross-entropy: K independent yes-or-no answers σ(O_k) instead of one choice of K,
/// L = −Σ_k [y_k log σ(O_k) + (1 − y_k) log(1 − σ(O_k))], and ∂L/∂O = σ(O) − y.
#pragma once

#include <span>

#include "unroll/core/tensor.h"

namespace unroll {

/// The loss Σ_r w·L_r over the rows of O (rows, K) with targets y (rows, K) in [0, 1], w =
/// `weight`; sets dO to its gradient. weight = 1/B gives the mean of a many-to-one loss. dO may be
/// O, not y. Throws ShapeError where shapes differ or a target is not in [0, 1].
template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                             MatrixView<Real> dO);

/// Each row counts for w·weights_r. With all weights_r = 1, or none, the bits are those of the loss
/// above. Throws ShapeError if there are weights, but not one for each row.
template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                             std::span<const float> weights, MatrixView<Real> dO);

/// The loss alone.
template <typename Real>
double sigmoid_cross_entropy(MatrixView<const Real> O, MatrixView<const Real> y, double weight);

}  // namespace unroll
