// What a forward pass saves, how often a backward pass may read it, and what a layer shows of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/layers/recurrent_stack.h"

namespace unroll {
namespace {

constexpr std::size_t kInput = 6, kHidden = 10;
const std::vector<std::size_t> kLengths = {5, 3, 3, 1};

/// A layer, a ragged batch for it, and a pass.
template <typename Real>
struct Problem {
  explicit Problem(const CellKind& kind, Direction direction = Direction::kForward)
      : layer("layer", kInput, kHidden, kind, direction), shape(kLengths) {
    for (auto* parameter : layer.parameters()) {
      parameter->value = random(parameter->value.shape(), parameter->name);
    }
    x = random({shape.tokens(), kInput}, "x");
    g = random({shape.tokens(), kHidden}, "g");
    h.resize(g.shape());
    start = layer.zero_state(shape.batch());
    start.h = random(start.h.shape(), "h_0");
    if (!start.C.empty()) start.C = random(start.C.shape(), "C_0");
  }
  static Tensor<Real> random(const Shape& of, const std::string& name) {
    return test::random_tensor<Real>(of, name, 0.7);
  }

  void forward() {
    RecurrentState<Real> state = start;
    layer.forward(shape, x.matrix(), state, pass, h.matrix());
  }
  /// All gradients of a backward pass, in one.
  std::vector<Real> backward() {
    zero_grad(layer.parameters());
    RecurrentState<Real> dstate = layer.zero_state(shape.batch());
    Tensor<Real> dx(x.shape());
    layer.backward(shape, x.matrix(), pass, g.matrix(), dstate, dx.matrix());
    std::vector<Real> all;
    for (const Tensor<Real>* part :
         {&layer.U.grad, &layer.W.grad, &layer.b.grad, &dx, &dstate.h, &dstate.C}) {
      all.insert(all.end(), part->values().begin(), part->values().end());
    }
    return all;
  }

  RecurrentLayer<Real> layer;
  RaggedShape shape;
  Tensor<Real> x, g, h;
  RecurrentState<Real> start;
  RecurrentPass<Real> pass;
};

class Record : public testing::TestWithParam<std::tuple<Cell, bool, Precision>> {
 protected:
  Problem<float> problem() const {
    const auto [cell, plain, precision] = GetParam();
    Problem<float> p(cell);
    p.layer.set_plain(plain);
    p.layer.set_precision(precision);
    return p;
  }
};

TEST_P(Record, GivesTheSameGradientsAgain) {
  Problem<float> p = problem();
  p.forward();
  const std::vector<float> once = p.backward();
  EXPECT_EQ(p.backward(), once);
}

TEST_P(Record, ForOnceIsReadOnceAfterEachForwardPass) {
  Problem<float> p = problem();
  p.forward();
  const std::vector<float> gradients = p.backward();
  p.pass.record.once = true;
  for (int step = 0; step < 2; ++step) {
    p.forward();
    EXPECT_EQ(p.backward(), gradients);
    EXPECT_THROW(p.backward(), Error);
    EXPECT_THROW(p.layer.inspect(p.shape, p.pass), Error);
  }
}

TEST_P(Record, OfOtherTokensIsRefused) {
  Problem<float> p = problem();
  EXPECT_THROW(p.backward(), ShapeError);  // there was no forward pass
  p.forward();
  p.pass.record.gates.resize({p.shape.tokens() - 1, p.layer.gate_count() * kHidden});
  EXPECT_THROW(p.backward(), ShapeError);
}

TEST_P(Record, IsRestoredFromWhatTheLayerShowed) {
  Problem<float> p = problem();
  p.forward();
  const std::vector<float> gradients = p.backward();
  const RecurrentInspection<float> seen = p.layer.inspect(p.shape, p.pass);
  EXPECT_EQ(seen.dz.shape(), seen.gates.shape());
  RecurrentPass<float> other;
  p.layer.restore(p.shape, seen, other);
  if (p.layer.precision() == Precision::kBFloat16) {
    other.record.full.x = p.pass.record.full.x;  // rounded x is the input's, not the walk's
    other.record.pairs.x = p.pass.record.pairs.x;
  }
  p.pass = other;
  EXPECT_EQ(p.backward(), gradients);
}

INSTANTIATE_TEST_SUITE_P(All, Record,
                         testing::Combine(testing::ValuesIn(kAllCells), testing::Bool(),
                                          testing::Values(Precision::kFull, Precision::kBFloat16)));

TEST(Record, OfAPlannedStackIsReadOnce) {
  RecurrentStack<float> stack({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true});
  const RaggedShape shape(kLengths);
  const Tensor<float> x({shape.tokens(), 3}), dh({shape.tokens(), 8});
  auto states = stack.zero_states(shape.batch());
  RecurrentStack<float>::Pass pass;
  pass.once = true;
  stack.forward(shape, x.matrix(), states, pass, nullptr);
  stack.backward(shape, x.matrix(), pass, dh.matrix(), states, {}, false);
  EXPECT_THROW(stack.backward(shape, x.matrix(), pass, dh.matrix(), states, {}, false), Error);
}

class Inspection : public testing::TestWithParam<Direction> {};

TEST_P(Inspection, ShowsTheStatesThatEachStepBeganAndEndedWith) {
  Problem<double> p(Cell::kLstm, GetParam());
  p.forward();
  const RecurrentInspection<double> seen = p.layer.inspect(p.shape, p.pass);
  for (std::size_t row = 0; row < p.shape.batch(); ++row) {
    for (std::size_t position = 0; position < p.shape.length(row); ++position) {
      const bool forward = GetParam() == Direction::kForward;
      const auto token = [&](std::size_t at) {
        return p.shape.index(forward ? at : p.shape.length(row) - 1 - at, row);
      };
      const std::size_t n = token(position);
      for (std::size_t j = 0; j < kHidden; ++j) {
        const double h_prev =
            position == 0 ? p.start.h.matrix()(row, j) : p.h.matrix()(token(position - 1), j);
        const double C_prev =
            position == 0 ? p.start.C.matrix()(row, j) : seen.C.matrix()(token(position - 1), j);
        EXPECT_EQ(seen.h_prev.matrix()(n, j), h_prev);
        EXPECT_EQ(seen.C_prev.matrix()(n, j), C_prev);
        const auto gates = seen.gates.matrix().row(n);
        EXPECT_NEAR(seen.C.matrix()(n, j),
                    C_prev * gates[j] + gates[kHidden + j] * gates[2 * kHidden + j], 1e-14);
        EXPECT_NEAR(p.h.matrix()(n, j), gates[3 * kHidden + j] * std::tanh(seen.C.matrix()(n, j)),
                    1e-14);
      }
    }
  }
}

TEST_P(Inspection, ShowsTheGradientsOfTheSums) {
  Problem<double> p(Cell::kLstm, GetParam());
  p.forward();
  EXPECT_TRUE(p.layer.inspect(p.shape, p.pass).dz.empty());
  p.backward();
  const Tensor<double> dz = p.layer.inspect(p.shape, p.pass).dz;
  for (std::size_t k = 0; k < 4 * kHidden; ++k) {
    double sum = 0;
    for (std::size_t n = 0; n < p.shape.tokens(); ++n) sum += dz.matrix()(n, k);
    EXPECT_NEAR(p.layer.b.grad[k], sum, 1e-13);
  }
}

INSTANTIATE_TEST_SUITE_P(Directions, Inspection,
                         testing::Values(Direction::kForward, Direction::kBackward));

}  // namespace
}  // namespace unroll
