#include "unroll/layers/recurrent_stack.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"

namespace unroll {
namespace {

using test::kDifferenceBound;
using test::random_tensor;

/// A stack with random weights and the loss L = Σ h_t ⊙ g_t of its top layer.
struct Problem {
  explicit Problem(const RecurrentStackConfig& config)
      : stack(config),
        x(random_tensor({shape.tokens(), config.input}, "x")),
        g(random_tensor({shape.tokens(), stack.output_size()}, "g")) {
    for (auto* parameter : stack.parameters()) {
      parameter->value = random_tensor(parameter->value.shape(), parameter->name, 0.6);
    }
  }

  double loss() {
    auto states = stack.zero_states(shape.batch());
    stack.forward(shape, x.matrix(), states, pass, &dropout);
    return test::dot(pass.h.back().values(), g.values());
  }

  void gradients() {
    loss();
    zero_grad(stack.parameters());
    auto dstates = stack.zero_states(shape.batch());
    dx = Tensor<double>(x.shape());
    stack.backward(shape, x.matrix(), pass, g.matrix(), dstates, dx.matrix(), true);
  }

  RaggedShape shape{std::vector<std::size_t>{5, 4, 4, 2, 1}};
  RecurrentStack<double> stack;
  Tensor<double> x, g, dx;
  RecurrentStack<double>::Pass pass;
  DropoutSource dropout{.seed = 3, .step = 11};
};

struct Case {
  std::string name;
  RecurrentStackConfig config;
  friend void PrintTo(const Case& c, std::ostream* stream) { *stream << c.name; }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (Cell cell : kAllCells) {
    for (bool bidirectional : {false, true}) {
      for (std::size_t layers : {1, 2, 3}) {
        for (double dropout : {0.0, 0.4}) {
          all.push_back({std::string(to_string(cell)) + (bidirectional ? "_bi_" : "_uni_") +
                             std::to_string(layers) + (dropout > 0 ? "_dropout" : ""),
                         {.cell = cell,
                          .input = 3,
                          .hidden = 4,
                          .layers = layers,
                          .bidirectional = bidirectional,
                          .dropout = dropout}});
        }
      }
    }
  }
  return all;
}

class RecurrentStackBackward : public testing::TestWithParam<Case> {};

TEST_P(RecurrentStackBackward, MatchesCentralDifferences) {
  Problem p(GetParam().config);
  p.gradients();
  for (auto* parameter : p.stack.parameters()) {
    const Tensor<double> gradient = parameter->grad;
    const auto numeric =
        test::central_differences(parameter->value.values(), [&] { return p.loss(); });
    EXPECT_LT(test::relative_error(gradient.values(), numeric), kDifferenceBound)
        << parameter->name;
  }
  const auto numeric = test::central_differences(p.x.values(), [&] { return p.loss(); });
  EXPECT_LT(test::relative_error(p.dx.values(), numeric), kDifferenceBound) << "x";
}

INSTANTIATE_TEST_SUITE_P(Stacks, RecurrentStackBackward, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(RecurrentStack, NamesParametersByLayerAndDirection) {
  RecurrentStack<float> stack(
      {.cell = Cell::kLstm, .input = 3, .hidden = 2, .layers = 2, .bidirectional = true});
  std::vector<std::string> names;
  for (auto* parameter : stack.parameters()) names.push_back(parameter->name);
  EXPECT_EQ(names.size(), 12u);
  EXPECT_EQ(names.front(), "lstm.0.forward.U");
  EXPECT_EQ(names.back(), "lstm.1.backward.b");
}

}  // namespace
}  // namespace unroll
