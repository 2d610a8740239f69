/// Matrix products on OpenBLAS, which makes no threads (openblas.h): callers split the work
/// (unroll/core/parallel.h). May be called from several threads at once.
///
/// The order in which OpenBLAS adds depends on the sizes: a row's bits may change with the number
/// of rows.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "unroll/core/tensor.h"

namespace unroll {

/// A matrix as it is, or transposed, as a factor of a product. A MatrixView converts to it.
template <typename Real>
struct Factor {
  MatrixView<const Real> matrix;
  bool is_transposed = false;

  Factor(MatrixView<const Real> m, bool t = false) : matrix(m), is_transposed(t) {}
  Factor(MatrixView<Real> m) : matrix(m) {}
  std::size_t rows() const { return is_transposed ? matrix.columns() : matrix.rows(); }
  std::size_t columns() const { return is_transposed ? matrix.rows() : matrix.columns(); }
};

/// Aᵀ as a factor; nothing is moved.
template <typename T>
Factor<std::remove_const_t<T>> transposed(MatrixView<T> matrix) {
  return {MatrixView<const std::remove_const_t<T>>(matrix), true};
}

enum class Into {
  kSet,  ///< C = A·B
  kAdd,  ///< C += A·B
};

/// C (M, N) = or += A (M, K) · B (K, N). C shares no memory with A and B. Throws ShapeError, naming
/// both sides, unless the sizes fit.
void gemm(Factor<float> A, Factor<float> B, MatrixView<float> C, Into into = Into::kSet);
void gemm(Factor<double> A, Factor<double> B, MatrixView<double> C, Into into = Into::kSet);

/// y (M) = or += A (M, K) · x (K).
void gemv(Factor<float> A, std::span<const float> x, std::span<float> y, Into into = Into::kSet);
void gemv(Factor<double> A, std::span<const double> x, std::span<double> y, Into into = Into::kSet);

/// What `unroll doctor` prints about the BLAS: version and the kernel set it chose.
struct BlasInfo {
  std::string version;
  std::string kernels;
  bool has_openmp = false;  ///< it is built on OpenMP and makes threads in each caller
};
/// Throws Error where OpenBLAS can't be loaded.
BlasInfo blas_info();

}  // namespace unroll
