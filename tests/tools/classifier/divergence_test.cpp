#include "unroll/tools/classifier/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>
#include <string>

#include "tests/tools/small_data.h"
#include "unroll/layers/cells/cell.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A small network, and a batch of three texts of 3, 2 and 2 words.
struct DivergenceTest : testing::TestWithParam<Cell> {
  DivergenceTest()
      : model({.vocabulary = 9,
               .classes = 2,
               .embedding = 4,
               .cell = GetParam(),
               .activation = Activation::kRelu,
               .hidden = 5,
               .layers = 2,
               .dropout = 0}),
        examples{{{1, 2, 3}, 0}, {{4, 5}, 1}, {{6, 7}, 0}},
        batch(make_batch(examples, std::vector<std::size_t>{0, 1, 2})) {
    model.init(1);
  }
  RecurrentLayer<float>& layer(std::size_t l, std::size_t d) { return model.stack().layer(l, d); }
  std::optional<Divergence> find() {
    return find_in_step(model, batch, {.classes = batch.labels}, {.seed = 1, .step = 0});
  }

  SequenceClassifier<float> model;
  std::vector<Example> examples;
  Batch batch;
  Vocabulary vocabulary;
};

TEST_P(DivergenceTest, FindsNothingInAStepThatGoesWell) {
  EXPECT_FALSE(find_in_parameters(model));
  EXPECT_FALSE(find());
}

TEST_P(DivergenceTest, NamesTheWeightItsPlaceAndItsGate) {
  const std::string_view gates = describe({GetParam()}).gates;
  layer(1, 0).W.value.matrix()((gates.size() - 1) * 5 + 2, 3) = kInfinity;
  const auto found = find_in_parameters(model);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tensor, std::string(to_string(GetParam())) + ".1.forward.W");
  EXPECT_EQ(found->index, (std::vector<std::size_t>{(gates.size() - 1) * 5 + 2, 3}));
  EXPECT_EQ(found->gate, std::string(1, gates.back()));
  EXPECT_EQ(found->value, kInfinity);
}

TEST_P(DivergenceTest, NamesTheWordWhoseVectorIsNotFinite) {
  const std::vector<Vocabulary::Entry> words{{"<unk>", 1}, {"good", 1}};
  model.embedding().E.value.matrix()(1, 2) = std::nanf("");
  const auto found = find_in_parameters(model);
  ASSERT_TRUE(found);
  EXPECT_EQ(to_string(*found, Vocabulary(words)), "embedding.E[1, 2] (word \"good\") is nan");
}

/// An RNN whose states have no bound.
struct UnboundedDivergence : DivergenceTest {};

// Word 5 is the second word of the second row.
TEST_P(UnboundedDivergence, FindsTheStateThatAnInputMadeTooLarge) {
  model.embedding().E.value.matrix()(5, 1) = 3e38F;
  for (std::size_t row = 0; row < 5; ++row) {
    layer(0, 0).U.value.matrix()(row, 1) = 10;  // z = 3e39
    layer(0, 1).U.value.matrix()(row, 1) = 0;
  }
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tensor, "rnn.0.forward");
  EXPECT_EQ(found->gate, "h");
  EXPECT_EQ(found->time_step, 1u);
  EXPECT_EQ(found->row, 1u);
  EXPECT_EQ(largest_weight(model, Vocabulary(std::vector<Vocabulary::Entry>{
                                      {"<unk>"}, {"a"}, {"b"}, {"c"}, {"d"}, {"e"}})),
            "the largest weight is 3e+38, embedding.E[5, 1] (word \"e\")");
}

// The second layer's backward direction meets the last step of the longest row first.
TEST_P(UnboundedDivergence, SearchesTheBackwardDirectionFromItsOwnBeginning) {
  layer(1, 1).b.value[3] = 3e38F;
  layer(1, 1).W.value.matrix()(2, 3) = 10;
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tensor, "rnn.1.backward");
  EXPECT_EQ(found->time_step, 1u) << "h_2 is 3e38 in unit 3, and 10 times that a step later";
  EXPECT_EQ(found->row, 0u);
  EXPECT_EQ(found->index, std::vector<std::size_t>{2});
}

INSTANTIATE_TEST_SUITE_P(Rnn, UnboundedDivergence, testing::Values(Cell::kRnn));

INSTANTIATE_TEST_SUITE_P(Cells, DivergenceTest, testing::ValuesIn(kAllCells),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(DivergenceTexts, CountFromOne) {
  const Divergence found{.tensor = "lstm.0.forward",
                         .gate = "f",
                         .index = {7},
                         .value = kInfinity,
                         .time_step = 2,
                         .row = 0};
  EXPECT_EQ(to_string(found, Vocabulary()),
            "gate f of lstm.0.forward is inf at time step 3 of row 1 of the batch, unit 7");
}

/// Trains, and spoils a weight behind step `step`, counted from 0.
TrainedClassifier train_and_spoil(TrainClassifierOptions options, std::size_t step, auto spoil) {
  TextClassifier* watched = nullptr;
  std::size_t steps = 0;
  return train_classifier(
      small_reviews(150), {}, options,
      {.plan = [&](const TrainingPlan&,
                   const TextClassifier& start) { watched = const_cast<TextClassifier*>(&start); },
       .step =
           [&](const StepReport&, std::size_t) {
             if (steps++ == step) spoil(watched->model());
           },
       .epoch = {},
       .stop = {}});
}

TEST(Divergence, IsLocatedInTheStepAfterAWeightWasSpoilt) {
  TrainClassifierOptions options = small_options();
  options.ngrams = false;
  options.batch = 16;  // 9 steps an epoch
  const TrainedClassifier trained = train_and_spoil(options, 37, [](auto& model) {
    model.stack().layer(0, 0).W.value.matrix()(8 + 3, 5) = kInfinity;
  });
  EXPECT_EQ(trained.training.end, TrainingEnd::kDiverged);
  EXPECT_EQ(trained.training.failed.epoch, 4u);
  EXPECT_EQ(trained.training.failed.step, 2u) << "38 steps were done";
  EXPECT_EQ(trained.divergence,
            "lstm.0.forward.W[11, 5] (gate i) is inf, since the step before moved it");
}

/// Trains, with a weight that is spoilt before the first step.
TrainedClassifier train_spoilt(const TrainClassifierOptions& options, auto spoil) {
  return train_classifier(small_reviews(150), {}, options,
                          {.plan =
                               [&](const TrainingPlan&, const TextClassifier& start) {
                                 auto& classifier = const_cast<TextClassifier&>(start);
                                 spoil(classifier.model(), classifier.encoder().vocabulary());
                               },
                           .step = {},
                           .epoch = {},
                           .stop = {}});
}

TEST(Divergence, OfAnInfiniteInputVectorIsLocated) {
  TrainClassifierOptions options = small_options();
  options.ngrams = false;
  std::int32_t id = 0;
  const TrainedClassifier trained = train_spoilt(options, [&](auto& model, const auto& words) {
    id = words.id("lovely");
    model.embedding().E.value.matrix()(static_cast<std::size_t>(id), 3) = kInfinity;
  });
  EXPECT_EQ(trained.training.end, TrainingEnd::kDiverged);
  EXPECT_EQ(trained.training.failed.step, 0u);
  EXPECT_EQ(trained.divergence, "embedding.E[" + std::to_string(id) +
                                    ", 3] (word \"lovely\") is inf, from the beginning");
}

/// A vector that is finite and too large, in the only text that has the word: nothing else is.
TEST(Divergence, OfAVectorThatIsTooLargeIsLocatedInItsText) {
  TrainClassifierOptions options = small_options();
  options.ngrams = false;
  options.word_dropout = options.model.dropout = 0;
  options.model.cell = Cell::kRnn;
  options.model.activation = Activation::kRelu;
  options.batch = 16;
  const TrainedClassifier trained = train_spoilt(options, [&](auto& model, const auto& words) {
    model.embedding().E.value.matrix()(static_cast<std::size_t>(words.id("lovely")), 3) = 3e38F;
    for (std::size_t row = 0; row < 8; ++row) {
      model.stack().layer(0, 0).U.value.matrix()(row, 3) = 10;
      model.stack().layer(0, 1).U.value.matrix()(row, 3) = 0;
    }
  });
  EXPECT_EQ(trained.training.end, TrainingEnd::kDiverged);
  EXPECT_TRUE(
      trained.divergence.starts_with("gate h of rnn.0.forward is inf at time step 2 of row "))
      << trained.divergence;
  EXPECT_NE(trained.divergence.find("(\"a lovely film"), std::string::npos) << trained.divergence;
  EXPECT_NE(trained.divergence.find("the largest weight is 3e+38, embedding.E["), std::string::npos)
      << trained.divergence;
}

TEST(Divergence, OfTooLargeARateIsLocated) {
  TrainClassifierOptions options = small_options();
  options.ngrams = false;
  options.batch = 16;
  options.learning_rate = 1e6;
  options.optimizer.kind = OptimizerKind::kSgd;
  options.model.cell = Cell::kRnn;
  options.model.activation = Activation::kRelu;
  options.clip_norm = 0;
  const TrainedClassifier trained = train_classifier(small_reviews(150), {}, options);
  EXPECT_EQ(trained.training.end, TrainingEnd::kDiverged);
  EXPECT_EQ(trained.training.failed.epoch, 0u);
  EXPECT_EQ(trained.training.failed.step, 1u) << "the first step moved the weights by the rate";
  const std::regex place(
      R"(.+ is -?(inf|nan) at (time step \d+ of )?row \d+ of the batch, unit \d+ \(".+"\); )"
      R"(the largest weight is \S+e\+\d+, \S+\[\d+(, \d+)?\].*)");
  EXPECT_TRUE(std::regex_match(trained.divergence, place)) << trained.divergence;
}

TEST(Divergence, IsNotMentionedWhereThereIsNone) {
  EXPECT_EQ(train_classifier(small_reviews(60), {}, small_options()).divergence, "");
}

}  // namespace
}  // namespace unroll
