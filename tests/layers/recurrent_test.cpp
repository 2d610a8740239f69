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
#include "unroll/layers/recurrent.h"

namespace unroll {
namespace {

using test::dot;
using test::kDifferenceBound;
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
  return std::make_unique<RecurrentLayer<double>>("rnn", I, H, CellKind(Cell::kRnn, kActivation),
                                                  direction);
}
std::unique_ptr<RecurrentLayer<double>> make_lstm(std::size_t I, std::size_t H,
                                                  Direction direction) {
  return std::make_unique<RecurrentLayer<double>>("lstm", I, H, Cell::kLstm, direction);
}

template <GruReset kReset>
std::unique_ptr<RecurrentLayer<double>> make_gru(std::size_t I, std::size_t H,
                                                 Direction direction) {
  return std::make_unique<RecurrentLayer<double>>(
      "gru", I, H, CellKind(Cell::kGru, Activation::kTanh, kReset), direction);
}

/// The same layer, whose steps its cell's file computes.
template <auto make>
std::unique_ptr<RecurrentLayer<double>> make_plain(std::size_t I, std::size_t H,
                                                   Direction direction) {
  auto layer = make(I, H, direction);
  layer->set_plain(true);
  return layer;
}

const std::vector<Case> kCells = {{"RnnTanh", make_rnn<Activation::kTanh>},
                                  {"RnnSigmoid", make_rnn<Activation::kSigmoid>},
                                  {"RnnRelu", make_rnn<Activation::kRelu>},
                                  {"Lstm", make_lstm},
                                  {"GruAfter", make_gru<GruReset::kAfter>},
                                  {"GruBefore", make_gru<GruReset::kBefore>},
                                  {"PlainRnnTanh", make_plain<make_rnn<Activation::kTanh>>},
                                  {"PlainRnnSigmoid", make_plain<make_rnn<Activation::kSigmoid>>},
                                  {"PlainRnnRelu", make_plain<make_rnn<Activation::kRelu>>},
                                  {"PlainLstm", make_plain<make_lstm>}};

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
    layer->forward(shape, x.matrix(), end, pass, h.matrix());
    return dot(h.values(), g.values()) + dot(end.h.values(), g_end.h.values()) +
           dot(end.C.values(), g_end.C.values());
  }

  void gradients() {
    loss();
    zero_grad(layer->parameters());
    dx = Tensor<double>(x.shape());
    dstart = g_end;
    layer->backward(shape, x.matrix(), pass, g.matrix(), dstart, dx.matrix());
  }

  double numeric_error(Tensor<double>& value, const Tensor<double>& gradient) {
    const auto numeric = test::central_differences(value.values(), [&] { return loss(); });
    return relative_error(gradient.values(), numeric);
  }

  RaggedShape shape;
  std::unique_ptr<RecurrentLayer<double>> layer;
  Tensor<double> x, g, h, dx;
  RecurrentState<double> start, end, g_end, dstart;
  RecurrentPass<double> pass;
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
  EXPECT_LT(p.numeric_error(p.layer->U.value, p.layer->U.grad), kDifferenceBound) << "dU";
  EXPECT_LT(p.numeric_error(p.layer->W.value, p.layer->W.grad), kDifferenceBound) << "dW";
  EXPECT_LT(p.numeric_error(p.layer->b.value, p.layer->b.grad), kDifferenceBound) << "db";
  if (!p.layer->d.value.empty()) {
    EXPECT_LT(p.numeric_error(p.layer->d.value, p.layer->d.grad), kDifferenceBound) << "dd";
  }
  EXPECT_LT(p.numeric_error(p.x, p.dx), kDifferenceBound) << "dx";
  EXPECT_LT(p.numeric_error(p.start.h, p.dstart.h), kDifferenceBound) << "dh_0";
  if (!p.start.C.empty()) {
    EXPECT_LT(p.numeric_error(p.start.C, p.dstart.C), kDifferenceBound) << "dC_0";
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
  p.layer->backward(p.shape, p.x.matrix(), p.pass, p.g.matrix(), p.dstart, p.dx.matrix());
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
  p.layer->backward(p.shape, p.x.matrix(), p.pass, p.g.matrix(), p.dstart, {});
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
  for (std::size_t k = 0; k < single.layer->parameters().size(); ++k) {
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

/// Weights small enough that ReLU does not grow over many steps.
Problem long_problem(const Case& cell, const std::vector<std::size_t>& lengths,
                     Direction direction) {
  Problem p(cell, lengths, direction, 33, 70);
  for (auto* parameter : p.layer->parameters()) {
    for (double& value : parameter->value.values()) value *= 0.1;
  }
  return p;
}

/// Sets the number of threads, and the old one again.
class Threads {
 public:
  explicit Threads(std::size_t count) : before_(thread_count()) { set_thread_count(count); }
  ~Threads() { set_thread_count(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  std::size_t before_;
};

void expect_same_bits(const Tensor<double>& a, const Tensor<double>& b, const std::string& what) {
  EXPECT_TRUE(std::ranges::equal(a.values(), b.values())) << what;
}

/// Some hundred tokens: the gradients are taken in several chunks. 37 rows are shared among
/// threads, of one row and of five the units.
const std::vector<std::vector<std::size_t>> kLongLengths = {{300}, {120, 100, 90, 60, 1}, [] {
                                                              std::vector<std::size_t> lengths;
                                                              for (std::size_t r = 0; r < 37; ++r)
                                                                lengths.push_back(40 - r);
                                                              return lengths;
                                                            }()};

TEST(RecurrentThreads, ChangeNoBit) {
  for (const Case& cell : kCells) {
    for (const auto& lengths : kLongLengths) {
      for (Direction direction : {Direction::kForward, Direction::kBackward}) {
        SCOPED_TRACE(cell.name + " " + to_string(direction) + " " + std::to_string(lengths.size()));
        Problem one = long_problem(cell, lengths, direction);
        {
          const Threads threads(1);
          one.gradients();
        }
        for (std::size_t count : {2, 3}) {
          const Threads threads(count);
          Problem more = long_problem(cell, lengths, direction);
          more.gradients();
          expect_same_bits(more.h, one.h, "h");
          expect_same_bits(more.end.h, one.end.h, "h_T");
          expect_same_bits(more.dx, one.dx, "dx");
          expect_same_bits(more.dstart.h, one.dstart.h, "dh_0");
          expect_same_bits(more.layer->U.grad, one.layer->U.grad, "dU");
          expect_same_bits(more.layer->W.grad, one.layer->W.grad, "dW");
          expect_same_bits(more.layer->b.grad, one.layer->b.grad, "db");
        }
      }
    }
  }
}

TEST(LongBatch, SumsTheGradientsOfAllItsRows) {
  for (const Case& cell : kCells) {
    Problem batch = long_problem(cell, kLongLengths[1], Direction::kBackward);
    batch.gradients();
    Tensor<double> dU(batch.layer->U.grad.shape()), dW(batch.layer->W.grad.shape());
    for (std::size_t row = 0; row < batch.shape.batch(); ++row) {
      Problem single = single_row(batch, cell, row, Direction::kBackward);
      single.gradients();
      for (std::size_t k = 0; k < dU.size(); ++k) dU[k] += single.layer->U.grad[k];
      for (std::size_t k = 0; k < dW.size(); ++k) dW[k] += single.layer->W.grad[k];
    }
    EXPECT_LT(relative_error(batch.layer->U.grad.values(), dU.values()), 1e-12) << cell.name;
    EXPECT_LT(relative_error(batch.layer->W.grad.values(), dW.values()), 1e-12) << cell.name;
  }
}

TEST(SharedRows, AreTheSameAsTheirTokensEachWithItsOwn) {
  for (const Case& cell : kCells) {
    Problem p(cell, {6, 4, 4, 4, 2}, Direction::kForward);
    std::vector<std::int32_t> rows;
    const std::size_t N = p.shape.tokens(), M = 7;
    const Tensor<double> distinct = random_tensor({M, 3}, "distinct");
    for (std::size_t n = 0; n < N; ++n) {
      rows.push_back(static_cast<std::int32_t>(n * n % M));
      std::ranges::copy(distinct.matrix().row(n * n % M), p.x.matrix().row(n).begin());
    }
    p.gradients();
    const Tensor<double> h = p.h, dU = p.layer->U.grad, dW = p.layer->W.grad;
    const RecurrentState<double> dstart = p.dstart;

    const RecurrentInput<double> shared(distinct.matrix(), rows);
    p.end = p.start;
    p.layer->forward(p.shape, shared, p.end, p.pass, p.h.matrix());
    expect_same_bits(p.h, h, cell.name + ": h");
    zero_grad(p.layer->parameters());
    Tensor<double> dx(distinct.shape()), sums(distinct.shape());
    p.dstart = p.g_end;
    p.layer->backward(p.shape, shared, p.pass, p.g.matrix(), p.dstart, dx.matrix());
    for (std::size_t n = 0; n < N; ++n) {
      for (std::size_t k = 0; k < 3; ++k) sums.matrix()(n * n % M, k) += p.dx.matrix()(n, k);
    }
    expect_same_bits(p.dstart.h, dstart.h, cell.name + ": dh_0");
    EXPECT_LT(relative_error(p.layer->U.grad.values(), dU.values()), 1e-13) << cell.name;
    EXPECT_LT(relative_error(p.layer->W.grad.values(), dW.values()), 1e-13) << cell.name;
    EXPECT_LT(relative_error(dx.values(), sums.values()), 1e-13) << cell.name;
  }
}

TEST(SharedRows, MustBeThere) {
  Problem p(kCells.back(), {3, 2}, Direction::kForward);
  const std::vector<std::int32_t> rows{0, 1, 2, 5, 0};
  EXPECT_THROW(p.layer->forward(p.shape, {p.x.matrix(), rows}, p.start, p.pass, p.h.matrix()),
               ShapeError);
}

TEST(Inference, GivesTheBitsOfTheForwardPass) {
  for (const Case& cell : kCells) {
    for (const auto& lengths : {kLengths.back(), kLongLengths[0], kLongLengths[2]}) {
      for (Direction direction : {Direction::kForward, Direction::kBackward}) {
        Problem p = long_problem(cell, lengths, direction);
        p.loss();
        const RecurrentWeights<double> weights = p.layer->pack();
        RecurrentScratch<double> scratch;
        Tensor<double> h(p.h.shape());
        RecurrentState<double> state = p.start;
        p.layer->infer(p.shape, p.x.matrix(), weights, {}, state, scratch, h.matrix());
        expect_same_bits(h, p.h, "h");
        expect_same_bits(state.h, p.end.h, "h_T");
        expect_same_bits(state.C, p.end.C, "C_T");

        std::vector<std::int32_t> rows(p.shape.tokens());
        for (std::size_t n = 0; n < rows.size(); ++n) rows[n] = static_cast<std::int32_t>(n);
        Tensor<double> projected({rows.size(), p.layer->U.value.shape()[0]});
        p.layer->project(p.x.matrix(), weights, projected.matrix());
        state = p.start;
        p.layer->infer(p.shape, {p.x.matrix(), rows}, weights, projected.matrix(), state, scratch,
                       h.matrix());
        expect_same_bits(h, p.h, "h, projected before");
      }
    }
  }
}

TEST(RecurrentLayer, SaysWhichShapeIsWrong) {
  Problem p(kCells.back(), {3, 2}, Direction::kForward);
  Tensor<double> wrong({4, 3});
  try {
    p.layer->forward(p.shape, wrong.matrix(), p.start, p.pass, p.h.matrix());
    FAIL() << "no error";
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "recurrent layer: x is 4×3, expected 5×3");
  }
}

}  // namespace
}  // namespace unroll
