// The layers against PyTorch in float64: outputs, final states, and every gradient. Of a GRU that
// resets before the product PyTorch has the gradients alone, ONNX the states (tests/golden).

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/gradient_check.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/layers/softmax_cross_entropy.h"

namespace unroll {
namespace {

using test::Golden;
using test::relative_error;

constexpr double kTolerance = 1e-12;

struct Case {
  std::string name;
  CellKind kind;
};
const std::vector<Case> kCells = {
    {"rnn_tanh", {Cell::kRnn, Activation::kTanh}},
    {"rnn_relu", {Cell::kRnn, Activation::kRelu}},
    {"lstm", Cell::kLstm},
    {"gru_after", {Cell::kGru, Activation::kTanh, GruReset::kAfter}},
    {"gru_before", {Cell::kGru, Activation::kTanh, GruReset::kBefore}}};

class GoldenStack : public testing::TestWithParam<std::tuple<std::size_t, bool, std::size_t>> {
 protected:
  GoldenStack()
      : cell_(kCells[std::get<0>(GetParam())]),
        bidirectional_(std::get<1>(GetParam())),
        layers_(std::get<2>(GetParam())),
        golden_(cell_.name + (bidirectional_ ? "_bi_" : "_uni_") + std::to_string(layers_) +
                "layers"),
        stack_({.cell = cell_.kind.cell,
                .activation = cell_.kind.activation,
                .gru_reset = cell_.kind.reset,
                .input = 3,
                .hidden = 4,
                .layers = layers_,
                .bidirectional = bidirectional_}) {
    std::vector<std::size_t> lengths;
    for (double length : golden_["lengths"].values())
      lengths.push_back(static_cast<std::size_t>(length));
    shape_ = RaggedShape(lengths);
    for (auto* parameter : stack_.parameters()) parameter->value = golden_[parameter->name];
  }

  /// The states of all layers and directions under two names of the file.
  RecurrentStack<double>::States states(const std::string& h, const std::string& C) const {
    auto states = stack_.zero_states(shape_.batch());
    for (std::size_t k = 0; k < states.size(); ++k) {
      states[k].h = golden_[h + place(k)];
      if (!states[k].C.empty()) states[k].C = golden_[C + place(k)];
    }
    return states;
  }

  void expect_states(const RecurrentStack<double>::States& states, const std::string& h,
                     const std::string& C) const {
    for (std::size_t k = 0; k < states.size(); ++k) {
      EXPECT_LT(relative_error(states[k].h.values(), golden_[h + place(k)].values()), kTolerance)
          << h << place(k);
      if (states[k].C.empty()) continue;
      EXPECT_LT(relative_error(states[k].C.values(), golden_[C + place(k)].values()), kTolerance)
          << C << place(k);
    }
  }

  std::string place(std::size_t k) const {
    const std::size_t directions = bidirectional_ ? 2 : 1;
    return std::string(".") + std::to_string(k / directions) +
           (k % directions == 0 ? ".forward" : ".backward");
  }

  Case cell_;
  bool bidirectional_;
  std::size_t layers_;
  Golden golden_;
  RecurrentStack<double> stack_;
  RaggedShape shape_;
};

TEST_P(GoldenStack, EqualsPyTorchForwardAndBackward) {
  const Tensor<double>& x = golden_["x"];
  RecurrentStack<double>::Pass pass;
  auto end = states("h_0", "C_0");
  stack_.forward(shape_, x.matrix(), end, pass, nullptr);
  EXPECT_LT(relative_error(pass.h.back().values(), golden_["h"].values()), kTolerance);
  expect_states(end, "h_T", "C_T");

  auto dstart = states("g_h", "g_C");
  Tensor<double> dx(x.shape());
  stack_.backward(shape_, x.matrix(), pass, golden_["g"].matrix(), dstart, dx.matrix(), false);
  EXPECT_LT(relative_error(dx.values(), golden_["d/x"].values()), kTolerance);
  expect_states(dstart, "d/h_0", "d/C_0");
  for (auto* parameter : stack_.parameters()) {
    EXPECT_LT(relative_error(parameter->grad.values(), golden_["d/" + parameter->name].values()),
              kTolerance)
        << parameter->name;
  }
}

INSTANTIATE_TEST_SUITE_P(Stacks, GoldenStack,
                         testing::Combine(testing::Range<std::size_t>(0, kCells.size()),
                                          testing::Bool(), testing::Values<std::size_t>(1, 2)),
                         [](const auto& test) {
                           return kCells[std::get<0>(test.param)].name +
                                  (std::get<1>(test.param) ? "_bi_" : "_uni_") +
                                  std::to_string(std::get<2>(test.param));
                         });

TEST(GoldenSoftmaxCrossEntropy, EqualsPyTorch) {
  const Golden golden("adam_sgd");
  std::vector<std::int32_t> targets;
  for (double target : golden["targets"].values())
    targets.push_back(static_cast<std::int32_t>(target));
  Tensor<double> dO(golden["logits"].shape());
  const double loss =
      softmax_cross_entropy<double>(golden["logits"].matrix(), targets, 0.25, dO.matrix());
  EXPECT_NEAR(loss, golden["loss"][0], 1e-14);
  EXPECT_LT(relative_error(dO.values(), golden["dlogits"].values()), kTolerance);
}

}  // namespace
}  // namespace unroll
