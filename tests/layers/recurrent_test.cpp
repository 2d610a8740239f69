// The recurrent layers: gradients against central differences, ragged batches against single rows,
// threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/lstm.h"
#include "unroll/layers/rnn.h"

namespace unroll {
namespace {

using test::dot;
using test::kGradientTolerance;
using test::random_tensor;
using test::relative_error;

struct Case {
  std::string name;
  std::function<std::unique_ptr<RecurrentLayer<double>>(std::size_t I, std::size_t H, Direction)>
      make;
};

template <Activation kActivation>
std::unique_ptr<RecurrentLayer<double>> make_rnn(std::size_t I, std::size_t H,
                                                 Direction direction) {
  return std::make_unique<Rnn<double>>("rnn", I, H, kActivation, direction);
}
std::unique_ptr<RecurrentLayer<double>> make_lstm(std::size_t I, std::size_t H,
                                                  Direction direction) {
  return std::make_unique<Lstm<double>>("lstm", I, H, direction);
}

const std::vector<Case> kCells = {{"RnnTanh", make_rnn<Activation::kTanh>},
                                  {"RnnSigmoid", make_rnn<Activation::kSigmoid>},
                                  {"RnnRelu", make_rnn<Activation::kRelu>},
                                  {"Lstm", make_lstm}};

const std::vector<std::vector<std::size_t>> kLengths = {
    {1}, {5}, {1, 1, 1}, {3, 3}, {4, 2, 1}, {6, 5, 5, 3, 2, 2, 1, 1, 1}};

/// A layer with random weights, its inputs, and the loss L = Σ h_t ⊙ g_t + Σ h_T ⊙ g_h + Σ C_T ⊙
/// g_C.
struct Problem {
  Problem(const Case& cell, const std::vector<std::size_t>& lengths, Direction direction,
          std::size_t I = 3, std::size_t H = 4)
      : shape(lengths),
        layer(cell.make(I, H, direction)),
        x(random_tensor({shape.tokens(), I}, "x")),
        g(random_tensor({shape.tokens(), H}, "g")),
        h({shape.tokens(), H}) {
    for (auto* parameter : layer->parameters()) {
      parameter->value = random_tensor(parameter->value.shape(), parameter->name, 0.7);
    }
    start = layer->zero_state(shape.batch());
    g_end = layer->zero_state(shape.batch());
    fill(start, "start");
    fill(g_end, "end");
  }

  static void fill(RecurrentState<double>& state, const std::string& stream) {
    state.h = random_tensor(state.h.shape(), stream + "/h");
    if (!state.C.empty()) state.C = random_tensor(state.C.shape(), stream + "/C");
  }

  double loss() {
    end = start;
    layer->forward(shape, x.matrix(), end, cache, h.matrix());
    return dot(h.values(), g.values()) + dot(end.h.values(), g_end.h.values()) +
           dot(end.C.values(), g_end.C.values());
  }

  void gradients() {
    loss();
    zero_grad(layer->parameters());
    dx = Tensor<double>(x.shape());
    dstart = g_end;
    layer->backward(shape, x.matrix(), cache, g.matrix(), dstart, dx.matrix());
  }

  double numeric_error(Tensor<double>& value, const Tensor<double>& gradient) {
    const auto numeric = test::numeric_gradient(value.values(), [&] { return loss(); });
    return relative_error(gradient.values(), numeric);
  }

  RaggedShape shape;
  std::unique_ptr<RecurrentLayer<double>> layer;
  Tensor<double> x, g, h, dx;
  RecurrentState<double> start, end, g_end, dstart;
  RecurrentCache<double> cache;
};

class RecurrentBackward
    : public testing::TestWithParam<std::tuple<std::size_t, std::size_t, Direction>> {
 protected:
  Problem problem() const {
    const auto& [cell, lengths, direction] = GetParam();
    return Problem(kCells[cell], kLengths[lengths], direction);
  }
};

TEST_P(RecurrentBackward, MatchesCentralDifferences) {
  Problem p = problem();
  p.gradients();
  EXPECT_LT(p.numeric_error(p.layer->U.value, p.layer->U.grad), kGradientTolerance) << "dU";
  EXPECT_LT(p.numeric_error(p.layer->W.value, p.layer->W.grad), kGradientTolerance) << "dW";
  EXPECT_LT(p.numeric_error(p.layer->b.value, p.layer->b.grad), kGradientTolerance) << "db";
  EXPECT_LT(p.numeric_error(p.x, p.dx), kGradientTolerance) << "dx";
  EXPECT_LT(p.numeric_error(p.start.h, p.dstart.h), kGradientTolerance) << "dh_0";
  if (!p.start.C.empty()) {
    EXPECT_LT(p.numeric_error(p.start.C, p.dstart.C), kGradientTolerance) << "dC_0";
  }
}

TEST_P(RecurrentBackward, AddsToParameterGradientsAndSetsInputGradients) {
  Problem p = problem();
  p.gradients();
  const Tensor<double> dU = p.layer->U.grad;
  const Tensor<double> dW = p.layer->W.grad;
  const Tensor<double> db = p.layer->b.grad;
  const Tensor<double> dx = p.dx;
  p.dstart = p.g_end;
  p.layer->backward(p.shape, p.x.matrix(), p.cache, p.g.matrix(), p.dstart, p.dx.matrix());
  for (std::size_t k = 0; k < dU.size(); ++k) EXPECT_NEAR(p.layer->U.grad[k], 2 * dU[k], 1e-12);
  for (std::size_t k = 0; k < dW.size(); ++k) EXPECT_NEAR(p.layer->W.grad[k], 2 * dW[k], 1e-12);
  for (std::size_t k = 0; k < db.size(); ++k) EXPECT_NEAR(p.layer->b.grad[k], 2 * db[k], 1e-12);
  for (std::size_t k = 0; k < dx.size(); ++k) EXPECT_EQ(p.dx[k], dx[k]);
}

TEST_P(RecurrentBackward, SkipsTheInputGradientIfNobodyWantsIt) {
  Problem p = problem();
  p.gradients();
  const Tensor<double> dU = p.layer->U.grad;
  zero_grad(p.layer->parameters());
  p.dstart = p.g_end;
  p.layer->backward(p.shape, p.x.matrix(), p.cache, p.g.matrix(), p.dstart, {});
  for (std::size_t k = 0; k < dU.size(); ++k) EXPECT_EQ(p.layer->U.grad[k], dU[k]);
}

std::string case_name(
    const testing::TestParamInfo<std::tuple<std::size_t, std::size_t, Direction>>& info) {
  const auto& [cell, lengths, direction] = info.param;
  return kCells[cell].name + "_" + std::to_string(lengths) + "_" + to_string(direction);
}

INSTANTIATE_TEST_SUITE_P(Cells, RecurrentBackward,
                         testing::Combine(testing::Range<std::size_t>(0, kCells.size()),
                                          testing::Range<std::size_t>(0, kLengths.size()),
                                          testing::Values(Direction::kForward,
                                                          Direction::kBackward)),
                         case_name);

/// Row `row` of a batch as a problem of its own: the same weights and inputs.
Problem single_row(const Problem& batch, const Case& cell, std::size_t row, Direction direction) {
  Problem single(cell, {batch.shape.length(row)}, direction, batch.layer->input_size(),
                 batch.layer->hidden_size());
  for (std::size_t k = 0; k < 3; ++k) {
    single.layer->parameters()[k]->value = batch.layer->parameters()[k]->value;
  }
  const auto copy_row = [](const Tensor<double>& from, std::size_t r, Tensor<double>& to,
                           std::size_t to_row) {
    std::ranges::copy(from.matrix().row(r), to.matrix().row(to_row).begin());
  };
  for (std::size_t t = 0; t < batch.shape.length(row); ++t) {
    copy_row(batch.x, batch.shape.index(t, row), single.x, t);
    copy_row(batch.g, batch.shape.index(t, row), single.g, t);
  }
  copy_row(batch.start.h, row, single.start.h, 0);
  copy_row(batch.g_end.h, row, single.g_end.h, 0);
  if (!batch.start.C.empty()) {
    copy_row(batch.start.C, row, single.start.C, 0);
    copy_row(batch.g_end.C, row, single.g_end.C, 0);
  }
  return single;
}

TEST(RaggedBatch, GivesEveryRowWhatItGetsAlone) {
  for (const Case& cell : kCells) {
    for (Direction direction : {Direction::kForward, Direction::kBackward}) {
      Problem batch(cell, {7, 7, 5, 3, 3, 1}, direction, 5, 6);
      batch.gradients();
      Tensor<double> dW(batch.layer->W.grad.shape());
      for (std::size_t row = 0; row < batch.shape.batch(); ++row) {
        SCOPED_TRACE(cell.name + " " + to_string(direction) + " row " + std::to_string(row));
        Problem single = single_row(batch, cell, row, direction);
        single.gradients();
        for (std::size_t t = 0; t < single.shape.steps(); ++t) {
          const std::size_t at = batch.shape.index(t, row);
          EXPECT_LT(relative_error(batch.h.matrix().row(at), single.h.matrix().row(t)), 1e-13);
          EXPECT_LT(relative_error(batch.dx.matrix().row(at), single.dx.matrix().row(t)), 1e-13);
        }
        EXPECT_LT(relative_error(batch.end.h.matrix().row(row), single.end.h.values()), 1e-13);
        EXPECT_LT(relative_error(batch.dstart.h.matrix().row(row), single.dstart.h.values()),
                  1e-13);
        for (std::size_t k = 0; k < dW.size(); ++k) dW[k] += single.layer->W.grad[k];
      }
      EXPECT_LT(relative_error(batch.layer->W.grad.values(), dW.values()), 1e-13);
    }
  }
}

TEST(RecurrentThreads, ChangeResultsByNoMoreThanRounding) {
  const std::size_t before = thread_count();
  for (const Case& cell : kCells) {
    std::vector<std::size_t> lengths;
    for (std::size_t r = 0; r < 37; ++r) lengths.push_back(40 - r);
    set_thread_count(1);
    Problem one(cell, lengths, Direction::kForward, 33, 40);
    for (auto* parameter : one.layer->parameters()) {
      for (double& value : parameter->value.values())
        value *= 0.1;  // keeps ReLU from growing over 40 steps
    }
    one.gradients();
    set_thread_count(3);
    Problem three(cell, lengths, Direction::kForward, 33, 40);
    for (std::size_t k = 0; k < 3; ++k)
      three.layer->parameters()[k]->value = one.layer->parameters()[k]->value;
    three.gradients();
    EXPECT_LT(relative_error(three.h.values(), one.h.values()), 1e-12) << cell.name;
    EXPECT_LT(relative_error(three.dx.values(), one.dx.values()), 1e-12) << cell.name;
    EXPECT_LT(relative_error(three.layer->W.grad.values(), one.layer->W.grad.values()), 1e-12)
        << cell.name;
  }
  set_thread_count(before);
}

TEST(RecurrentLayer, SaysWhichShapeIsWrong) {
  Problem p(kCells.back(), {3, 2}, Direction::kForward);
  Tensor<double> wrong({4, 3});
  try {
    p.layer->forward(p.shape, wrong.matrix(), p.start, p.cache, p.h.matrix());
    FAIL() << "no error";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "recurrent layer: x is 4×3, expected 5×3");
  }
}

}  // namespace
}  // namespace unroll
