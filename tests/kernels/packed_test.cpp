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
                       C = this->matrix(size.M, size.N, "C");
    test::for_each_isa([&] {
      Panels<Real> panels;
      Tensor<Real> set = C, added = C;
      panels.pack(B.matrix());
      product<Real>(A.matrix(), panels, set.matrix());
      const auto zero = [](std::size_t, std::size_t) { return 0.0; };
      this->expect_product(set, size, entries(A), entries(B), zero);

      panels.pack(transposed(Bt.matrix()));
      product<Real>(A.matrix(), panels, added.matrix(), Into::kAdd);
      const auto transpose = [&](std::size_t k, std::size_t n) { return entries(Bt)(n, k); };
      this->expect_product(added, size, entries(A), transpose, entries(C));
    });
  }
}

TYPED_TEST(PackedOf, TransposedProductAddsTheSumOverRows) {
  using Real = TypeParam;
  for (const Sizes& size : kSizes) {
    if (size.M == 0) continue;
    const Tensor<Real> A = this->matrix(size.K, size.M, "A"), B = this->matrix(size.K, size.N, "B"),
                       C = this->matrix(size.M, size.N, "C");
    test::for_each_isa([&] {
      Tensor<Real> sum = C;
      add_transposed_product<Real>(A.matrix(), B.matrix(), sum.matrix());
      const auto transpose = [&](std::size_t m, std::size_t k) { return entries(A)(k, m); };
      this->expect_product(sum, size, transpose, entries(B), entries(C));
    });
  }
}

TYPED_TEST(PackedOf, ARowHasTheSameBitsInEveryBatch) {
  using Real = TypeParam;
  constexpr std::size_t kMost = 20, N = 37, K = 29;
  const Tensor<Real> A = this->matrix(kMost, K, "A"), B = this->matrix(K, N, "B");
  test::for_each_isa([&] {
    Panels<Real> panels;
    panels.pack(B.matrix());
    Tensor<Real> all({kMost, N});
    product<Real>(A.matrix(), panels, all.matrix());
    for (std::size_t count = 1; count < kMost; ++count) {
      Tensor<Real> some({count, N});
      product<Real>(A.matrix().row_range(kMost - count, count), panels, some.matrix());
      ASSERT_TRUE(std::ranges::equal(some.values(), all.values().last(count * N))) << count;
    }
  });
}

TYPED_TEST(PackedOf, LstmStepIsTheCellOfTheSum) {
  using Real = TypeParam;
  for (std::size_t H : {1, 3, 8, 16, 33, 64}) {
    for (std::size_t rows : {1, 2, 7, 13}) {
      const Tensor<Real> W = this->matrix(4 * H, H, "W"), h_prev = this->matrix(rows, H, "h"),
                         Ux = this->matrix(rows, 4 * H, "Ux"), C_prev = this->matrix(rows, H, "C");
      const Tensor<Real> b = test::random_tensor<Real>({4 * H}, "b");
      test::for_each_isa([&] {
        Tensor<Real> gates = Ux, C({rows, H}), h({rows, H});
        Panels<Real> panels;
        panels.pack_gates(W.matrix());
        lstm_step<Real>(panels, b.values(), h_prev.matrix(), gates.matrix(), C_prev.matrix(),
                        C.matrix(), h.matrix());

        Tensor<Real> want_gates = Ux, want_C({rows, H}), want_h({rows, H});
        panels.pack(transposed(W.matrix()));
        product<Real>(h_prev.matrix(), panels, want_gates.matrix(), Into::kAdd);
        lstm_cell_forward<Real>(want_gates.matrix(), b.values(), C_prev.matrix(), want_C.matrix(),
                                want_h.matrix());
        ASSERT_TRUE(std::ranges::equal(gates.values(), want_gates.values())) << rows << "×" << H;
        ASSERT_TRUE(std::ranges::equal(C.values(), want_C.values())) << rows << "×" << H;
        ASSERT_TRUE(std::ranges::equal(h.values(), want_h.values())) << rows << "×" << H;
      });
    }
  }
}

TYPED_TEST(PackedOf, RnnStepIsTheActivationOfTheSum) {
  using Real = TypeParam;
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    for (std::size_t H : {1, 5, 16, 65}) {
      const std::size_t rows = 8;
      const Tensor<Real> W = this->matrix(H, H, "W"), h_prev = this->matrix(rows, H, "h"),
                         Ux = this->matrix(rows, H, "Ux");
      const Tensor<Real> b = test::random_tensor<Real>({H}, "b");
      test::for_each_isa([&] {
        Tensor<Real> z = Ux, want = Ux, h({rows, H});
        Panels<Real> panels;
        panels.pack(transposed(W.matrix()));
        rnn_step<Real>(activation, panels, b.values(), h_prev.matrix(), z.matrix(), h.matrix());
        product<Real>(h_prev.matrix(), panels, want.matrix(), Into::kAdd);
        activate_biased<Real>(activation, b.values(), want.matrix());
        ASSERT_TRUE(std::ranges::equal(h.values(), want.values())) << H;
        ASSERT_TRUE(std::ranges::equal(z.values(), want.values())) << H;
      });
    }
  }
}

TEST(Packed, SizesMustFit) {
  Tensor<float> m3x4({3, 4}), m4x5({4, 5}), m3x5({3, 5}), m8x2({8, 2}), m3x2({3, 2}), m3x8({3, 8});
  const std::vector<float> b(8);
  Panels<float> panels;
  panels.pack(m4x5.matrix());
  EXPECT_THROW(product<float>(m3x5.matrix(), panels, m3x5.matrix()), ShapeError);
  EXPECT_THROW(product<float>(m3x4.matrix(), panels, m3x4.matrix()), ShapeError);
  EXPECT_THROW(add_transposed_product<float>(m3x4.matrix(), m4x5.matrix(), m4x5.matrix()),
               ShapeError);
  EXPECT_THROW(panels.pack_gates(m3x4.matrix()), ShapeError);
  panels.pack_gates(m8x2.matrix());
  EXPECT_THROW(lstm_step<float>(panels, b, m3x4.matrix(), m3x8.matrix(), m3x2.matrix(),
                                m3x2.matrix(), m3x2.matrix()),
               ShapeError);
  EXPECT_THROW(
      rnn_step<float>(Activation::kTanh, panels, b, m3x2.matrix(), m3x2.matrix(), m3x2.matrix()),
      ShapeError);
}

}  // namespace
}  // namespace unroll
