#include "unroll/layers/sequence_predictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

const RaggedShape kShape{std::vector<std::size_t>{6, 4, 4, 1}};
const std::vector<std::int32_t> kIds{1, 2, 0, 3, 2, 2, 4, 1, 0, 3, 3, 4, 0, 0, 1};

std::vector<SequenceClassifierConfig> configs() {
  std::vector<SequenceClassifierConfig> all;
  for (Cell cell : kAllCells) {
    for (std::size_t layers : {1, 3}) {
      for (bool both : {false, true}) {
        for (std::optional<Pool> pool : {std::optional(Pool::kMax), std::optional<Pool>()}) {
          all.push_back({.vocabulary = 5,
                         .classes = 3,
                         .embedding = 3,
                         .cell = cell,
                         .hidden = 40,
                         .layers = layers,
                         .bidirectional = both,
                         .pool = pool});
        }
      }
    }
  }
  return all;
}

TEST(SequencePredictor, GivesTheBitsOfTheModelsForwardPass) {
  for (const SequenceClassifierConfig& config : configs()) {
    SequenceClassifier<float> model(config);
    model.init(3);
    SequenceClassifier<float>::Pass pass;
    model.forward(kShape, kIds, pass);
    for (WordProducts products : {WordProducts::kPerBatch, WordProducts::kWholeVocabulary}) {
      const SequencePredictor<float> predictor(model, products);
      SequencePredictor<float>::Scratch scratch;
      const auto O = predictor.predict(kShape, kIds, scratch);
      ASSERT_EQ(O.shape(), pass.O.shape());
      EXPECT_TRUE(std::ranges::equal(std::span(O.data(), pass.O.size()), pass.O.values()));
    }
  }
}

TEST(SequencePredictor, ARowHasTheBitsThatItHasAlone) {
  for (const SequenceClassifierConfig& config : configs()) {
    if (!config.pool) continue;
    SequenceClassifier<float> model(config);
    model.init(3);
    const SequencePredictor<float> predictor(model);
    SequencePredictor<float>::Scratch scratch, alone;
    const auto O = predictor.predict(kShape, kIds, scratch);
    for (std::size_t row = 0; row < kShape.batch(); ++row) {
      std::vector<std::int32_t> ids;
      for (std::size_t t = 0; t < kShape.length(row); ++t)
        ids.push_back(kIds[kShape.index(t, row)]);
      const auto single = predictor.predict(RaggedShape::rectangle(ids.size(), 1), ids, alone);
      EXPECT_TRUE(std::ranges::equal(single.row(0), O.row(row))) << row;
    }
  }
}

TEST(SequencePredictor, RefusesIdsThatItDoesNotKnow) {
  SequenceClassifier<float> model({.vocabulary = 5, .classes = 2, .embedding = 3, .hidden = 4});
  const RaggedShape shape = RaggedShape::rectangle(2, 1);
  for (WordProducts products : {WordProducts::kPerBatch, WordProducts::kWholeVocabulary}) {
    const SequencePredictor<float> predictor(model, products);
    SequencePredictor<float>::Scratch scratch;
    EXPECT_THROW(predictor.predict(shape, std::vector<std::int32_t>{1, 5}, scratch), ShapeError);
    EXPECT_THROW(predictor.predict(shape, std::vector<std::int32_t>{1}, scratch), ShapeError);
  }
}

}  // namespace
}  // namespace unroll
