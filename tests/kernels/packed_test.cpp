#include "unroll/kernels/packed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

struct Sizes {
  std::size_t M, N, K;
};
/// Tiles that are whole and cut, in each direction, for vectors of 1 to 16 values; no rows at all.
constexpr Sizes kSizes[] = {{1, 1, 1},   {2, 3, 5},    {3, 64, 7},   {6, 65, 16}, {7, 63, 3},
                            {13, 17, 2}, {16, 128, 9}, {5, 31, 300}, {1, 8, 4},   {0, 4, 4}};

template <typename Real>
class PackedOf : public testing::Test {
 public:
  static Tensor<Real> matrix(std::size_t rows, std::size_t columns, const std::string& name) {
    return test::random_tensor<Real>({rows, columns}, name);
  }

  /// Each entry within the rounding of a sum of K products, whose terms' magnitudes are summed.
  static void expect_product(const Tensor<Real>& C, const Sizes& size, auto a, auto b, auto c) {
    for (std::size_t m = 0; m < size.M; ++m) {
      for (std::size_t n = 0; n < size.N; ++n) {
        double sum = c(m, n), magnitude = std::abs(sum);
        for (std::size_t k = 0; k < size.K; ++k) {
          sum += a(m, k) * b(k, n);
          magnitude += std::abs(a(m, k) * b(k, n));
        }
        const double bound =
            static_cast<double>(size.K + 2) * magnitude * std::numeric_limits<Real>::epsilon();
        ASSERT_NEAR(C.matrix()(m, n), sum, bound) << m << ", " << n;
      }
    }
  }
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(PackedOf, Reals);

template <typename Real>
auto entries(const Tensor<Real>& tensor) {
  return [&tensor](std::size_t i, std::size_t j) {
    return static_cast<double>(tensor.matrix()(i, j));
  };
}

TYPED_TEST(PackedOf, ProductIsTheProductOfBothKindsOfFactor) {
  using Real = TypeParam;
  for (const Sizes& size : kSizes) {
    const Tensor<Real> A = this->matrix(size.M, size.K, "A"), B = this->matrix(size.K, size.N, "B"),
                       Bt = this->matrix(size.N, size.K, "Bt"),
                       C = this->matrix(size.M, size.N, "C"),
                       b = test::random_tensor<Real>({size.N}, "b");
    test::for_each_isa([&] {
      Panels<Real> panels;
      Tensor<Real> set = C, added = C;
      panels.pack(B.matrix());
      product<Real>(A.matrix(), panels, set.matrix());
      const auto zero = [](std::size_t, std::size_t) { return 0.0; };
      this->expect_product(set, size, entries(A), entries(B), zero);

      panels.pack(transposed(Bt.matrix()));
      project<Real>(A.matrix(), panels, b.values(), added.matrix());
      const auto transpose = [&](std::size_t k, std::size_t n) { return entries(Bt)(n, k); };
      const auto bias = [&](std::size_t, std::size_t n) { return static_cast<double>(b[n]); };
      this->expect_product(added, size, entries(A), transpose, bias);
    });
  }
}

TYPED_TEST(PackedOf, GradientsAddTheSumOverRows) {
  using Real = TypeParam;
  for (const Sizes& size : kSizes) {
    if (size.M == 0) continue;
    const Tensor<Real> A = this->matrix(size.K, size.M, "A"), B = this->matrix(size.K, size.N, "B"),
                       C = this->matrix(size.M, size.N, "C");
    test::for_each_isa([&] {
      Tensor<Real> sum = C, again = C, scratch;
      add_gradients<Real>(A.matrix(), {{B.matrix(), sum.matrix()}, {B.matrix(), again.matrix()}},
                          scratch);
      ASSERT_TRUE(std::ranges::equal(sum.values(), again.values()));
      const auto transpose = [&](std::size_t m, std::size_t k) { return entries(A)(k, m); };
      this->expect_product(sum, size, transpose, entries(B), entries(C));
    });
  }
}

TYPED_TEST(PackedOf, ARowHasTheSameBitsInEveryBatch) {
  using Real = TypeParam;
  // The second B fills much of a second-level cache: AVX-512 takes other tiles for it.
  for (const auto& [N, K] : {std::pair<std::size_t, std::size_t>{37, 29}, {421, 400}}) {
    constexpr std::size_t kMost = 20;
    const Tensor<Real> A = this->matrix(kMost, K, "A"), B = this->matrix(K, N, "B");
    test::for_each_isa([&, N = N] {
      Panels<Real> panels;
      panels.pack(B.matrix());
      Tensor<Real> all({kMost, N});
      product<Real>(A.matrix(), panels, all.matrix());
      for (std::size_t count = 1; count < kMost; ++count) {
        Tensor<Real> some({count, N});
        product<Real>(A.matrix().row_range(kMost - count, count), panels, some.matrix());
        ASSERT_TRUE(std::ranges::equal(some.values(), all.values().last(count * N)))
            << count << " rows of " << N << " columns";
      }
    });
  }
}

TEST(Packed, SizesMustFit) {
  Tensor<float> m3x4({3, 4}), m4x5({4, 5}), m3x5({3, 5}), m8x2({8, 2});
  const std::vector<float> b(8);
  Panels<float> panels;
  panels.pack(m4x5.matrix());
  EXPECT_THROW(product<float>(m3x5.matrix(), panels, m3x5.matrix()), ShapeError);
  EXPECT_THROW(product<float>(m3x4.matrix(), panels, m3x4.matrix()), ShapeError);
  Tensor<float> scratch;
  EXPECT_THROW(add_gradients<float>(m3x4.matrix(), {{m4x5.matrix(), m4x5.matrix()}}, scratch),
               ShapeError);
  EXPECT_THROW(project<float>(m3x4.matrix(), panels, b, m3x5.matrix()), ShapeError);  // b is 8
  EXPECT_THROW(panels.pack_weights(m8x2.matrix(), m3x4.matrix()), ShapeError);        // W: 3×4
  EXPECT_THROW(panels.pack_weights(m3x4.matrix(), m8x2.matrix()), ShapeError);        // U: 3 rows
}

}  // namespace
}  // namespace unroll
