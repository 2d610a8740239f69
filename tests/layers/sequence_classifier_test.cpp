#include "unroll/layers/sequence_classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using test::random_tensor;

const RaggedShape kShape{std::vector<std::size_t>{4, 3, 3, 1}};
const std::vector<std::int32_t> kIds{1, 2, 0, 3, 2, 2, 4, 1, 0, 3, 3};

SequenceClassifierConfig small_config() {
  return {.vocabulary = 5, .classes = 3, .embedding = 3, .hidden = 4, .dropout = 0.3};
}

std::vector<std::int32_t> targets_for(const SequenceClassifierConfig& config) {
  const std::size_t count = config.pool ? kShape.batch() : kShape.tokens();
  std::vector<std::int32_t> targets;
  for (std::size_t k = 0; k < count; ++k)
    targets.push_back(static_cast<std::int32_t>(k % config.classes));
  return targets;
}

/// Targets of either kind, with weights of their own.
struct Aim {
  std::vector<std::int32_t> classes;
  Tensor<double> y;
  std::vector<float> weights;

  explicit Aim(const SequenceClassifierConfig& config)
      : classes(targets_for(config)), y({classes.size(), config.classes}) {
    for (std::size_t k = 0; k < y.size(); ++k) y[k] = k % 3 == 0 ? 1 : 0;
    for (std::size_t k = 0; k < classes.size(); ++k)
      weights.push_back(0.5F + static_cast<float>(k % 4));
  }
  SequenceClassifier<double>::Targets targets(const SequenceClassifierConfig& config) const {
    if (config.output == OutputKind::kSoftmax) return {.classes = classes, .weights = weights};
    return {.classes = {}, .y = y.matrix(), .weights = weights};
  }
};

void randomize(SequenceClassifier<double>& model) {
  for (auto* parameter : model.parameters()) {
    parameter->value = random_tensor(parameter->value.shape(), parameter->name, 0.6);
  }
}

struct Case {
  std::string name;
  SequenceClassifierConfig config;
  friend void PrintTo(const Case& c, std::ostream* stream) { *stream << c.name; }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](const std::string& name, auto change) {
    all.push_back({name, small_config()});
    change(all.back().config);
  };
  add("lstm_max", [](auto&) {});
  add("lstm_mean", [](auto& c) { c.pool = Pool::kMean; });
  add("lstm_last", [](auto& c) { c.pool = Pool::kLast; });
  add("lstm_many_to_many", [](auto& c) { c.pool = std::nullopt; });
  add("lstm_sigmoids", [](auto& c) { c.output = OutputKind::kSigmoid; });
  add("lstm_many_to_many_sigmoids", [](auto& c) {
    c.pool = std::nullopt;
    c.output = OutputKind::kSigmoid;
  });
  add("lstm_unidirectional", [](auto& c) { c.bidirectional = false; });
  add("lstm_two_layers", [](auto& c) { c.layers = 2; });
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    add("rnn_" + std::string(to_string(activation)), [&](auto& c) {
      c.cell = Cell::kRnn;
      c.activation = activation;
    });
    add("rnn_many_to_many_" + std::string(to_string(activation)), [&](auto& c) {
      c.cell = Cell::kRnn;
      c.activation = activation;
      c.pool = std::nullopt;
      c.bidirectional = false;
    });
  }
  return all;
}

class SequenceClassifierBackward : public testing::TestWithParam<Case> {};

TEST_P(SequenceClassifierBackward, MatchesCentralDifferences) {
  SequenceClassifier<double> model(GetParam().config);
  randomize(model);
  const Aim aim(GetParam().config);
  const auto targets = aim.targets(GetParam().config);
  const DropoutSource dropout{.seed = 5, .step = 1};
  SequenceClassifier<double>::Pass pass;
  zero_grad(model.parameters());
  model.loss_and_gradients(kShape, kIds, targets, pass, &dropout);
  std::vector<Tensor<double>> gradients;
  for (auto* parameter : model.parameters()) gradients.push_back(parameter->grad);

  const auto loss = [&] { return model.loss_and_gradients(kShape, kIds, targets, pass, &dropout); };
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    Parameter<double>& parameter = *model.parameters()[k];
    const auto numeric = test::central_differences(parameter.value.values(), loss);
    EXPECT_LT(test::relative_error(gradients[k].values(), numeric), test::kDifferenceBound)
        << parameter.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SequenceClassifierBackward, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

/// The loss, and the gradients of all parameters.
struct Result {
  double loss = 0;
  std::vector<Tensor<double>> gradients;
};

Result result_of(const SequenceClassifierConfig& config, std::size_t most_tokens, bool is_planned) {
  SequenceClassifier<double> model(config);
  randomize(model);
  SequenceClassifier<double>::Pass pass;
  pass.most_tokens = most_tokens;
  MemoryPlan reserve(MemoryPlan::Mode::kReserve);
  const BatchLimits limits{.rows = 4, .steps = 4, .tokens = 11, .distinct = 5};
  if (is_planned) model.plan(limits, most_tokens, pass, reserve);
  const DropoutSource dropout{.seed = 5, .step = 1};
  zero_grad(model.parameters());
  Result result;
  const Aim aim(config);
  result.loss = model.loss_and_gradients(kShape, kIds, aim.targets(config), pass, &dropout);
  for (auto* parameter : model.parameters()) result.gradients.push_back(parameter->grad);
  return result;
}

TEST_P(SequenceClassifierBackward, IsTheSameInParts) {
  const Result whole = result_of(GetParam().config, 0, false);
  for (std::size_t most_tokens : {1, 4, 7, 10}) {
    const Result parts = result_of(GetParam().config, most_tokens, true);
    EXPECT_NEAR(parts.loss, whole.loss, 1e-12);
    for (std::size_t k = 0; k < whole.gradients.size(); ++k) {
      EXPECT_LT(test::relative_error(parts.gradients[k].values(), whole.gradients[k].values()),
                1e-12)
          << most_tokens << ", gradient " << k;
    }
  }
}

/// The losses and gradients of all shards, added.
Result result_of_shards(const SequenceClassifierConfig& config, std::size_t shards,
                        std::size_t most_tokens) {
  SequenceClassifier<double> model(config);
  randomize(model);
  SequenceClassifier<double>::Pass pass;
  MemoryPlan reserve(MemoryPlan::Mode::kReserve);
  const BatchLimits batch{.rows = 4, .steps = 4, .tokens = 11, .distinct = 5};
  const BatchLimits shard{.rows = 2, .steps = 4, .tokens = 7, .distinct = 5};
  model.plan_shards(batch, shard, most_tokens, pass, reserve);
  const DropoutSource dropout{.seed = 5, .step = 1};
  zero_grad(model.parameters());
  Result result;
  const Aim aim(config);
  for (std::size_t k = 0; k < shards; ++k) {
    result.loss += model.loss_and_gradients(kShape, kIds, aim.targets(config), pass, &dropout,
                                            {.index = k, .count = shards});
  }
  for (auto* parameter : model.parameters()) result.gradients.push_back(parameter->grad);
  return result;
}

TEST_P(SequenceClassifierBackward, IsTheSumOfItsShards) {
  const Result whole = result_of(GetParam().config, 0, false);
  for (std::size_t shards : {2, 3, 4, 6}) {
    for (std::size_t most_tokens : {0, 4}) {
      const Result parts = result_of_shards(GetParam().config, shards, most_tokens);
      EXPECT_NEAR(parts.loss, whole.loss, 1e-12);
      for (std::size_t k = 0; k < whole.gradients.size(); ++k) {
        EXPECT_LT(test::relative_error(parts.gradients[k].values(), whole.gradients[k].values()),
                  1e-12)
            << shards << " shards, gradient " << k;
      }
    }
  }
}

TEST_P(SequenceClassifierBackward, HasTheSameBitsInPlannedMemory) {
  const Result plain = result_of(GetParam().config, 0, false);
  const Result planned = result_of(GetParam().config, 0, true);
  EXPECT_EQ(planned.loss, plain.loss);
  for (std::size_t k = 0; k < plain.gradients.size(); ++k) {
    EXPECT_TRUE(std::ranges::equal(planned.gradients[k].values(), plain.gradients[k].values()));
  }
}

TEST(SequenceClassifier, HasTheSameBitsWithWeightsOfOneAsWithNone) {
  const std::vector<std::int32_t> classes = targets_for(small_config());
  const std::vector<float> ones(classes.size(), 1.0F);
  std::vector<double> losses;
  std::vector<std::vector<double>> gradients;
  for (const std::span<const float> weights : {std::span<const float>(), std::span(ones)}) {
    SequenceClassifier<double> model(small_config());
    randomize(model);
    SequenceClassifier<double>::Pass pass;
    losses.push_back(
        model.loss_and_gradients(kShape, kIds, {.classes = classes, .weights = weights}, pass));
    const auto values = model.output().V.grad.values();
    gradients.emplace_back(values.begin(), values.end());
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(gradients[0], gradients[1]);
}

TEST(SequenceClassifier, RefusesTargetsThatAreNotOneForEachRow) {
  SequenceClassifier<double> model(small_config());
  SequenceClassifier<double>::Pass pass;
  const std::vector<std::int32_t> classes = targets_for(small_config());
  const std::vector<float> one(1, 1.0F);
  EXPECT_THROW(model.loss_and_gradients(kShape, kIds, {.classes = classes, .weights = one}, pass),
               ShapeError);
}

TEST(SequenceClassifier, LeavesAFrozenEmbeddingWithoutGradient) {
  SequenceClassifier<double> model(small_config());
  randomize(model);
  model.embedding().E.frozen = true;
  SequenceClassifier<double>::Pass pass;
  model.loss_and_gradients(kShape, kIds, targets_for(small_config()), pass);
  EXPECT_TRUE(model.embedding().E.grad.empty());
  EXPECT_EQ(model.trainable_parameters().size() + 1, model.parameters().size());
}

TEST(SequenceClassifier, ComputesTheSameInFloatAsInDouble) {
  SequenceClassifier<double> wide(small_config());
  SequenceClassifier<float> narrow(small_config());
  wide.init(3);
  narrow.init(3);
  SequenceClassifier<double>::Pass wide_pass;
  SequenceClassifier<float>::Pass narrow_pass;
  wide.forward(kShape, kIds, wide_pass);
  narrow.forward(kShape, kIds, narrow_pass);
  for (std::size_t k = 0; k < wide_pass.O.size(); ++k) {
    EXPECT_NEAR(narrow_pass.O[k], wide_pass.O[k], 1e-6);
  }
}

TEST(SequenceClassifier, ManyToManyLossIsTheSumOverSteps) {
  SequenceClassifierConfig config = small_config();
  config.pool = std::nullopt;
  SequenceClassifier<double> model(config);
  randomize(model);
  const RaggedShape one{std::vector<std::size_t>{3}};
  const std::vector<std::int32_t> ids{1, 2, 3};
  const std::vector<std::int32_t> targets{0, 1, 2};
  SequenceClassifier<double>::Pass pass;
  const double loss = model.loss_and_gradients(one, ids, targets, pass);
  double sum = 0;  // L = Σ_t −log ŷ_t[y_t]
  for (std::size_t t = 0; t < 3; ++t) {
    double total = 0;
    for (double score : pass.O.matrix().row(t)) total += std::exp(score);
    sum -= std::log(std::exp(pass.O.matrix()(t, t)) / total);
  }
  EXPECT_NEAR(loss, sum, 1e-12);
}

}  // namespace
}  // namespace unroll
