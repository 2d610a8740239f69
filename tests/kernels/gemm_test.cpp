#include "unroll/kernels/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

struct Product {
  std::size_t M, N, K;
};

constexpr Product kProducts[] = {{1, 1, 1},   {3, 5, 7},      {1, 64, 32}, {32, 1, 16}, {16, 16, 1},
                                 {17, 33, 9}, {64, 128, 100}, {0, 3, 2},   {3, 0, 2},   {3, 2, 0}};

/// rows × columns numbers in a wider matrix: a stride larger than the number of columns.
template <typename Real>
struct Strided {
  Strided(std::size_t rows, std::size_t width, const char* name)
      : whole(test::random_tensor<Real>({rows, width + 3}, name)), columns(width) {}
  MatrixView<Real> view() { return {whole.data(), whole.shape()[0], columns, columns + 3}; }

  Tensor<Real> whole;
  std::size_t columns;
};

/// A factor of rows × columns, stored as it is or transposed.
template <typename Real>
Factor<Real> factor(Strided<Real>& stored, bool is_transposed) {
  return {stored.view(), is_transposed};
}

template <typename Real>
double at(const Factor<Real>& factor, std::size_t row, std::size_t column) {
  return factor.is_transposed ? factor.matrix(column, row) : factor.matrix(row, column);
}

template <typename Real>
double naive(const Factor<Real>& A, const Factor<Real>& B, std::size_t row, std::size_t column) {
  double sum = 0;
  for (std::size_t k = 0; k < A.columns(); ++k) sum += at(A, row, k) * at(B, k, column);
  return sum;
}

template <typename Real>
class GemmOf : public testing::Test {
 public:
  void expect_product(const Product& p, bool transpose_A, bool transpose_B, Into into) {
    Strided<Real> a = transpose_A ? Strided<Real>(p.K, p.M, "A") : Strided<Real>(p.M, p.K, "A");
    Strided<Real> b = transpose_B ? Strided<Real>(p.N, p.K, "B") : Strided<Real>(p.K, p.N, "B");
    Strided<Real> c(p.M, p.N, "C");
    const Strided<Real> before = c;
    const Factor<Real> A = factor(a, transpose_A), B = factor(b, transpose_B);
    gemm(A, B, c.view(), into);
    // K products of normal numbers and K sums of them, each rounded.
    const double tolerance =
        4 * static_cast<double>(p.K + 1) * std::numeric_limits<Real>::epsilon();
    for (std::size_t i = 0; i < p.M; ++i) {
      for (std::size_t j = 0; j < p.N + 3; ++j) {
        const double old = before.whole.matrix()(i, j);
        double want = old;  // also between the rows
        if (j < p.N) want = naive(A, B, i, j) + (into == Into::kAdd ? old : 0);
        ASSERT_NEAR(c.whole.matrix()(i, j), want, tolerance)
            << p.M << "×" << p.N << "×" << p.K << " at " << i << ", " << j;
      }
    }
  }

  void expect_product_with_vector(const Product& p, bool transpose_A, Into into) {
    Strided<Real> a = transpose_A ? Strided<Real>(p.K, p.M, "A") : Strided<Real>(p.M, p.K, "A");
    const Tensor<Real> x = test::random_tensor<Real>(Shape{p.K}, "x");
    Tensor<Real> y = test::random_tensor<Real>(Shape{p.M}, "y");
    const Factor<Real> A = factor(a, transpose_A);
    std::vector<double> want(p.M);
    for (std::size_t i = 0; i < p.M; ++i) {
      want[i] = into == Into::kAdd ? y[i] : 0;
      for (std::size_t k = 0; k < p.K; ++k) want[i] += at(A, i, k) * x[k];
    }
    gemv(A, x.values(), y.values(), into);
    test::expect_close<Real>(y.values(), want, 100);
  }
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(GemmOf, Reals);

TYPED_TEST(GemmOf, MatchesTheSumForAllTranspositionsStridesAndSizes) {
  for (const Product& product : kProducts) {
    for (bool transpose_A : {false, true}) {
      for (bool transpose_B : {false, true}) {
        for (Into into : {Into::kSet, Into::kAdd}) {
          this->expect_product(product, transpose_A, transpose_B, into);
        }
      }
    }
  }
}

TYPED_TEST(GemmOf, WithAVectorMatchesTheSum) {
  for (const Product& product : kProducts) {
    for (bool transpose_A : {false, true}) {
      for (Into into : {Into::kSet, Into::kAdd}) {
        this->expect_product_with_vector(product, transpose_A, into);
      }
    }
  }
}

TYPED_TEST(GemmOf, SetOverwritesEvenNan) {
  for (std::size_t rows : {1, 2, 17}) {
    Tensor<TypeParam> A({rows, 20}), B({20, 30}), C({rows, 30});
    C.fill(std::numeric_limits<TypeParam>::quiet_NaN());
    gemm(A.matrix(), B.matrix(), C.matrix());
    for (TypeParam value : C.values()) EXPECT_EQ(value, 0);
  }
}

TYPED_TEST(GemmOf, MayBeCalledFromSeveralThreadsAtOnce) {
  Strided<TypeParam> a(48, 64, "A"), b(64, 96, "B");
  Tensor<TypeParam> want({48, 96});
  gemm(a.view(), b.view(), want.matrix());
  std::vector<Tensor<TypeParam>> results(4, Tensor<TypeParam>({48, 96}));
  std::vector<std::thread> threads;
  for (Tensor<TypeParam>& result : results) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 20; ++repeat) gemm(a.view(), b.view(), result.matrix());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor<TypeParam>& result : results) {
    EXPECT_TRUE(std::ranges::equal(result.values(), want.values()));
  }
}

TEST(Gemm, RefusesShapesThatDoNotFitAndNamesThem) {
  Tensor<float> tensor({64, 256});
  const MatrixView<float> m(tensor.data(), 32, 128), n(tensor.data(), 64, 256);
  const auto message_of = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message_of([&] { gemm(m, n, m); }),
            "gemm: inner sizes differ: A is 32×128, B is 64×256");
  EXPECT_EQ(message_of([&] { gemm(transposed(m), n, m); }),
            "gemm: inner sizes differ: A is 128×32, B is 64×256");
  EXPECT_EQ(message_of([&] { gemm(m, transposed(m), m); }), "gemm: C is 32×128, A·B is 32×32");
  EXPECT_EQ(message_of([&] { gemv(m, tensor.values().first(5), tensor.values().first(32)); }),
            "gemv: inner sizes differ: A is 32×128, x is 5");
  EXPECT_EQ(message_of([&] { gemv(m, tensor.values().first(128), tensor.values().first(31)); }),
            "gemv: y is 31, A·x is 32");
}

TEST(Gemm, RefusesRowsThatOverlap) {
  Tensor<float> tensor({4, 4});
  const MatrixView<float> overlapping(tensor.data(), 4, 4, 2);
  EXPECT_THROW(gemm(overlapping, tensor.matrix(), tensor.matrix()), ShapeError);
}

TEST(Gemm, RefusesSizesThatBlasCannotCount) {
  constexpr std::size_t kTooLarge = std::size_t{1} << 40;
  float value = 0;  // never read: the sizes are checked first
  const MatrixView<float> wide(&value, 1, kTooLarge), one(&value, 1, 1);
  EXPECT_THROW(gemm(wide, transposed(wide), one), ShapeError);
  EXPECT_THROW(gemm(one, one, MatrixView<float>(&value, 1, 1, kTooLarge)), ShapeError);
}

TEST(BlasInfo, NamesTheLibraryAndItsKernels) {
  const BlasInfo info = blas_info();
  EXPECT_EQ(info.version.find("OpenBLAS "), 0U) << info.version;
  EXPECT_FALSE(info.kernels.empty());
}

}  // namespace
}  // namespace unroll
