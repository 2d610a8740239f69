#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

constexpr std::size_t kRows = 3;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// One unit of the cell, in double, as in the header's equations.
struct Unit {
  double f, i, a, o, C_prev, C, h;
};

Unit forward_unit(double z_f, double z_i, double z_a, double z_o, double C_prev) {
  Unit u{sigmoid(z_f), sigmoid(z_i), std::tanh(z_a), sigmoid(z_o), C_prev, 0, 0};
  u.C = C_prev * u.f + u.i * u.a;
  u.h = u.o * std::tanh(u.C);
  return u;
}

struct UnitGradient {
  double z_f, z_i, z_a, z_o, C;
};

UnitGradient backward_unit(const Unit& u, double dh, double dC) {
  const double tanh_C = std::tanh(u.C);
  const double delta_C = dC + dh * u.o * (1 - tanh_C * tanh_C);
  return {delta_C * u.C_prev * u.f * (1 - u.f), delta_C * u.a * u.i * (1 - u.i),
          delta_C * u.i * (1 - u.a * u.a), dh * tanh_C * u.o * (1 - u.o), delta_C * u.f};
}

/// A step of the cell, all operands in their own tensors.
template <typename Real>
struct Step {
  explicit Step(std::size_t H)
      : product(test::random_tensor<Real>({kRows, 4 * H}, "z", 2)),
        b(test::random_tensor<Real>({4 * H}, "b")),
        C_prev(test::random_tensor<Real>({kRows, H}, "C")),
        dh(test::random_tensor<Real>({kRows, H}, "dh")),
        dC(test::random_tensor<Real>({kRows, H}, "dC")),
        gates(product),
        C({kRows, H}),
        h({kRows, H}),
        dz({kRows, 4 * H}),
        dC_prev(dC) {}

  void forward() {
    lstm_cell_forward<Real>(gates.matrix(), b.values(), C_prev.matrix(), C.matrix(), h.matrix());
  }
  void backward() {
    lstm_cell_backward<Real>(gates.matrix(), C_prev.matrix(), C.matrix(), dh.matrix(),
                             dC_prev.matrix(), dz.matrix());
  }

  Tensor<Real> product, b, C_prev, dh, dC;  // given; z = product + b
  Tensor<Real> gates, C, h, dz, dC_prev;    // computed
};

/// The step's results in double.
struct Expected {
  template <typename Real>
  Expected(const Step<Real>& step, std::size_t H)
      : gates(4 * kRows * H), C(kRows * H), h(kRows * H), dz(4 * kRows * H), dC_prev(kRows * H) {
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t j = 0; j < H; ++j) compute(step, H, r, j);
    }
  }

  template <typename Real>
  void compute(const Step<Real>& step, std::size_t H, std::size_t r, std::size_t j) {
    const std::size_t unit = r * H + j;
    const std::size_t gate = r * 4 * H + j;
    const auto z = [&](std::size_t g) {
      return static_cast<double>(step.product[gate + g * H]) + step.b[g * H + j];
    };
    const Unit u = forward_unit(z(0), z(1), z(2), z(3), step.C_prev[unit]);
    const UnitGradient d = backward_unit(u, step.dh[unit], step.dC[unit]);
    C[unit] = u.C;
    h[unit] = u.h;
    dC_prev[unit] = d.C;
    const double gate_values[] = {u.f, u.i, u.a, u.o};
    const double gradients[] = {d.z_f, d.z_i, d.z_a, d.z_o};
    for (std::size_t g = 0; g < 4; ++g) {
      gates[gate + g * H] = gate_values[g];
      dz[gate + g * H] = gradients[g];
    }
  }

  std::vector<double> gates, C, h, dz, dC_prev;
};

template <typename Real>
class LstmCellOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(LstmCellOf, Reals);

TYPED_TEST(LstmCellOf, MatchesItsEquations) {
  for (std::size_t H : test::kSizes) {
    if (H == 0) continue;
    const Expected want(Step<TypeParam>(H), H);
    test::for_each_isa([&] {
      Step<TypeParam> step(H);
      step.forward();
      test::expect_close<TypeParam>(step.gates.values(), want.gates, 3);
      test::expect_close<TypeParam>(step.C.values(), want.C, 5);
      test::expect_close<TypeParam>(step.h.values(), want.h, 6);
      step.backward();
      test::expect_close<TypeParam>(step.dz.values(), want.dz, 16);
      test::expect_close<TypeParam>(step.dC_prev.values(), want.dC_prev, 12);
    });
  }
}

TYPED_TEST(LstmCellOf, MayOverwriteItsCellStateAndItsGates) {
  constexpr std::size_t H = 21;
  test::for_each_isa([&] {
    Step<TypeParam> apart(H);
    apart.forward();
    apart.backward();

    Step<TypeParam> step(H);
    Tensor<TypeParam> C = step.C_prev;
    lstm_cell_forward<TypeParam>(step.gates.matrix(), step.b.values(), C.matrix(), C.matrix(),
                                 step.h.matrix());
    EXPECT_TRUE(std::ranges::equal(C.values(), apart.C.values()));
    lstm_cell_backward<TypeParam>(step.gates.matrix(), step.C_prev.matrix(), C.matrix(),
                                  step.dh.matrix(), step.dC_prev.matrix(), step.gates.matrix());
    EXPECT_TRUE(std::ranges::equal(step.gates.values(), apart.dz.values()));
    EXPECT_TRUE(std::ranges::equal(step.dC_prev.values(), apart.dC_prev.values()));
  });
}

TYPED_TEST(LstmCellOf, ARowDoesNotDependOnItsBatchMates) {
  constexpr std::size_t H = 19;
  test::for_each_isa([&] {
    Step<TypeParam> batch(H);
    batch.forward();
    Step<TypeParam> alone(H);
    for (std::size_t r = 0; r < kRows; ++r) {
      lstm_cell_forward<TypeParam>(alone.gates.matrix().row_range(r, 1), alone.b.values(),
                                   alone.C_prev.matrix().row_range(r, 1),
                                   alone.C.matrix().row_range(r, 1),
                                   alone.h.matrix().row_range(r, 1));
    }
    EXPECT_TRUE(std::ranges::equal(alone.h.values(), batch.h.values()));
  });
}

TYPED_TEST(LstmCellOf, WorksOnColumnsOfWiderMatrices) {
  constexpr std::size_t H = 18;
  test::for_each_isa([&] {
    Step<TypeParam> step(H);
    step.forward();
    Tensor<TypeParam> wide({kRows, H + 5});
    wide.fill(7);
    Tensor<TypeParam> gates = step.product;
    lstm_cell_forward<TypeParam>(gates.matrix(), step.b.values(), step.C_prev.matrix(),
                                 step.C.matrix(), wide.matrix().column_range(2, H));
    for (std::size_t r = 0; r < kRows; ++r) {
      EXPECT_TRUE(
          std::ranges::equal(wide.matrix().column_range(2, H).row(r), step.h.matrix().row(r)));
      for (std::size_t j : {std::size_t{0}, std::size_t{1}, H + 2, H + 4}) {
        EXPECT_EQ(wide.matrix()(r, j), 7);
      }
    }
  });
}

}  // namespace
}  // namespace unroll
