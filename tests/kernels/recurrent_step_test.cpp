#include "unroll/kernels/recurrent_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/kernels/some_rows.h"
#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

/// A step with values for all that it may read, of a cell with G gates.
template <typename Real>
struct Step {
  Step(std::size_t gates, std::size_t batch, std::size_t inputs, std::size_t units)
      : G(gates),
        rows(batch),
        I(inputs),
        H(units),
        U(random({G * H, I}, "U")),
        W(random({G * H, H}, "W")),
        b(random({G * H}, "b")),
        x(random({rows, I}, "x")),
        h_prev(random({rows, H}, "h")),
        C_prev(random({rows, H}, "C")),
        saved({rows, G * H}),
        C({rows, H}),
        h({rows, H}),
        h_next({rows, H}) {}

  static Tensor<Real> random(const Shape& shape, const std::string& name) {
    return test::random_tensor<Real>(shape, name);
  }

  RecurrentStep<Real> whole() {
    weights.pack_weights(U.matrix(), W.matrix());
    RecurrentStep<Real> step{};
    step.weights = &weights;
    step.b = b.values();
    step.units = {0, H};
    step.in.x = x.matrix();
    step.h_prev = h_prev.matrix();
    step.h = h.matrix();
    step.h_next = h_next.matrix();
    step.saved = saved.matrix();
    if (G == 4) step.C_prev.rows = C_prev.matrix();
    if (G == 4) step.C = C.matrix();
    return step;
  }

  /// b + U x + W h, by one plain product: of [x h] with [U W].
  Tensor<Real> z() const {
    Tensor<Real> UW({G * H, I + H}), xh({rows, I + H}), sum({rows, G * H});
    side_by_side(U, W, UW);
    side_by_side(x, h_prev, xh);
    Panels<Real> panels;
    panels.pack(transposed(UW.matrix()));
    project<Real>(xh.matrix(), panels, b.values(), sum.matrix());
    return sum;
  }
  static void side_by_side(const Tensor<Real>& left, const Tensor<Real>& right,
                           Tensor<Real>& both) {
    for (std::size_t r = 0; r < both.matrix().rows(); ++r) {
      std::ranges::copy(left.matrix().row(r), both.matrix().row(r).begin());
      std::ranges::copy(right.matrix().row(r),
                        both.matrix().row(r).subspan(left.matrix().columns()).begin());
    }
  }

  std::size_t G, rows, I, H;
  Tensor<Real> U, W, b, x, h_prev, C_prev, saved, C, h, h_next;
  Panels<Real> weights;
};

template <typename Real>
void expect_same(const Tensor<Real>& found, const Tensor<Real>& wanted, const std::string& what) {
  ASSERT_TRUE(std::ranges::equal(found.values(), wanted.values())) << what;
}

// ------------------------------------------------------------------------- the LSTM's cell, in
// double

/// One unit of the cell as the derivation has it (docs/mathematics, chapter 4), and its way back.
struct Unit {
  Unit(const double (&z)[4], double C_before)
      : f(sigmoid(z[0])), i(sigmoid(z[1])), a(std::tanh(z[2])), o(sigmoid(z[3])), C_prev(C_before) {
    C = C_prev * f + i * a;
    h = o * std::tanh(C);
  }
  static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

  /// ∂L/∂z of f, i, a, o, then what goes back to C_prev, from ∂L/∂h and what came back to C.
  std::vector<double> back(double dh, double dC) const {
    const double tanh_C = std::tanh(C), delta_C = dC + dh * o * (1 - tanh_C * tanh_C);
    return {delta_C * C_prev * f * (1 - f), delta_C * a * i * (1 - i), delta_C * i * (1 - a * a),
            dh * tanh_C * o * (1 - o), delta_C * f};
  }

  double f, i, a, o, C_prev, C = 0, h = 0;
};

/// The units of all rows in double, from z (rows, 4H).
template <typename Real>
std::vector<Unit> units_of(const Tensor<Real>& z, const Tensor<Real>& C_prev) {
  std::vector<Unit> units;
  const std::size_t H = C_prev.matrix().columns();
  for (std::size_t r = 0; r < C_prev.matrix().rows(); ++r) {
    const auto row = z.matrix().row(r);
    for (std::size_t j = 0; j < H; ++j) {
      units.push_back(
          Unit({double(row[j]), double(row[H + j]), double(row[2 * H + j]), double(row[3 * H + j])},
               C_prev.matrix()(r, j)));
    }
  }
  return units;
}

/// (rows, G·H) of G values for each unit.
template <typename ValuesOf>
std::vector<double> stacked(std::size_t rows, std::size_t H, std::size_t G, ValuesOf values_of) {
  std::vector<double> all(rows * G * H);
  for (std::size_t unit = 0; unit < rows * H; ++unit) {
    const std::vector<double> values = values_of(unit);
    for (std::size_t g = 0; g < G; ++g) all[unit / H * G * H + g * H + unit % H] = values[g];
  }
  return all;
}

template <typename Real>
class RecurrentStepOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(RecurrentStepOf, Reals);

/// Sizes with whole and cut vectors, one row and several blocks of rows.
constexpr std::size_t kHidden[] = {1, 3, 8, 16, 33, 64, 130};
constexpr std::size_t kRows[] = {1, 2, 7, 25, 50};

TYPED_TEST(RecurrentStepOf, LstmIsTheCellOfTheSum) {
  using Real = TypeParam;
  for (std::size_t H : kHidden) {
    for (std::size_t rows : kRows) {
      test::for_each_isa([&] {
        Step<Real> s(4, rows, 5, H);
        lstm_step(s.whole());
        const std::vector<Unit> units = units_of(s.z(), s.C_prev);
        const auto gates = [&](std::size_t k) {
          return std::vector{units[k].f, units[k].i, units[k].a, units[k].o};
        };
        test::expect_close<Real>(s.saved.values(), stacked(rows, H, 4, gates), 3);
        test::expect_close<Real>(
            s.C.values(), stacked(rows, H, 1, [&](auto k) { return std::vector{units[k].C}; }), 5);
        test::expect_close<Real>(
            s.h.values(), stacked(rows, H, 1, [&](auto k) { return std::vector{units[k].h}; }), 6);
        expect_same(s.h_next, s.h, "h for the next step");
      });
    }
  }
}

TYPED_TEST(RecurrentStepOf, LstmGatesAreTheActivationsOfTheSumBitForBit) {
  using Real = TypeParam;
  for (std::size_t H : kHidden) {
    test::for_each_isa([&] {
      Step<Real> s(4, 7, 5, H);
      lstm_step(s.whole());
      Tensor<Real> gates = s.z();
      for (std::size_t r = 0; r < 7; ++r) {
        for (std::size_t g = 0; g < 4; ++g) {
          const std::span<Real> z = gates.matrix().row(r).subspan(g * H, H);
          activate<Real>(g == 2 ? Activation::kTanh : Activation::kSigmoid, z, z);
        }
      }
      expect_same(s.saved, gates, "gates");
    });
  }
}

TYPED_TEST(RecurrentStepOf, RnnIsTheActivationOfTheSumBitForBit) {
  using Real = TypeParam;
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    for (std::size_t H : kHidden) {
      test::for_each_isa([&] {
        Step<Real> s(1, 8, 5, H);
        rnn_step(activation, s.whole());
        Tensor<Real> h = s.z();
        activate<Real>(activation, h.values(), h.values());
        expect_same(s.h, h, "h");
        expect_same(s.saved, h, "saved");
        expect_same(s.h_next, h, "h for the next step");
      });
    }
  }
}

TYPED_TEST(RecurrentStepOf, EveryFormOfTheInputGivesTheSameBits) {
  using Real = TypeParam;
  for (std::size_t G : {1, 4}) {
    test::for_each_isa([&] {
      const auto run = [&](const RecurrentStep<Real>& step) {
        if (G == 4) lstm_step(step);
        if (G == 1) rnn_step(Activation::kTanh, step);
      };
      Step<Real> s(G, 13, 6, 40);
      RecurrentStep<Real> step = s.whole();
      run(step);
      const Tensor<Real> h = s.h, C = s.C, saved = s.saved;

      Tensor<Real> projected({13, G * 40});
      project<Real>(s.x.matrix(), s.weights, s.b.values(), projected.matrix());
      step.in = {{}, projected.matrix(), {}};
      run(step);
      expect_same(s.h, h, "computed before");

      std::vector<std::int32_t> ids(13);
      Tensor<Real> shuffled({20, G * 40});
      for (std::size_t r = 0; r < 13; ++r) {
        ids[r] = static_cast<std::int32_t>(19 - r);
        std::ranges::copy(projected.matrix().row(r), shuffled.matrix().row(19 - r).begin());
      }
      step.in = {{}, shuffled.matrix(), ids};
      run(step);
      expect_same(s.h, h, "found by id");

      s.saved = projected;  // in place: the sums become the gates
      step.in = {{}, s.saved.matrix(), {}};
      run(step);
      expect_same(s.saved, saved, "in place");

      step.in = {s.x.matrix(), {}, {}};
      step.saved = {};  // inference, C in place
      step.C = s.C_prev.matrix();
      if (G == 1) step.C = {};
      run(step);
      expect_same(s.h, h, "nothing saved");
      if (G == 4) expect_same(s.C_prev, C, "C in place");
    });
  }
}

/// Weights of so many units fill much of a second-level cache: AVX-512 takes other tiles.
constexpr std::size_t kManyUnits = 200;

TYPED_TEST(RecurrentStepOf, ARowHasTheSameBitsInEveryBatch) {
  using Real = TypeParam;
  for (const std::size_t H : {std::size_t{20}, kManyUnits}) {
    test::for_each_isa([&] {
      Step<Real> all(4, 30, 3, H);
      const RecurrentStep<Real> whole = all.whole();
      lstm_step(whole);
      const Tensor<Real> h = all.h;
      for (std::size_t count = 1; count < 30; ++count) {
        const std::size_t first = 30 - count;
        RecurrentStep<Real> some = test::some_rows(whole, first, count);
        some.C_prev.rows = all.C_prev.matrix().row_range(first, count);
        all.h.fill(0);
        lstm_step(some);
        ASSERT_TRUE(std::ranges::equal(all.h.values().last(count * H), h.values().last(count * H)))
            << count << " rows of " << H << " units";
      }
    });
  }
}

TYPED_TEST(RecurrentStepOf, UnitsAreSharedAndRowsBeginAndEnd) {
  using Real = TypeParam;
  test::for_each_isa([&] {
    const std::size_t grain = unit_grain<Real>(), H = 2 * grain + 1;
    Step<Real> s(4, 7, 3, H);
    RecurrentStep<Real> step = s.whole();
    lstm_step(step);
    const Tensor<Real> h = s.h, C = s.C;
    s.h.fill(0), s.h_next.fill(-5);
    // three rows began before; four begin here, their C at the same rows of another matrix
    Tensor<Real> begun = s.C_prev, rest = s.C_prev;
    for (std::size_t r = 0; r < 7; ++r) {
      std::ranges::fill(r < 3 ? rest.matrix().row(r) : begun.matrix().row(r), Real(99));
    }
    step.C_prev = {begun.matrix().row_range(0, 3), rest.matrix()};
    step.h_next = s.h_next.matrix().row_range(0, 2);  // two rows go on
    step.units = {0, grain};
    lstm_step(step);
    step.units = {grain, H};
    lstm_step(step);
    expect_same(s.h, h, "h");
    expect_same(s.C, C, "C");
    for (std::size_t r = 0; r < 7; ++r) {
      const auto next = s.h_next.matrix().row(r);
      if (r < 2) {
        ASSERT_TRUE(std::ranges::equal(next, h.matrix().row(r)));
      } else {
        ASSERT_TRUE(std::ranges::all_of(next, [](Real v) { return v == -5; }));
      }
    }
  });
}

/// The way back, of a step whose first `going_on` rows have a following one.
template <typename Real>
struct StepBack {
  StepBack(std::size_t G, std::size_t rows, std::size_t going_on, std::size_t H)
      : forward(G, rows, 3, H),
        dz_next(forward.random({going_on, G * H}, "dz")),
        dh(forward.random({rows, H}, "dh")),
        dh_T(forward.random({rows, H}, "dh_T")),
        dC(forward.random({rows, H}, "dC")),
        dz({rows, G * H}) {}

  RecurrentStepBack<Real> step() {
    W.pack(forward.W.matrix());
    RecurrentStepBack<Real> back{};
    back.W = &W;
    back.units = {0, forward.H};
    back.dz_next = dz_next.matrix();
    back.dh_T = dh_T.matrix();
    back.dh = dh.matrix();
    back.saved = forward.saved.matrix();
    back.dz = dz.matrix();
    if (forward.G == 1) return back;
    back.C_prev.rows = forward.C_prev.matrix();
    back.C = forward.C.matrix();
    back.dC = dC.matrix();
    return back;
  }
  /// δ = dh + Wᵀ dz_{t+1}, or + ∂L/∂h_T.
  Tensor<Real> delta() const {
    Tensor<Real> sum = dh_T;
    product<Real>(dz_next.matrix(), W, sum.matrix().row_range(0, dz_next.matrix().rows()));
    add<Real>(dh.values(), sum.values());
    return sum;
  }

  Step<Real> forward;
  Tensor<Real> dz_next, dh, dh_T, dC, dz;
  Panels<Real> W;
};

TYPED_TEST(RecurrentStepOf, LstmBackIsTheCellsGradientOfTheSum) {
  using Real = TypeParam;
  for (std::size_t H : kHidden) {
    for (std::size_t going_on : {1, 7, 13}) {
      test::for_each_isa([&] {
        StepBack<Real> s(4, 13, going_on, H);
        lstm_step(s.forward.whole());
        const Tensor<Real> dC = s.dC;
        lstm_step_back(s.step());
        const Tensor<Real> dh = s.delta();
        const std::vector<Unit> units = units_of(s.forward.z(), s.forward.C_prev);
        const double most = 24 + static_cast<double>(H);  // δh is a sum of that many products
        const auto back = [&](std::size_t k) { return units[k].back(dh[k], dC[k]); };
        test::expect_close<Real>(s.dz.values(), stacked(13, H, 4, back), most);
        test::expect_close<Real>(s.dC.values(),
                                 stacked(13, H, 1, [&](auto k) { return std::vector{back(k)[4]}; }),
                                 most);
      });
    }
  }
}

TYPED_TEST(RecurrentStepOf, DzMayTakeThePlaceOfTheGates) {
  using Real = TypeParam;
  test::for_each_isa([] {
    StepBack<Real> s(4, 13, 7, 21);
    lstm_step(s.forward.whole());
    RecurrentStepBack<Real> step = s.step();
    const Tensor<Real> dC = s.dC;
    lstm_step_back(step);
    const Tensor<Real> dC_prev = s.dC;
    s.dC = dC;
    step = s.step();
    step.dz = s.forward.saved.matrix();
    lstm_step_back(step);
    expect_same(s.forward.saved, s.dz, "dz");
    expect_same(s.dC, dC_prev, "dC");
  });
}

TYPED_TEST(RecurrentStepOf, HMayBeColumnsOfAWiderMatrix) {
  using Real = TypeParam;
  test::for_each_isa([] {
    constexpr std::size_t H = 18;
    Step<Real> s(4, 5, 3, H);
    RecurrentStep<Real> step = s.whole();
    lstm_step(step);
    Tensor<Real> wide({5, H + 5});
    wide.fill(7);
    step.h = wide.matrix().column_range(2, H);
    lstm_step(step);
    for (std::size_t r = 0; r < 5; ++r) {
      EXPECT_TRUE(std::ranges::equal(wide.matrix().row(r).subspan(2, H), s.h.matrix().row(r)));
      for (std::size_t j : {std::size_t{0}, std::size_t{1}, H + 2, H + 4}) {
        EXPECT_EQ(wide.matrix()(r, j), 7);
      }
    }
  });
}

TYPED_TEST(RecurrentStepOf, TheOrderOfTheUnitsChangesNoBit) {
  using Real = TypeParam;
  for (std::size_t G : {1, 4}) {
    for (std::size_t rows : {1, 3, 13}) {
      for (std::size_t H : {40, 130}) {
        test::for_each_isa([&] {
          const auto outputs = [&](bool descending) {
            StepBack<Real> s(G, rows, rows - 1, H);
            RecurrentStep<Real> step = s.forward.whole();
            step.descending = descending;
            G == 4 ? lstm_step(step) : rnn_step(Activation::kTanh, step);
            RecurrentStepBack<Real> back = s.step();
            back.descending = descending;
            G == 4 ? lstm_step_back(back) : rnn_step_back(Activation::kTanh, back);
            return std::vector<Tensor<Real>>{
                s.forward.h, s.forward.h_next, s.forward.saved, s.forward.C, s.dz, s.dC};
          };
          const auto found = outputs(true), wanted = outputs(false);
          for (std::size_t k = 0; k < found.size(); ++k) {
            expect_same(found[k], wanted[k], "output " + std::to_string(k));
          }
        });
      }
    }
  }
}

TYPED_TEST(RecurrentStepOf, RnnBackIsTheSlopeTimesTheSumBitForBit) {
  using Real = TypeParam;
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    for (std::size_t H : kHidden) {
      test::for_each_isa([&] {
        StepBack<Real> s(1, 13, 6, H);
        rnn_step(activation, s.forward.whole());
        rnn_step_back(activation, s.step());
        const Tensor<Real> delta = s.delta();
        Tensor<Real> dz({13, H});
        activate_backward<Real>(activation, s.forward.saved.values(), delta.values(), dz.values());
        expect_same(s.dz, dz, "dz");
      });
    }
  }
}

TYPED_TEST(RecurrentStepOf, ManyUnitsOfAnRnnAreTheSumsToo) {
  using Real = TypeParam;
  constexpr std::size_t kUnits = 420;  // of one gate: as many weights as an LSTM's kManyUnits
  test::for_each_isa([&] {
    StepBack<Real> s(1, 13, 12, kUnits);
    rnn_step(Activation::kRelu, s.forward.whole());
    Tensor<Real> h = s.forward.z();
    activate<Real>(Activation::kRelu, h.values(), h.values());
    expect_same(s.forward.h, h, "h");
    rnn_step_back(Activation::kRelu, s.step());
    Tensor<Real> dz({13, kUnits});
    const Tensor<Real> delta = s.delta();
    activate_backward<Real>(Activation::kRelu, h.values(), delta.values(), dz.values());
    expect_same(s.dz, dz, "dz");
  });
}

TEST(RecurrentStep, SizesMustFit) {
  Step<float> s(4, 3, 2, 5);
  const RecurrentStep<float> good = s.whole();
  const auto broken = [&](auto change) {
    RecurrentStep<float> step = good;
    change(step);
    EXPECT_THROW(lstm_step(step), ShapeError);
  };
  Tensor<float> m3x4({3, 4}), m2x5({2, 5});
  broken([&](auto& step) { step.b = step.b.first(3); });
  broken([&](auto& step) { step.in.x = m3x4.matrix(); });
  broken([&](auto& step) { step.in = {{}, m3x4.matrix(), {}}; });
  broken([&](auto& step) { step.h_prev = m2x5.matrix(); });
  broken([&](auto& step) { step.C_prev = {m2x5.matrix(), m2x5.matrix()}; });
  broken([&](auto& step) { step.C = {}; });
  broken([&](auto& step) { step.saved = m3x4.matrix(); });
  Panels<float> packed_plain;
  packed_plain.pack(transposed(s.U.matrix()));
  broken([&](auto& step) { step.weights = &packed_plain; });
  EXPECT_THROW(rnn_step(Activation::kTanh, good), ShapeError);  // weights of an LSTM

  StepBack<float> back(4, 3, 2, 5);
  RecurrentStepBack<float> step = back.step();
  step.dh_T = m2x5.matrix();
  EXPECT_THROW(lstm_step_back(step), ShapeError);
}

}  // namespace
}  // namespace unroll
