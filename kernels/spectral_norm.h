/// Singular values and eigenvalues of small dense matrices in double, by the LAPACK inside
/// OpenBLAS. Serial; may be called from several threads at once.
#pragma once

#include "unroll/core/tensor.h"

namespace unroll {

/// The largest and the smallest singular value of a matrix with at least one element. The largest
/// is right to 1e-14 of itself, the smallest to 1e-14 of the largest.
struct SingularRange {
  double largest = 0;
  double smallest = 0;
};
/// NaN, both, where A holds a value that is not finite. Throws ShapeError for an empty A.
SingularRange singular_range(MatrixView<const double> A);

/// ‖A‖₂, the largest singular value.
double spectral_norm(MatrixView<const double> A);

/// ρ(A), the largest |λ| over the eigenvalues of a square A; NaN where A holds a value that is not
/// finite. Throws ShapeError unless A is square and not empty.
double spectral_radius(MatrixView<const double> A);

}  // namespace unroll
