/// Squared error: L = ½‖O − y‖², and ∂L/∂O = O − y.
#pragma once

#include "unroll/core/tensor.h"

namespace unroll {

/// The loss Σ_r w·L_r over the rows of O (rows, K) with targets y (rows, K), w = `weight`; sets dO
/// to its gradient. weight = 1/B gives the mean of a many-to-one loss. dO may be O, not y. Throws
/// ShapeError where shapes differ.
template <typename Real>
double squared_error(MatrixView<const Real> O, MatrixView<const Real> y, double weight,
                     MatrixView<Real> dO);

/// The loss alone.
template <typename Real>
double squared_error(MatrixView<const Real> O, MatrixView<const Real> y, double weight);

}  // namespace unroll
