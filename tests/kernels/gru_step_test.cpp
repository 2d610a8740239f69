// The GRU's step, reset after the product, against its equations in double; and what all steps
// promise: the same bits in every batch, for every form of the input, order of the units and share.

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
#include "unroll/kernels/recurrent_step.h"

namespace unroll {
namespace {

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

/// A step forward and back, with values for all that it may read.
template <typename Real>
struct Step {
  Step(std::size_t batch, std::size_t inputs, std::size_t units)
      : rows(batch),
        I(inputs),
        H(units),
        U(random({3 * H, I}, "U")),
        W(random({3 * H, H}, "W")),
        b(random({3 * H}, "b")),
        d(random({H}, "d")),
        x(random({rows, I}, "x")),
        h_prev(random({rows, H}, "h")),
        saved({rows, 4 * H}),
        h({rows, H}),
        h_next({rows, H}),
        dz_next(random({rows, 3 * H}, "dz")),
        dh(random({rows, H}, "dh")),
        dh_kept(random({rows, H}, "kept")),
        dz({rows, 4 * H}) {
    weights.pack_weights(U.matrix(), W.matrix());
    W_back.pack(W.matrix());
  }

  static Tensor<Real> random(const Shape& shape, const std::string& name) {
    return test::random_tensor<Real>(shape, name);
  }

  RecurrentStep<Real> forward() {
    RecurrentStep<Real> step{};
    step.weights = &weights;
    step.b = b.values();
    step.d = d.values();
    step.units = {0, H};
    step.in.x = x.matrix();
    step.h_prev = h_prev.matrix();
    step.h_kept.rows = h_prev.matrix();
    step.h = h.matrix();
    step.h_next = h_next.matrix();
    step.saved = saved.matrix();
    return step;
  }
  /// The way back of a step whose first rows have a following one.
  RecurrentStepBack<Real> back(std::size_t going_on) {
    RecurrentStepBack<Real> step{};
    step.W = &W_back;
    step.units = {0, H};
    step.dz_next = dz_next.matrix().row_range(0, going_on);
    step.dh_T = dh_kept.matrix();
    step.dh_kept = dh_kept.matrix();
    step.h_kept.rows = h_prev.matrix();
    step.dh = dh.matrix();
    step.saved = saved.matrix();
    step.dz = dz.matrix();
    return step;
  }

  /// Row k of M times row r of v, in double.
  static double dot(const Tensor<Real>& M, std::size_t k, const Tensor<Real>& v, std::size_t r) {
    double sum = 0;
    for (std::size_t i = 0; i < M.matrix().columns(); ++i) {
      sum += static_cast<double>(M.matrix()(k, i)) * v.matrix()(r, i);
    }
    return sum;
  }

  std::size_t rows, I, H;
  Tensor<Real> U, W, b, d, x, h_prev, saved, h, h_next, dz_next, dh, dh_kept, dz;
  Panels<Real> weights, W_back;
};

/// The step in double, as layers/cells/gru.cpp has it.
struct Expected {
  template <typename Real>
  Expected(const Step<Real>& s, std::size_t going_on)
      : saved(s.rows * 4 * s.H), h(s.rows * s.H), dz(saved.size()), kept(h.size()) {
    const std::size_t H = s.H;
    for (std::size_t row = 0; row < s.rows; ++row) {
      for (std::size_t j = 0; j < H; ++j) {
        const auto z = [&](std::size_t k) { return s.b[k] + s.dot(s.U, k, s.x, row); };
        const auto W_h = [&](std::size_t k) { return s.dot(s.W, k, s.h_prev, row); };
        const double r = sigmoid(z(j) + W_h(j)), u = sigmoid(z(H + j) + W_h(H + j));
        const double q = W_h(2 * H + j) + s.d[j], candidate = std::tanh(z(2 * H + j) + r * q);
        const double h_prev = s.h_prev.matrix()(row, j);
        h[row * H + j] = (1 - u) * candidate + u * h_prev;
        set(saved, H, row, j, {r, u, q, candidate});

        double dh = double(s.dh.matrix()(row, j)) + s.dh_kept.matrix()(row, j);
        for (std::size_t k = 0; k < 3 * H && row < going_on; ++k) {
          dh += static_cast<double>(s.W.matrix()(k, j)) * s.dz_next.matrix()(row, k);
        }
        const double dz_h = dh * (1 - u) * (1 - candidate * candidate);
        const double dz_u = dh * (h_prev - candidate) * u * (1 - u);
        set(dz, H, row, j, {dz_h * q * r * (1 - r), dz_u, dz_h * r, dz_h});
        kept[row * H + j] = dh * u;
      }
    }
  }
  static void set(std::vector<double>& all, std::size_t H, std::size_t row, std::size_t j,
                  const std::vector<double>& values) {
    for (std::size_t g = 0; g < 4; ++g) all[row * 4 * H + g * H + j] = values[g];
  }

  std::vector<double> saved, h, dz, kept;
};

template <typename Real>
void expect_same(const Tensor<Real>& found, const Tensor<Real>& wanted, const std::string& what) {
  ASSERT_TRUE(std::ranges::equal(found.values(), wanted.values())) << what;
}

template <typename Real>
class GruStepOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(GruStepOf, Reals);

/// Sizes with whole and cut vectors, one row and several blocks of rows.
constexpr std::size_t kHidden[] = {1, 3, 8, 16, 33, 64, 130};
constexpr std::size_t kRows[] = {1, 2, 7, 25, 50};

TYPED_TEST(GruStepOf, MatchesItsEquations) {
  using Real = TypeParam;
  for (std::size_t H : kHidden) {
    for (std::size_t rows : kRows) {
      const std::size_t going_on = (rows + 1) / 2;
      const Expected want(Step<Real>(rows, 5, H), going_on);
      const double sums = 8 + static_cast<double>(H);  // of H products
      test::for_each_isa([&] {
        Step<Real> s(rows, 5, H);
        gru_step(s.forward());
        test::expect_close<Real>(s.saved.values(), want.saved, 2 * sums);
        test::expect_close<Real>(s.h.values(), want.h, 2 * sums);
        expect_same(s.h_next, s.h, "h for the next step");
        gru_step_back(s.back(going_on));
        test::expect_close<Real>(s.dz.values(), want.dz, 8 * sums);
        test::expect_close<Real>(s.dh_kept.values(), want.kept, 8 * sums);
      });
    }
  }
}

TYPED_TEST(GruStepOf, EveryFormOfTheInputGivesTheSameBits) {
  using Real = TypeParam;
  for (std::size_t rows : {1, 2, 13}) {
    test::for_each_isa([&] {
      Step<Real> s(rows, 6, 40);
      RecurrentStep<Real> step = s.forward();
      gru_step(step);
      const Tensor<Real> h = s.h, saved = s.saved;

      Tensor<Real> projected({rows, 120});
      project<Real>(s.x.matrix(), s.weights, s.b.values(), projected.matrix());
      step.in = {{}, projected.matrix(), {}};
      gru_step(step);
      expect_same(s.h, h, "computed before");
      expect_same(s.saved, saved, "saved");

      std::vector<std::int32_t> ids(rows);
      Tensor<Real> shuffled({20, 120});
      for (std::size_t r = 0; r < rows; ++r) {
        ids[r] = static_cast<std::int32_t>(19 - r);
        std::ranges::copy(projected.matrix().row(r), shuffled.matrix().row(19 - r).begin());
      }
      step.in = {{}, shuffled.matrix(), ids};
      gru_step(step);
      expect_same(s.h, h, "found by id");

      for (std::size_t r = 0; r < rows; ++r) {  // in place: the sums become what is saved
        std::ranges::copy(projected.matrix().row(r), s.saved.matrix().row(r).begin());
      }
      step.in = {{}, s.saved.matrix().column_range(0, 120), {}};
      gru_step(step);
      expect_same(s.saved, saved, "in place");

      step.in = {s.x.matrix(), {}, {}};
      step.saved = {};
      gru_step(step);
      expect_same(s.h, h, "nothing saved");
    });
  }
}

TYPED_TEST(GruStepOf, ProjectsTheUnitsOfAShareAlone) {
  using Real = TypeParam;
  test::for_each_isa([] {
    const std::size_t grain = unit_grain<Real>(), H = 2 * grain + 1;
    Step<Real> s(9, 6, H);
    Tensor<Real> whole({9, 3 * H}), shared({9, 3 * H});
    project<Real>(s.x.matrix(), s.weights, s.b.values(), whole.matrix());
    project<Real>(s.x.matrix(), s.weights, s.b.values(), shared.matrix(), {0, grain});
    project<Real>(s.x.matrix(), s.weights, s.b.values(), shared.matrix(), {grain, H});
    expect_same(shared, whole, "b + U x");
  });
}

TYPED_TEST(GruStepOf, ARowHasTheSameBitsInEveryBatch) {
  using Real = TypeParam;
  test::for_each_isa([&] {
    Step<Real> all(30, 3, 20);
    const RecurrentStep<Real> whole = all.forward();
    gru_step(whole);
    const Tensor<Real> h = all.h;
    for (std::size_t count = 1; count < 30; ++count) {
      const std::size_t first = 30 - count;
      RecurrentStep<Real> some = test::some_rows(whole, first, count);
      some.h_kept.rows = all.h_prev.matrix().row_range(first, count);
      all.h.fill(0);
      gru_step(some);
      ASSERT_TRUE(std::ranges::equal(all.h.values().last(count * 20), h.values().last(count * 20)))
          << count;
    }
  });
}

TYPED_TEST(GruStepOf, UnitsAreSharedAndRowsBeginAndEnd) {
  using Real = TypeParam;
  test::for_each_isa([&] {
    const std::size_t grain = unit_grain<Real>(), H = 2 * grain + 1;
    Step<Real> s(7, 3, H);
    RecurrentStep<Real> step = s.forward();
    gru_step(step);
    const Tensor<Real> h = s.h, saved = s.saved;
    s.h.fill(0), s.h_next.fill(-5), s.saved.fill(0);
    // three rows began before; four begin here, their h at the same rows of another matrix
    Tensor<Real> begun = s.h_prev, rest = s.h_prev;
    for (std::size_t r = 0; r < 7; ++r) {
      std::ranges::fill(r < 3 ? rest.matrix().row(r) : begun.matrix().row(r), Real(99));
    }
    step.h_kept = {begun.matrix().row_range(0, 3), rest.matrix()};
    step.h_next = s.h_next.matrix().row_range(0, 2);  // two rows go on
    for (const Range units : {Range{0, grain}, Range{grain, H}}) {
      step.units = units;
      gru_step(step);
    }
    expect_same(s.h, h, "h");
    expect_same(s.saved, saved, "saved");
    EXPECT_TRUE(std::ranges::equal(s.h_next.values().first(2 * H), h.values().first(2 * H)));
    EXPECT_TRUE(std::ranges::all_of(s.h_next.values().last(5 * H), [](Real v) { return v == -5; }));

    Step<Real> whole = s, shared = s;
    gru_step_back(whole.back(4));
    RecurrentStepBack<Real> back = shared.back(4);
    for (const Range units : {Range{grain, H}, Range{0, grain}}) {
      back.units = units;
      gru_step_back(back);
    }
    expect_same(shared.dz, whole.dz, "dz");
    expect_same(shared.dh_kept, whole.dh_kept, "dh kept");
  });
}

TYPED_TEST(GruStepOf, TheOrderOfTheUnitsChangesNoBit) {
  using Real = TypeParam;
  for (std::size_t rows : {1, 3, 13}) {
    for (std::size_t H : {40, 130}) {
      test::for_each_isa([&] {
        const auto outputs = [&](bool descending) {
          Step<Real> s(rows, 3, H);
          RecurrentStep<Real> step = s.forward();
          step.descending = descending;
          gru_step(step);
          RecurrentStepBack<Real> back = s.back(rows - 1);
          back.descending = descending;
          gru_step_back(back);
          return std::vector<Tensor<Real>>{s.h, s.h_next, s.saved, s.dz, s.dh_kept};
        };
        const auto found = outputs(true), wanted = outputs(false);
        for (std::size_t k = 0; k < found.size(); ++k) {
          expect_same(found[k], wanted[k], "output " + std::to_string(k));
        }
      });
    }
  }
}

TYPED_TEST(GruStepOf, DzMayTakeThePlaceOfWhatWasSaved) {
  using Real = TypeParam;
  test::for_each_isa([] {
    Step<Real> apart(13, 5, 21);
    gru_step(apart.forward());
    Step<Real> s = apart;
    gru_step_back(apart.back(7));
    RecurrentStepBack<Real> back = s.back(7);
    back.dz = s.saved.matrix();
    gru_step_back(back);
    expect_same(s.saved, apart.dz, "dz");
  });
}

TEST(GruStep, SizesMustFit) {
  Step<float> s(3, 2, 5);
  Tensor<float> m3x4({3, 4}), m3x15({3, 15});
  const auto broken = [&](auto change) {
    RecurrentStep<float> step = s.forward();
    change(step);
    EXPECT_THROW(gru_step(step), ShapeError);
  };
  broken([&](auto& step) { step.d = {}; });
  broken([&](auto& step) { step.h_kept = {}; });
  broken([&](auto& step) { step.saved = m3x15.matrix(); });
  EXPECT_THROW(lstm_step(s.forward()), ShapeError);  // weights of a GRU
  const auto broken_back = [&](auto change) {
    RecurrentStepBack<float> step = s.back(2);
    change(step);
    EXPECT_THROW(gru_step_back(step), ShapeError);
  };
  broken_back([&](auto& step) { step.dh_kept = {}; });
  broken_back([&](auto& step) { step.h_kept = {}; });
  broken_back([&](auto& step) { step.dz = m3x15.matrix(); });
  broken_back([&](auto& step) { step.dz_next = m3x4.matrix().row_range(0, 2); });
}

}  // namespace
}  // namespace unroll
