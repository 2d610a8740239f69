// Products of bfloat16 and the steps made of them, against the same in float of rounded values.

#include "unroll/core/bfloat16.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"
#include "unroll/kernels/packed.h"
#include "unroll/kernels/recurrent_step.h"

namespace unroll {
namespace {

float rounded(float x) {
  return to_float(to_bfloat16(x));
}

TEST(BFloat16, IsTheNearestWithEightBits) {
  EXPECT_EQ(rounded(1.0F), 1.0F);
  EXPECT_EQ(rounded(1.00390625F), 1.0F);       // 1 + 2⁻⁸, between two: the even one
  EXPECT_EQ(rounded(1.01171875F), 1.015625F);  // 1 + 3·2⁻⁸, likewise
  EXPECT_EQ(rounded(1.00390637F), 1.0078125F);
  EXPECT_EQ(rounded(-0.0F), 0.0F);
  EXPECT_TRUE(std::signbit(rounded(-0.0F)));
  EXPECT_EQ(rounded(3.4e38F), std::numeric_limits<float>::infinity());
  EXPECT_EQ(rounded(-std::numeric_limits<float>::infinity()),
            -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001U))));  // not infinity
}

/// A matrix in the two forms.
struct Both {
  explicit Both(Tensor<float> of) : values(std::move(of)), pairs(values.shape()) {
    round_to_bfloat16(values.matrix(), pairs.matrix());
    round_to_bfloat16<float>(values.matrix(), values.matrix());
  }
  Both(const Shape& shape, const std::string& name)
      : Both(test::random_tensor<float>(shape, name)) {}

  Tensor<float> values;
  Tensor<BFloat16> pairs;
};

/// On every instruction set, and on AVX512_BF16 even where another way is faster.
template <typename Body>
void for_each_form(Body body) {
  for (bool wanted : {false, true}) {
    const test::WithPairs pairs(wanted);
    SCOPED_TRACE(multiplies_bfloat16() ? "AVX512_BF16" : "plain");
    body();
  }
}

void expect_near(const Tensor<float>& found, const Tensor<float>& wanted, double bound,
                 const std::string& what) {
  ASSERT_EQ(found.shape(), wanted.shape()) << what;
  for (std::size_t k = 0; k < found.size(); ++k) ASSERT_NEAR(found[k], wanted[k], bound) << what;
}

void expect_rounded(const Tensor<BFloat16>& found, const Tensor<float>& wanted,
                    const std::string& what) {
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    ASSERT_NEAR(to_float(found[k]), wanted[k], std::abs(wanted[k]) / 128 + 1e-5) << what;
  }
}

TEST(BFloat16, BothFormsOfRoundingAgree) {
  for_each_form([] {
    const Both both({7, 37}, "x");
    for (std::size_t k = 0; k < both.values.size(); ++k) {
      ASSERT_EQ(to_float(both.pairs[k]), both.values[k]);
    }
  });
}

TEST(BFloat16, IsRoundedToAlikeOnEveryInstructionSet) {
  constexpr float kMost = std::numeric_limits<float>::max();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> values = {0.0F,
                               -0.0F,
                               1.00390625F,
                               1.01171875F,
                               1e-40F,
                               kMost,
                               -kMost,
                               kInfinity,
                               -kInfinity,
                               std::numeric_limits<float>::quiet_NaN(),
                               std::bit_cast<float>(0x7f800001U),
                               std::bit_cast<float>(0xffffffffU)};
  for (std::uint32_t k = 0; k < 1000; ++k) values.push_back(std::bit_cast<float>(k * 4294967U));
  Tensor<float> x({1, values.size()});
  std::ranges::copy(values, x.values().begin());
  test::for_each_isa([&] {
    Tensor<float> y(x.shape());
    round_to_bfloat16<float>(x.matrix(), y.matrix());
    for (std::size_t k = 0; k < values.size(); ++k) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[k]),
                std::bit_cast<std::uint32_t>(rounded(values[k])))
          << values[k];
    }
  });
}

struct Sizes {
  std::size_t M, K, N;
};
constexpr Sizes kSizes[] = {{1, 2, 1}, {2, 6, 5}, {7, 34, 64}, {13, 128, 70}, {50, 600, 130}};

TEST(PackedBFloat16, ProductsAreThoseOfTheRoundedValues) {
  for (const auto& [M, K, N] : kSizes) {
    for_each_form([&, M = M, K = K, N = N] {
      const Both A({M, K}, "A"), B({K, N}, "B"), Bt({N, K}, "Bt");
      Tensor<float> found({M, N}), wanted({M, N});
      Panels<BFloat16> pairs;
      Panels<float> full;
      pairs.pack(B.values.matrix());
      full.pack(B.values.matrix());
      product<float>(A.pairs.matrix(), pairs, found.matrix());
      product<float>(A.values.matrix(), full, wanted.matrix());
      expect_near(found, wanted, 1e-6 * static_cast<double>(K), "product");

      const std::vector<float> b(N, 0.5F);
      pairs.pack(transposed(MatrixView<const float>(Bt.values.matrix())));
      full.pack(transposed(MatrixView<const float>(Bt.values.matrix())));
      project<float>(A.pairs.matrix(), pairs, b, found.matrix());
      project<float>(A.values.matrix(), full, b, wanted.matrix());
      expect_near(found, wanted, 1e-6 * static_cast<double>(K), "projection");
    });
  }
}

TEST(PackedBFloat16, GradientsOfOddAndEvenNumbersOfRows) {
  for (const auto& [M, K, N] : kSizes) {
    for (const std::size_t rows : {K, K + 1}) {
      for_each_form([&, M = M, N = N] {
        const Both A({rows, M}, "A"), B({rows, N}, "B");
        Tensor<float> found = test::random_tensor<float>({M, N}, "C"), wanted = found, scratch;
        Tensor<BFloat16> pair_scratch;
        add_gradients<float, BFloat16>(A.pairs.matrix(), {{B.pairs.matrix(), found.matrix()}},
                                       pair_scratch);
        add_gradients<float>(A.values.matrix(), {{B.values.matrix(), wanted.matrix()}}, scratch);
        expect_near(found, wanted, 1e-6 * static_cast<double>(rows), "gradient");

        Tensor<float> db({M}), db_wanted({M});
        add_column_sums<float, BFloat16>(A.pairs.matrix(), db.values());
        add_column_sums<float>(A.values.matrix(), db_wanted.values());
        expect_near(db, db_wanted, 1e-6 * static_cast<double>(rows), "column sums");
      });
    }
  }
}

/// The values that a step of a cell with G gates saves: of a GRU's three also q.
std::size_t saved_count(std::size_t G) {
  return G == 3 ? 4 : G;
}

/// One step of a cell with G gates, forward and back, in the form of Operand.
template <typename Operand>
struct Steps {
  Steps(std::size_t G, std::size_t rows, std::size_t H)
      : saved({rows, saved_count(G) * H}),
        C({rows, H}),
        h({rows, H}),
        dC({rows, H}),
        dh_kept({rows, H}),
        h_next({rows, H}),
        dz({rows, saved_count(G) * H}) {}
  Tensor<float> saved, C, h, dC, dh_kept;
  Tensor<Operand> h_next, dz;
};

template <typename Operand>
const Tensor<Operand>& form(const Both& both) {
  if constexpr (std::is_same_v<Operand, float>) {
    return both.values;
  } else {
    return both.pairs;
  }
}

template <typename Operand>
Steps<Operand> run_steps(std::size_t G, std::size_t rows, std::size_t I, std::size_t H,
                         Activation activation = Activation::kTanh,
                         Precision precision = Precision::kFull) {
  const Both U({G * H, I}, "U"), W({G * H, H}, "W"), x({rows, I}, "x"), h_prev({rows, H}, "h"),
      dz_next({rows, G * H}, "dz");
  const Tensor<float> b = test::random_tensor<float>({G * H}, "b"),
                      C_prev = test::random_tensor<float>({rows, H}, "C"),
                      d = test::random_tensor<float>({H}, "d"),
                      dh = test::random_tensor<float>({rows, H}, "dh");
  Steps<Operand> s(G, rows, H);
  Panels<Operand> weights, back;
  weights.pack_weights(U.values.matrix(), W.values.matrix());
  back.pack(W.values.matrix());
  RecurrentStep<float, Operand> step{};
  step.weights = &weights, step.b = b.values(), step.units = {0, H};
  step.in.x = form<Operand>(x).matrix(), step.h_prev = form<Operand>(h_prev).matrix();
  step.h = s.h.matrix(), step.h_next = s.h_next.matrix(), step.saved = s.saved.matrix();
  RecurrentStepBack<float, Operand> step_back{};
  step_back.W = &back, step_back.units = {0, H};
  step_back.dz_next = form<Operand>(dz_next).matrix(), step_back.dh = dh.matrix();
  step_back.saved = s.saved.matrix(), step_back.dz = s.dz.matrix();
  step.precision = step_back.precision = precision;
  if (G == 4) {
    step.C_prev.rows = C_prev.matrix(), step.C = s.C.matrix();
    step_back.C_prev.rows = C_prev.matrix(), step_back.C = s.C.matrix();
    step_back.dC = s.dC.matrix();
    lstm_step(step);
    lstm_step_back(step_back);
  } else if (G == 3) {
    step.d = d.values(), step.h_kept.rows = C_prev.matrix();
    step_back.h_kept.rows = C_prev.matrix(), step_back.dh_kept = s.dh_kept.matrix();
    gru_step(step);
    gru_step_back(step_back);
  } else {
    rnn_step(activation, step);
    rnn_step_back(activation, step_back);
  }
  return s;
}

TEST(RecurrentStepBFloat16, IsTheStepOfTheRoundedValues) {
  for (std::size_t G : {1, 3, 4}) {
    for (std::size_t H : {2, 16, 34, 130}) {
      for (std::size_t rows : {1, 2, 13}) {
        for_each_form([&] {
          const auto found = run_steps<BFloat16>(G, rows, 6, H);
          const auto wanted = run_steps<float>(G, rows, 6, H);
          expect_near(found.saved, wanted.saved, 1e-4, "saved");
          expect_near(found.C, wanted.C, 1e-4, "C");
          expect_near(found.h, wanted.h, 1e-4, "h");
          expect_near(found.dC, wanted.dC, 1e-3, "dC");
          expect_near(found.dh_kept, wanted.dh_kept, 1e-3, "dh kept");
          expect_rounded(found.h_next, found.h, "h for the next step");
          expect_rounded(found.dz, wanted.dz, "dz");
        });
      }
    }
  }
}

/// A cell with G gates.
struct Cell {
  std::size_t G;
  Activation activation;
};
constexpr Cell kCells[] = {
    {4, {}}, {3, {}}, {1, Activation::kTanh}, {1, Activation::kSigmoid}, {1, Activation::kRelu}};

TEST(RecurrentStepBFloat16, OperandsOfFloatAreRoundedAsTheyAreWritten) {
  for (const auto& [G, activation] : kCells) {
    for (std::size_t H : {1, 16, 37, 130}) {
      for (std::size_t rows : {1, 7}) {
        test::for_each_isa([&, G = G, activation = activation] {
          const auto full = run_steps<float>(G, rows, 6, H, activation);
          const auto found = run_steps<float>(G, rows, 6, H, activation, Precision::kBFloat16);
          const auto expect_bits = [&](const Tensor<float>& of, const Tensor<float>& wanted) {
            EXPECT_TRUE(std::ranges::equal(of.values(), wanted.values()))
                << G << " gates, H " << H << ", rows " << rows;
          };
          expect_bits(found.h_next, Both(full.h_next).values);
          expect_bits(found.dz, Both(full.dz).values);
          expect_bits(found.h, full.h);
          expect_bits(found.saved, full.saved);
          expect_bits(found.C, full.C);
          expect_bits(found.dC, full.dC);
          expect_bits(found.dh_kept, full.dh_kept);
        });
      }
    }
  }
}

/// What a step of projected input leaves, from weights in the narrow form or not.
struct NarrowRun {
  NarrowRun(std::size_t G, std::size_t rows, std::size_t H, Activation activation, bool is_narrow)
      : saved({rows, saved_count(G) * H}), C({rows, H}), h({rows, H}), h_next({rows, H}) {
    const Both U({G * H, 5}, "U"), W({G * H, H}, "W"), h_prev({rows, H}, "h");
    const Tensor<float> projected = test::random_tensor<float>({rows, G * H}, "z"),
                        C_prev = test::random_tensor<float>({rows, H}, "C"),
                        d = test::random_tensor<float>({H}, "d");
    const Tensor<float> b({G * H}), zeros(W.values.shape());
    Panels<float> weights;
    NarrowPanels narrow;
    weights.pack_weights(U.values.matrix(), W.values.matrix());
    narrow.pack(weights);
    EXPECT_EQ(narrow.rows(), H);
    // What must not be read is of zeros.
    Panels<float> none;
    none.pack_weights(U.values.matrix(), zeros.matrix());
    if (rows > kNarrowRows) narrow.pack(none);
    if (is_narrow && rows <= kNarrowRows) weights = none;
    RecurrentStep<float> step{};
    step.weights = &weights, step.b = b.values(), step.units = {0, H};
    step.in.projected = projected.matrix(), step.h_prev = h_prev.values.matrix();
    step.h = h.matrix(), step.h_next = h_next.matrix(), step.saved = saved.matrix();
    step.narrow = is_narrow ? &narrow : nullptr;
    if (G == 4) {
      step.C_prev.rows = C_prev.matrix(), step.C = C.matrix();
      lstm_step(step);
    } else if (G == 3) {
      step.d = d.values(), step.h_kept.rows = C_prev.matrix();
      gru_step(step);
    } else {
      rnn_step(activation, step);
    }
  }
  std::vector<Tensor<float>> all() const { return {saved, C, h, h_next}; }

  Tensor<float> saved, C, h, h_next;
};

TEST(NarrowPanels, GiveTheBitsOfTheSameWeightsAsFloats) {
  for (const auto& [G, activation] : kCells) {
    for (std::size_t H : {1, 7, 16, 33, 64, 130}) {
      for (std::size_t rows : {1, 2, 3, 5}) {
        test::for_each_isa([&, G = G, activation = activation] {
          const auto found = NarrowRun(G, rows, H, activation, true).all();
          const auto wanted = NarrowRun(G, rows, H, activation, false).all();
          for (std::size_t k = 0; k < found.size(); ++k) {
            EXPECT_TRUE(std::ranges::equal(found[k].values(), wanted[k].values()))
                << G << " gates, H " << H << ", rows " << rows << ", output " << k;
          }
        });
      }
    }
  }
}

TEST(NarrowPanels, OfAnotherSizeAreRefused) {
  const Both U({12, 5}, "U"), W({12, 3}, "W"), other({16, 4}, "W"), U_of_other({16, 5}, "U");
  Panels<float> weights, others;
  weights.pack_weights(U.values.matrix(), W.values.matrix());
  others.pack_weights(U_of_other.values.matrix(), other.values.matrix());
  NarrowPanels narrow;
  narrow.pack(others);
  const Tensor<float> b({12}), projected({1, 12}), h_prev({1, 3});
  Tensor<float> C({1, 3}), h({1, 3});
  RecurrentStep<float> step{};
  step.weights = &weights, step.b = b.values(), step.units = {0, 3};
  step.in.projected = projected.matrix(), step.h_prev = h_prev.matrix();
  step.C_prev.rows = C.matrix(), step.C = C.matrix(), step.h = h.matrix();
  lstm_step(step);
  step.narrow = &narrow;
  EXPECT_THROW(lstm_step(step), ShapeError);
}

}  // namespace
}  // namespace unroll
