// Norms of matrices whose singular values or eigenvalues are known.

#include "unroll/kernels/spectral_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using test::random_tensor;

constexpr double kAccuracy = 1e-14;

/// I − 2 v vᵀ / vᵀv: orthogonal and symmetric.
Tensor<double> reflection(std::size_t n, const std::string& stream) {
  const Tensor<double> v = random_tensor({n}, stream);
  const double length = test::dot(v, v);
  Tensor<double> Q({n, n});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      Q[i * n + j] = (i == j ? 1.0 : 0.0) - 2 * v[i] * v[j] / length;
    }
  }
  return Q;
}

Tensor<double> product(const Tensor<double>& A, const Tensor<double>& B) {
  const std::size_t n = A.shape()[0];
  Tensor<double> C({n, n});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) C[i * n + j] += A[i * n + k] * B[k * n + j];
    }
  }
  return C;
}

TEST(SpectralNorm, FindsTheSingularValuesAMatrixWasMadeOf) {
  for (std::size_t n : {1, 2, 3, 7, 16, 32, 65}) {
    for (double size : {1.0, 1e-200, 1e200}) {
      Tensor<double> S({n, n});
      for (std::size_t k = 0; k < n; ++k) S[k * n + k] = size * (1 + static_cast<double>(k));
      const Tensor<double> A = product(product(reflection(n, "left"), S), reflection(n, "right"));
      const SingularRange range = singular_range(A.matrix());
      const double largest = size * static_cast<double>(n);
      EXPECT_NEAR(range.largest / largest, 1, kAccuracy) << n;
      EXPECT_NEAR(range.smallest / largest, size / largest, kAccuracy) << n;
      EXPECT_EQ(spectral_norm(A.matrix()), range.largest);
    }
  }
}

TEST(SpectralNorm, IsTheLengthOfARankOneMatrix) {
  const Tensor<double> u = random_tensor({5}, "u");
  const Tensor<double> v = random_tensor({9}, "v");
  Tensor<double> A({5, 9});
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 9; ++j) A[i * 9 + j] = u[i] * v[j];
  }
  const double length = std::sqrt(test::dot(u, u) * test::dot(v, v));
  const SingularRange range = singular_range(A.matrix());
  EXPECT_NEAR(range.largest / length, 1, kAccuracy);
  EXPECT_NEAR(range.smallest / length, 0, kAccuracy);
}

TEST(SpectralNorm, ReadsAWindowOfAWiderMatrix) {
  Tensor<double> wide = random_tensor({4, 9}, "wide");
  Tensor<double> narrow({4, 3});
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t c = 0; c < 3; ++c) narrow[r * 3 + c] = wide[r * 9 + 2 + c];
  }
  EXPECT_EQ(spectral_norm(wide.matrix().column_range(2, 3)), spectral_norm(narrow.matrix()));
}

TEST(SpectralNorm, IsZeroForZerosAndNotANumberForInfinity) {
  Tensor<double> A({3, 3});
  EXPECT_EQ(spectral_norm(A.matrix()), 0);
  A[4] = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(spectral_norm(A.matrix())));
  EXPECT_TRUE(std::isnan(spectral_radius(A.matrix())));
}

TEST(SpectralRadius, IsTheLargestEigenvalueAndNotTheNorm) {
  // 1.5·[1 −1; 1 −1] is nilpotent: radius 0 (to the square root of rounding), norm 3.
  Tensor<double> nilpotent({2, 2});
  nilpotent[0] = nilpotent[2] = 1.5;
  nilpotent[1] = nilpotent[3] = -1.5;
  EXPECT_NEAR(spectral_radius(nilpotent.matrix()), 0, 1e-7);
  EXPECT_NEAR(spectral_norm(nilpotent.matrix()), 3, 3 * kAccuracy);
  // A rotation, scaled: a pair of complex eigenvalues.
  Tensor<double> rotation({2, 2});
  rotation[0] = rotation[3] = 2 * std::cos(0.3);
  rotation[1] = -2 * std::sin(0.3);
  rotation[2] = 2 * std::sin(0.3);
  EXPECT_NEAR(spectral_radius(rotation.matrix()), 2, 2 * kAccuracy);
}

TEST(SpectralRadius, NeedsASquareMatrix) {
  const Tensor<double> A({2, 3});
  try {
    spectral_radius(A.matrix());
    FAIL() << "no error";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "spectral_radius: A is 2×3, expected a square matrix");
  }
  EXPECT_THROW(singular_range(MatrixView<const double>()), ShapeError);
}

}  // namespace
}  // namespace unroll
