// The cells as they are written out (layers/cells) against the fused kernels.

#include "unroll/layers/cells/cell.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/recurrent.h"

namespace unroll {
namespace {

const std::vector<CellKind> kKinds = {{Cell::kRnn, Activation::kTanh},
                                      {Cell::kRnn, Activation::kSigmoid},
                                      {Cell::kRnn, Activation::kRelu},
                                      Cell::kLstm,
                                      {Cell::kGru, Activation::kTanh, GruReset::kAfter},
                                      {Cell::kGru, Activation::kTanh, GruReset::kBefore}};

const std::vector<std::vector<std::size_t>> kLengths = {
    {1}, {7}, {5, 2, 1}, {6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1}};

constexpr std::size_t kInput = 6, kHidden = 22;

/// All that a layer computes of a batch.
template <typename Real>
struct Results {
  Tensor<Real> h, h_of_inference, dx;
  RecurrentState<Real> end, dstart;
  Tensor<Real> dU, dW, db, dd;
};

/// One layer and one batch; with shared rows tokens have five different x.
template <typename Real>
Results<Real> run(const CellKind& kind, const std::vector<std::size_t>& lengths,
                  Direction direction, bool shared, bool plain) {
  RecurrentLayer<Real> layer("layer", kInput, kHidden, kind, direction);
  layer.set_plain(plain);
  for (auto* parameter : layer.parameters()) {
    parameter->value = test::random_tensor<Real>(parameter->value.shape(), parameter->name, 0.4);
  }
  zero_grad(layer.parameters());
  const RaggedShape shape(lengths);
  const std::size_t N = shape.tokens(), M = shared ? 5 : N;
  const Tensor<Real> x = test::random_tensor<Real>({M, kInput}, "x");
  const Tensor<Real> dh = test::random_tensor<Real>({N, kHidden}, "dh");
  std::vector<std::int32_t> rows;
  for (std::size_t n = 0; shared && n < N; ++n)
    rows.push_back(static_cast<std::int32_t>(n * 3 % 5));
  const RecurrentInput<Real> input(x.matrix(), rows);

  Results<Real> results;
  RecurrentState<Real> start = layer.zero_state(shape.batch());
  start.h = test::random_tensor<Real>(start.h.shape(), "h_0");
  if (!start.C.empty()) start.C = test::random_tensor<Real>(start.C.shape(), "C_0");
  results.h.resize({N, kHidden});
  results.h_of_inference.resize({N, kHidden});
  results.dx.resize(x.shape());
  RecurrentPass<Real> pass;
  results.end = start;
  layer.forward(shape, input, results.end, pass, results.h.matrix());
  results.dstart = start;  // any values will do as ∂L/∂h_T and ∂L/∂C_T
  layer.backward(shape, input, pass, dh.matrix(), results.dstart, results.dx.matrix());
  RecurrentState<Real> state = start;
  RecurrentScratch<Real> scratch;
  layer.infer(shape, input, layer.pack(), {}, state, scratch, results.h_of_inference.matrix());
  results.dU = layer.U.grad, results.dW = layer.W.grad, results.db = layer.b.grad;
  results.dd = layer.d.grad;
  return results;
}

template <typename Real>
void expect_near(const Tensor<Real>& found, const Tensor<Real>& expected, const char* what) {
  ASSERT_EQ(found.shape(), expected.shape()) << what;
  if (expected.empty()) return;
  const double most = std::is_same_v<Real, double> ? 1e-12 : 1e-5;
  const std::vector<double> a(found.values().begin(), found.values().end());
  const std::vector<double> b(expected.values().begin(), expected.values().end());
  EXPECT_LT(test::relative_error(a, b), most) << what;
}

template <typename Real>
void expect_near(const Results<Real>& found, const Results<Real>& expected) {
  expect_near(found.h, expected.h, "h");
  expect_near(found.h_of_inference, expected.h, "h in inference");
  expect_near(found.end.h, expected.end.h, "h_T");
  expect_near(found.end.C, expected.end.C, "C_T");
  expect_near(found.dx, expected.dx, "dx");
  expect_near(found.dstart.h, expected.dstart.h, "dh_0");
  expect_near(found.dstart.C, expected.dstart.C, "dC_0");
  expect_near(found.dU, expected.dU, "dU");
  expect_near(found.dW, expected.dW, "dW");
  expect_near(found.db, expected.db, "db");
  expect_near(found.dd, expected.dd, "dd");
}

class PlainCell
    : public testing::TestWithParam<std::tuple<std::size_t, std::size_t, Direction, bool>> {
 protected:
  template <typename Real>
  Results<Real> results(bool plain) const {
    const auto& [kind, lengths, direction, shared] = GetParam();
    return run<Real>(kKinds[kind], kLengths[lengths], direction, shared, plain);
  }
};

TEST_P(PlainCell, ComputesWhatTheFusedKernelsDo) {
  expect_near(results<double>(true), results<double>(false));
  expect_near(results<float>(true), results<float>(false));
}

template <typename Real>
bool is_same(const Tensor<Real>& a, const Tensor<Real>& b) {
  return std::ranges::equal(a.values(), b.values());
}

TEST_P(PlainCell, GivesTheSameBitsForAnyThreads) {
  const std::size_t before = thread_count();
  const auto with = [&](std::size_t threads) {
    set_thread_count(threads);
    return results<float>(true);
  };
  const Results<float> one = with(1), three = with(3);
  set_thread_count(before);
  EXPECT_TRUE(is_same(one.h, three.h));
  EXPECT_TRUE(is_same(one.h_of_inference, one.h));
  EXPECT_TRUE(is_same(one.dx, three.dx));
  EXPECT_TRUE(is_same(one.dstart.h, three.dstart.h));
  EXPECT_TRUE(is_same(one.dU, three.dU));
  EXPECT_TRUE(is_same(one.dW, three.dW));
  EXPECT_TRUE(is_same(one.db, three.db));
  EXPECT_TRUE(is_same(one.dd, three.dd));
}

INSTANTIATE_TEST_SUITE_P(
    All, PlainCell,
    testing::Combine(testing::Range<std::size_t>(0, kKinds.size()),
                     testing::Range<std::size_t>(0, kLengths.size()),
                     testing::Values(Direction::kForward, Direction::kBackward), testing::Bool()));

TEST(Cells, HaveDifferentNamesAndALetterForEachGate) {
  std::set<std::string_view> names;
  for (const Cell cell : kAllCells) {
    const CellDescription& description = describe(cell);
    EXPECT_TRUE(names.insert(description.name).second) << description.name;
    const std::set<char> letters(description.gates.begin(), description.gates.end());
    EXPECT_EQ(letters.size(), gate_count(cell));
    EXPECT_EQ(to_string(cell), description.name);
  }
}

TEST(Cells, SaveAValueForEachGateAndTheirTitleTellsTheirForm) {
  EXPECT_EQ(saved_count(Cell::kRnn), 1U);
  EXPECT_EQ(saved_count(Cell::kLstm), 4U);
  const CellKind before(Cell::kGru, Activation::kTanh, GruReset::kBefore);
  EXPECT_EQ(saved_count(Cell::kGru), 4U);  // q besides
  EXPECT_EQ(saved_count(before), 3U);
  EXPECT_EQ(title(Cell::kGru), "GRU");
  EXPECT_EQ(title(before), "GRU (reset before)");
}

TEST(Cells, HaveASecondBiasOnlyWhereTheResetComesAfter) {
  RecurrentLayer<double> after("gru", 2, 3, Cell::kGru);
  EXPECT_EQ(after.d.value.shape(), Shape{3});
  EXPECT_EQ(after.parameters().size(), 4U);
  RecurrentLayer<double> before("gru", 2, 3, {Cell::kGru, Activation::kTanh, GruReset::kBefore});
  EXPECT_TRUE(before.d.value.empty());
  EXPECT_EQ(before.parameters().size(), 3U);
}

TEST(Cells, RefuseAStateCOfTheWrongShape) {
  RecurrentLayer<double> lstm("lstm", 2, 3, Cell::kLstm), rnn("rnn", 2, 3, Cell::kRnn);
  const std::vector<std::size_t> lengths = {2, 1};
  const RaggedShape shape(lengths);
  const Tensor<double> x({3, 2});
  Tensor<double> h({3, 3}), dx({3, 2});
  for (RecurrentLayer<double>* layer : {&lstm, &rnn}) {
    RecurrentPass<double> pass;
    RecurrentState<double> state = layer->zero_state(2);
    layer->forward(shape, x.matrix(), state, pass, h.matrix());
    RecurrentState<double> wrong = layer->zero_state(2);
    wrong.C = Tensor<double>({1, 3});
    EXPECT_THROW(layer->forward(shape, x.matrix(), wrong, pass, h.matrix()), ShapeError);
    EXPECT_THROW(layer->backward(shape, x.matrix(), pass, h.matrix(), wrong, dx.matrix()),
                 ShapeError);
  }
}

}  // namespace
}  // namespace unroll
