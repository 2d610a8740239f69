#include "unroll/kernels/gemm.h"

#include <algorithm>
#include <limits>
#include <new>
#include <string_view>

#include <fmt/format.h>
#include <sys/mman.h>

#include "unroll/core/error.h"
#include "unroll/kernels/openblas.h"

namespace unroll {
namespace {

constexpr std::size_t kLargestBlasSize = std::numeric_limits<blasint>::max();

blasint blas_size(std::string_view op, std::size_t size) {
  if (size > kLargestBlasSize) {
    throw ShapeError(fmt::format("{}: a size or stride of {} is beyond the {} that BLAS can count",
                                 op, size, kLargestBlasSize));
  }
  return static_cast<blasint>(size);
}

template <typename T>
std::string shape_of(const MatrixView<T>& matrix) {
  return fmt::format("{}×{}", matrix.rows(), matrix.columns());
}

template <typename Real>
std::string shape_of(const Factor<Real>& factor) {
  return fmt::format("{}×{}", factor.rows(), factor.columns());
}

/// BLAS's leading dimension: never below the number of columns, also where there is only one row.
template <typename T>
blasint leading_dimension(std::string_view op, std::string_view name, const MatrixView<T>& matrix) {
  if (matrix.stride() < matrix.columns() && matrix.rows() > 1) {
    throw ShapeError(fmt::format("{}: the rows of {} overlap: {} with stride {}", op, name,
                                 shape_of(matrix), matrix.stride()));
  }
  return blas_size(op, std::max({matrix.stride(), matrix.columns(), std::size_t{1}}));
}

template <typename Real>
void check_product(const Factor<Real>& A, const Factor<Real>& B, const MatrixView<Real>& C) {
  if (A.columns() != B.rows()) {
    throw ShapeError(
        fmt::format("gemm: inner sizes differ: A is {}, B is {}", shape_of(A), shape_of(B)));
  }
  if (C.rows() != A.rows() || C.columns() != B.columns()) {
    throw ShapeError(
        fmt::format("gemm: C is {}, A·B is {}×{}", shape_of(C), A.rows(), B.columns()));
  }
}

template <typename Real>
void set_zero(MatrixView<Real> C) {
  for (std::size_t r = 0; r < C.rows(); ++r) std::ranges::fill(C.row(r), Real(0));
}

template <typename Real>
CBLAS_TRANSPOSE transposition(const Factor<Real>& factor) {
  return factor.is_transposed ? CblasTrans : CblasNoTrans;
}

/// The product of this type.
template <typename Real>
struct Blas;
template <>
struct Blas<float> {
  static auto gemm() { return openblas().sgemm; }
  static auto gemv() { return openblas().sgemv; }
};
template <>
struct Blas<double> {
  static auto gemm() { return openblas().dgemm; }
  static auto gemv() { return openblas().dgemv; }
};

/// OpenBLAS asks for a buffer at a thread's first product, and where there is no memory for it asks
/// again for ever. So it is asked for here once before, which ends with an exception.
void require_blas_buffer() {
  constexpr std::size_t kBytes = std::size_t{128} << 20;  // OpenBLAS's on x86-64
  thread_local bool was_there = false;
  if (was_there) return;
  void* buffer =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) throw std::bad_alloc();
  ::munmap(buffer, kBytes);
  was_there = true;
}

/// y (M) = or += A (M, K) · x (K), K > 0, x with a step.
template <typename Real>
void call_gemv(const Factor<Real>& A, const Real* x, blasint x_step, std::span<Real> y, Into into) {
  // Not by beta = 0: whether that clears a NaN in y depends on OpenBLAS's version.
  if (into == Into::kSet) std::ranges::fill(y, Real(0));
  require_blas_buffer();
  Blas<Real>::gemv()(CblasRowMajor, transposition(A), blas_size("gemv", A.matrix.rows()),
                     blas_size("gemv", A.matrix.columns()), Real(1), A.matrix.data(),
                     leading_dimension("gemv", "A", A.matrix), x, x_step, Real(1), y.data(), 1);
}

template <typename Real>
Factor<Real> flipped(const Factor<Real>& factor) {
  return {factor.matrix, !factor.is_transposed};
}

template <typename Real>
void multiply_matrices(const Factor<Real>& A, const Factor<Real>& B, MatrixView<Real> C,
                       Into into) {
  check_product(A, B, C);
  const blasint M = blas_size("gemm", C.rows());
  const blasint N = blas_size("gemm", C.columns());
  const blasint K = blas_size("gemm", A.columns());
  const blasint lda = leading_dimension("gemm", "A", A.matrix);
  const blasint ldb = leading_dimension("gemm", "B", B.matrix);
  const blasint ldc = leading_dimension("gemm", "C", C);
  if (M == 0 || N == 0) return;
  if (K == 0) {  // an empty sum
    if (into == Into::kSet) set_zero(C);
    return;
  }
  if (M == 1) {
    // OpenBLAS 0.3.21's gemm copies all of B for its one row: gemv is 4 to 8 times as fast, except
    // on AVX-512 below a million products, where gemm has a special case and gemv takes 1.3 times
    // as long (measured on Zen 4).
    call_gemv(flipped(B), A.matrix.data(), A.is_transposed ? lda : 1, C.row(0), into);
    return;
  }
  require_blas_buffer();
  const Real beta = into == Into::kSet ? Real(0) : Real(1);
  Blas<Real>::gemm()(CblasRowMajor, transposition(A), transposition(B), M, N, K, Real(1),
                     A.matrix.data(), lda, B.matrix.data(), ldb, beta, C.data(), ldc);
}

template <typename Real>
void multiply_by_vector(const Factor<Real>& A, std::span<const Real> x, std::span<Real> y,
                        Into into) {
  if (A.columns() != x.size()) {
    throw ShapeError(
        fmt::format("gemv: inner sizes differ: A is {}, x is {}", shape_of(A), x.size()));
  }
  if (A.rows() != y.size()) {
    throw ShapeError(fmt::format("gemv: y is {}, A·x is {}", y.size(), A.rows()));
  }
  if (y.empty()) return;
  if (x.empty()) {  // an empty sum
    if (into == Into::kSet) std::ranges::fill(y, Real(0));
    return;
  }
  call_gemv(A, x.data(), 1, y, into);
}

}  // namespace

void gemm(Factor<float> A, Factor<float> B, MatrixView<float> C, Into into) {
  multiply_matrices(A, B, C, into);
}
void gemm(Factor<double> A, Factor<double> B, MatrixView<double> C, Into into) {
  multiply_matrices(A, B, C, into);
}

void gemv(Factor<float> A, std::span<const float> x, std::span<float> y, Into into) {
  multiply_by_vector(A, x, y, into);
}
void gemv(Factor<double> A, std::span<const double> x, std::span<double> y, Into into) {
  multiply_by_vector(A, x, y, into);
}

BlasInfo blas_info() {
  const std::string config = openblas().config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
  const std::size_t end_of_name = config.find(' ');
  return {config.substr(0, config.find(' ', end_of_name + 1)), openblas().core_name(),
          config.find("USE_OPENMP") != std::string::npos};
}

}  // namespace unroll
