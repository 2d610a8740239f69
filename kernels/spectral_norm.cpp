#include "unroll/kernels/spectral_norm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/kernels/openblas.h"

namespace unroll {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A without its stride: LAPACK overwrites what it reads. Read by columns it is Aᵀ, which has the
/// same singular values and the same eigenvalues.
std::vector<double> dense_copy(MatrixView<const double> A) {
  std::vector<double> copy;
  copy.reserve(A.rows() * A.columns());
  for (std::size_t r = 0; r < A.rows(); ++r) {
    copy.insert(copy.end(), A.row(r).begin(), A.row(r).end());
  }
  return copy;
}

bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

void require_values(const char* op, MatrixView<const double> A) {
  if (A.empty()) throw ShapeError(fmt::format("{}: the matrix is empty", op));
}

void require_convergence(const char* op, int info) {
  if (info == 0) return;
  throw Error(ErrorKind::kInternal, fmt::format("{}: LAPACK did not converge (info {})", op, info));
}

}  // namespace

SingularRange singular_range(MatrixView<const double> A) {
  require_values("singular_range", A);
  std::vector<double> a = dense_copy(A);
  if (!all_finite(a)) return {kNaN, kNaN};
  const int m = static_cast<int>(A.columns());
  const int n = static_cast<int>(A.rows());
  const int least = std::min(m, n);
  const int one = 1;
  const int work_size = std::max(3 * least + std::max(m, n), 5 * least) + 64 * (m + n);
  std::vector<double> s(static_cast<std::size_t>(least));
  std::vector<double> work(static_cast<std::size_t>(work_size));
  int info = 0;
  openblas().dgesvd("N", "N", &m, &n, a.data(), &m, s.data(), nullptr, &one, nullptr, &one,
                    work.data(), &work_size, &info, 1, 1);
  require_convergence("singular_range", info);
  return {s.front(), s.back()};
}

double spectral_norm(MatrixView<const double> A) {
  return singular_range(A).largest;
}

double spectral_radius(MatrixView<const double> A) {
  require_values("spectral_radius", A);
  if (A.rows() != A.columns()) {
    throw ShapeError(
        fmt::format("spectral_radius: A is {}, expected a square matrix", to_string(A.shape())));
  }
  std::vector<double> a = dense_copy(A);
  if (!all_finite(a)) return kNaN;
  const int n = static_cast<int>(A.rows());
  const int one = 1;
  const int work_size = 64 * n;
  std::vector<double> real(A.rows()), imaginary(A.rows());
  std::vector<double> work(static_cast<std::size_t>(work_size));
  int info = 0;
  openblas().dgeev("N", "N", &n, a.data(), &n, real.data(), imaginary.data(), nullptr, &one,
                   nullptr, &one, work.data(), &work_size, &info, 1, 1);
  require_convergence("spectral_radius", info);
  double radius = 0;
  for (std::size_t k = 0; k < A.rows(); ++k) {
    radius = std::max(radius, std::hypot(real[k], imaginary[k]));
  }
  return radius;
}

}  // namespace unroll
