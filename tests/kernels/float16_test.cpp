// Float16 and its products: each against plain arithmetic in whole numbers, bit for bit, on
// AVX512-FP16, where the CPU has it, and one by one.

#include "unroll/core/float16.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/kernels/half.h"
#include "unroll/kernels/ops.h"
#include "unroll/kernels/packed.h"

namespace unroll {
namespace {

constexpr std::uint32_t kInfinityBits = 0x7c00, kCount = 0x10000;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Float16 of_bits(std::uint32_t bits) {
  return {static_cast<std::uint16_t>(bits)};
}

// ------------------------------------------------------------------------------ whole numbers

/// A number as so many times 2⁻⁴⁸: products of two Float16, and sums of them, are whole.
__extension__ using Whole = __int128;

Whole whole(double x) {
  return static_cast<Whole>(static_cast<std::int64_t>(x * 0x1p24)) * (Whole{1} << 24);
}

/// The nearest Float16, of two the even one.
double nearest(Whole n) {
  const Whole size = n < 0 ? -n : n;
  int highest = 0;
  while (size >> (highest + 1) != 0) ++highest;
  const int last = (highest > 34 ? highest : 34) - 10;  // 2³⁴ · 2⁻⁴⁸ is the least normal number
  Whole kept = size >> last;
  const Whole rest = size - (kept << last), half = Whole{1} << (last - 1);
  if (rest > half || (rest == half && kept % 2 == 1)) ++kept;
  const double value = std::ldexp(static_cast<double>(kept), last - 48);
  const double rounded = value > kLargestFloat16 ? double{kInfinity} : value;
  return n < 0 ? -rounded : rounded;
}

/// a·b + c, rounded once.
double plain_multiply_add(double a, double b, double c) {
  const auto units = [](double x) { return static_cast<Whole>(x * 0x1p24); };
  return nearest(units(a) * units(b) + whole(c));
}

/// start + Σ a_k b_k as docs/numerics.md writes it down; a and b hold numbers of Float16.
float plain_product(const std::vector<float>& a, const std::vector<float>& b, float start) {
  constexpr std::size_t terms = 2 * kShortLinesOfFloat16;
  float sum = start;
  for (std::size_t first = 0; first < a.size(); first += terms) {
    double parts[2] = {0, 0};
    for (std::size_t k = first; k < std::min(a.size(), first + terms); ++k) {
      double& part = parts[k % 2];
      part = plain_multiply_add(double{a[k]}, double{b[k]}, part);
    }
    sum += static_cast<float>(nearest(whole(parts[0]) + whole(parts[1])));
  }
  return sum;
}

// -------------------------------------------------------------------------------- numbers

TEST(Float16, EveryNumberIsWidenedAndComesBack) {
  for (std::uint32_t bits = 0; bits < kCount; ++bits) {
    const float x = to_float(of_bits(bits));
    const std::uint32_t magnitude = bits & 0x7fffU;
    ASSERT_EQ(std::signbit(x), bits >= 0x8000U);
    if (magnitude > kInfinityBits) {
      ASSERT_TRUE(std::isnan(x) && std::isnan(to_float(to_float16(double{x}))));
      continue;
    }
    const int exponent = static_cast<int>(magnitude >> 10);
    const double fraction = magnitude & 0x3ffU;
    const double expected = exponent == 31  ? double{kInfinity}
                            : exponent == 0 ? std::ldexp(fraction, -24)
                                            : std::ldexp(1024 + fraction, exponent - 25);
    ASSERT_EQ(std::abs(double{x}), expected) << bits;
    ASSERT_EQ(to_float16(double{x}).bits, bits);
  }
}

#ifdef __FLT16_MANT_DIG__
TEST(Float16, IsTheCompilersType) {
  for (std::uint32_t bits = 0; bits < kCount; ++bits) {
    const auto number = std::bit_cast<_Float16>(of_bits(bits));
    const float x = to_float(of_bits(bits));
    if (std::isnan(x)) continue;
    ASSERT_EQ(static_cast<float>(number), x);
  }
  Random random(1, "float16");
  for (int k = 0; k < 100000; ++k) {
    const double x =
        std::ldexp(random.uniform(-1, 1), static_cast<int>(random.uniform() * 44) - 27);
    ASSERT_EQ(to_float16(x).bits, std::bit_cast<std::uint16_t>(static_cast<_Float16>(x))) << x;
  }
}
#endif

/// Between two neighbours: just below the middle, there, just above it.
TEST(Float16, IsTheNearestAndOfTwoTheEvenOne) {
  for (std::uint32_t bits = 0; bits + 1 <= kInfinityBits; ++bits) {
    const double low = double{to_float(of_bits(bits))};
    const double high = bits + 1 == kInfinityBits ? 65536 : double{to_float(of_bits(bits + 1))};
    const double middle = (low + high) / 2;
    ASSERT_EQ(to_float16(std::nextafter(middle, 0)).bits, bits) << middle;
    ASSERT_EQ(to_float16(middle).bits, bits + bits % 2) << middle;
    ASSERT_EQ(to_float16(std::nextafter(middle, 1e6)).bits, bits + 1) << middle;
    ASSERT_EQ(to_float16(-middle).bits, 0x8000U + bits + bits % 2);
  }
  EXPECT_EQ(to_float(to_float16(65519.99)), kLargestFloat16);
  EXPECT_EQ(to_float(to_float16(65520)), kInfinity);
  EXPECT_EQ(to_float(to_float16(-1e300)), -kInfinity);
  EXPECT_EQ(to_float16(1e-300).bits, 0U);
  EXPECT_EQ(to_float16(-0.0).bits, 0x8000U);
}

TEST(Float16, AMultiplyAddIsRoundedOnce) {
  Random random(1, "fma");
  const auto draw = [&] {
    const auto bits = static_cast<std::uint32_t>(random.uniform() * kCount);
    const float x = to_float(of_bits(bits));
    return std::isfinite(x) ? double{x} : 1.0;
  };
  for (int k = 0; k < 300000; ++k) {
    const double a = draw(), b = draw();
    // a sum that nearly cancels the product, one near half a last place of it, and any
    for (const double c : {draw(), nearest_float16(-a * b), nearest_float16(a * b * 0x1p-11),
                           nearest_float16(a * b * 0x1p12)}) {
      if (std::isinf(c)) continue;
      ASSERT_EQ(multiply_add_float16(a, b, c), plain_multiply_add(a, b, c))
          << a << " · " << b << " + " << c;
    }
  }
}

// ------------------------------------------------------------------------------- products

/// A matrix as numbers of Float16, in both forms; rows of `halves` begin at even places and end
/// with a 0 more if they are odd in number.
struct Both {
  Both(const Shape& shape, const std::string& name, double scale = 1)
      : values(test::random_tensor<float>(shape, name, scale)),
        padded({*shape.begin(), (*(shape.end() - 1) + 1) / 2 * 2}) {
    const std::size_t columns = values.matrix().columns();
    padded.fill({0});
    round_to_float16(values.matrix(), padded.matrix().column_range(0, columns));
    for (std::size_t r = 0; r < values.matrix().rows(); ++r) {
      for (std::size_t k = 0; k < columns; ++k) {
        values.matrix()(r, k) = to_float(padded.matrix()(r, k));
      }
    }
  }
  MatrixView<const Float16> halves() const {
    return padded.matrix().column_range(0, values.matrix().columns());
  }
  std::vector<float> row(std::size_t r) const {
    const auto values_of_row = values.matrix().row(r);
    return {values_of_row.begin(), values_of_row.end()};
  }

  Tensor<float> values;
  Tensor<Float16> padded;
};

TEST(Float16, IsRoundedToAlikeInBothForms) {
  std::vector<float> values = {0.0F,          -0.0F,  65519.0F,
                               65520.0F,      -1e30F, 1e-8F,
                               kInfinity,     6e-8F,  std::bit_cast<float>(0x33000000U),
                               1.00048828125F};
  for (std::uint32_t k = 0; k < 1000; ++k) values.push_back(std::ldexp(1.2345F, int(k) / 20 - 28));
  Tensor<float> x({1, values.size()});
  std::ranges::copy(values, x.values().begin());
  test::for_each_float16_form([&] {
    Tensor<Float16> y(x.shape());
    round_to_float16(x.matrix(), y.matrix());
    for (std::size_t k = 0; k < values.size(); ++k) {
      ASSERT_EQ(y[k].bits, to_float16(double{values[k]}).bits) << values[k];
    }
  });
}

struct Sizes {
  std::size_t M, K, N;
};
constexpr Sizes kSizes[] = {{1, 1, 1},   {1, 2, 1},    {2, 7, 5},     {7, 31, 64},   {3, 33, 17},
                            {6, 65, 33}, {13, 32, 70}, {50, 95, 130}, {24, 200, 129}};

TEST(PackedFloat16, ProductsHaveTheBitsOfPlainLoops) {
  for (const auto& [M, K, N] : kSizes) {
    const Both A({M, K}, "A"), Bt({N, K}, "B");
    Tensor<float> B({K, N}), wanted({M, N});
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t j = 0; j < N; ++j) B.matrix()(k, j) = Bt.values.matrix()(j, k);
    }
    const std::vector<float> b(N, 0.3F);
    for (std::size_t r = 0; r < M; ++r) {
      for (std::size_t j = 0; j < N; ++j) {
        wanted.matrix()(r, j) = plain_product(A.row(r), Bt.row(j), 0.3F);
      }
    }
    test::for_each_float16_form([&, N = N, M = M, K = K] {
      Tensor<float> found({M, N});
      Panels<Float16> panels;
      panels.pack(transposed(MatrixView<const float>(Bt.values.matrix())));
      project<float>(A.halves(), panels, b, found.matrix());
      EXPECT_TRUE(std::ranges::equal(found.values(), wanted.values())) << M << ' ' << K << ' ' << N;

      Tensor<float> of_rows({M, N}), of_columns({M, N});
      product<float>(A.halves(), panels, of_columns.matrix());
      panels.pack(std::as_const(B).matrix());
      product<float>(A.halves(), panels, of_rows.matrix());
      EXPECT_TRUE(std::ranges::equal(of_rows.values(), of_columns.values()));
    });
  }
}

/// Panels of gates, of U above W.
TEST(PackedFloat16, ProjectionsOfGatesHaveTheBitsOfPlainLoops) {
  for (std::size_t G : {3, 4}) {
    for (std::size_t H : {1, 2, 17, 34, 64}) {
      for (std::size_t I : {1, 6, 35, 70}) {
        for (std::size_t rows : {1, 5, 24}) {
          const Both U({G * H, I}, "U"), W({G * H, H}, "W"), x({rows, I}, "x");
          const std::vector<float> b(G * H, -0.2F);
          test::for_each_float16_form([&] {
            Panels<Float16> weights;
            weights.pack_weights(U.values.matrix(), W.values.matrix());
            Tensor<float> found({rows, G * H});
            project<float>(x.halves(), weights, b, found.matrix());
            for (std::size_t r = 0; r < rows; ++r) {
              for (std::size_t j = 0; j < G * H; ++j) {
                ASSERT_EQ(found.matrix()(r, j), plain_product(x.row(r), U.row(j), -0.2F));
              }
            }
          });
        }
      }
    }
  }
}

/// What docs/numerics.md derives: (m + 3) units of Σ |a b|, and half the least number for every
/// rounding below 2⁻¹⁴.
double bound(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0, factors = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum += std::abs(double{a[k]} * double{b[k]});
    factors += std::abs(double{a[k]}) + std::abs(double{b[k]}) + 2;
  }
  return (kShortLinesOfFloat16 + 3) * kUnitOfFloat16 * 1.01 * sum + factors * 0x1p-25;
}

/// The first values are drawn, of both signs or of one; then what rounds worst: a sum of ones to
/// which so little is added that it is lost every time; what cancels; and tiny numbers.
std::vector<std::vector<float>> factors(std::size_t K) {
  std::vector<std::vector<float>> all;
  Random random(1, "adversarial");
  for (const double least : {-1.0, 0.0}) {
    std::vector<float> drawn(K);
    for (float& value : drawn) value = static_cast<float>(random.uniform(least, 1));
    all.push_back(drawn);
  }
  std::vector<float> lost(K, 0x1.ffcp-12F), cancels(K), tiny(K, 3e-5F);
  for (std::size_t k = 0; k < K; k += 2 * kShortLinesOfFloat16) lost[k] = 1;
  for (std::size_t k = 0; k < K; ++k) cancels[k] = (k / 2 % 2 == 0 ? 1.0F : -1.0F) * 0.7771F;
  all.insert(all.end(), {lost, cancels, tiny});
  return all;
}

TEST(PackedFloat16, ErrorsAreWithinTheirBound) {
  for (const std::size_t K : {2, 30, 128, 512}) {
    for (const auto& a : factors(K)) {
      for (auto b : factors(K)) {
        if (a[1] == 0x1.ffcp-12F) std::ranges::fill(b, 1.0F);
        Tensor<float> A({1, K}), Bt({1, K}), found({1, 1});
        std::ranges::copy(a, A.data());
        std::ranges::copy(b, Bt.data());
        Tensor<Float16> halves({1, K});
        round_to_float16(A.matrix(), halves.matrix());
        double exact = 0;
        for (std::size_t k = 0; k < K; ++k) exact += double{a[k]} * double{b[k]};
        test::for_each_float16_form([&] {
          Panels<Float16> panels;
          panels.pack(transposed(MatrixView<const float>(Bt.matrix())));
          product<float>(halves.matrix(), panels, found.matrix());
          EXPECT_LE(std::abs(double{found[0]} - exact), bound(a, b)) << K;
        });
      }
    }
  }
}

constexpr LayerSizes kLarge{100, 128, 4}, kOdd{101, 128, 4}, kSmall{100, 64, 1};

/// Sets UNROLL_HALF for the scope, and unsets it.
struct WithHalf {
  explicit WithHalf(const char* name) { ::setenv("UNROLL_HALF", name, 1); }
  ~WithHalf() { ::unsetenv("UNROLL_HALF"); }
};

TEST(Half, IsWhatTheCpuIsFastAt) {
  const WithHalf none("");
  const auto inference = [](const LayerSizes& sizes) {
    return half_precision(Passes::kInference, sizes);
  };
  test::for_each_isa([&] {
    for (const bool pairs : {false, true}) {
      for (const bool halves : {false, true}) {
        const test::WithPairs with_pairs(pairs);
        const test::WithHalves with_halves(halves);
        const bool bf16 = multiplies_bfloat16(), fp16 = multiplies_float16();
        EXPECT_EQ(half_precision(Passes::kTraining, kLarge),
                  bf16 ? Precision::kBFloat16 : Precision::kFull);
        EXPECT_EQ(inference(kLarge), bf16   ? Precision::kBFloat16
                                     : fp16 ? Precision::kFloat16
                                            : Precision::kNarrow);
        EXPECT_EQ(inference(kOdd), Precision::kNarrow);
        EXPECT_EQ(inference(kSmall), bf16 ? Precision::kBFloat16 : Precision::kFull);
      }
    }
  });
}

TEST(Half, IsWhatTheEnvironmentNames) {
  for (const Precision precision :
       {Precision::kFull, Precision::kBFloat16, Precision::kNarrow, Precision::kFloat16}) {
    const WithHalf half(to_string(precision).data());
    EXPECT_EQ(half_precision(Passes::kInference, kSmall), precision);
    const bool trains = precision == Precision::kBFloat16;
    EXPECT_EQ(half_precision(Passes::kTraining, kSmall), trains ? precision : Precision::kFull);
    EXPECT_EQ(precision_of(PrecisionChoice::kHalf, Passes::kInference, kSmall), precision);
    EXPECT_EQ(precision_of(PrecisionChoice::kFull, Passes::kInference, kSmall), Precision::kFull);
    EXPECT_EQ(precision_of(PrecisionChoice::kBFloat16, Passes::kInference, kSmall),
              Precision::kBFloat16);
  }
  const WithHalf wrong("int8");
  EXPECT_THROW(half_precision(Passes::kInference, kLarge), UsageError);
}

TEST(Half, WeightsThatMayOverflowAreFound) {
  Tensor<float> W({3, 4});
  W.fill(0.5F);
  const MatrixView<const float> view = W.matrix();
  EXPECT_TRUE(fits_float16(view, 1));
  EXPECT_TRUE(fits_float16(view, 100));
  EXPECT_FALSE(fits_float16(view, 1e4));  // 32 products of 5000 do not fit
  EXPECT_FALSE(fits_float16(view, std::numeric_limits<double>::infinity()));
  W[7] = -1e6F;
  EXPECT_FALSE(fits_float16(view, 1));
  EXPECT_FALSE(fits_float16(view, 1e-9));
  W[7] = std::numeric_limits<float>::quiet_NaN();
  W[8] = 0.1F;
  EXPECT_FALSE(fits_float16(view, 1));
}

/// A sum of products that fits_float16 allows stays finite, even at its largest.
TEST(Half, WhatFitsDoesNotOverflow) {
  constexpr std::size_t K = 64;
  Tensor<float> Bt({1, K});
  Bt.fill(1);
  float largest = 1;
  while (fits_float16(std::as_const(Bt).matrix(), double{largest})) largest *= 1.01F;
  Tensor<float> A({1, K}), found({1, 1});
  A.fill(largest / 1.01F);
  Tensor<Float16> halves({1, K});
  round_to_float16(A.matrix(), halves.matrix());
  Panels<Float16> panels;
  panels.pack(transposed(MatrixView<const float>(Bt.matrix())));
  product<float>(halves.matrix(), panels, found.matrix());
  EXPECT_NEAR(found[0] / (largest / 1.01F * K), 1, 0.01);
}

}  // namespace
}  // namespace unroll
