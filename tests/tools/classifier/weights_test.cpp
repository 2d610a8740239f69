#include "unroll/tools/classifier/weights.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/text/batches.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

const std::vector<std::string> kLabels{"common", "rare"};

/// Nine common rows and a rare one, each of this weight.
std::vector<Example> examples(float weight = 1) {
  std::vector<Example> all(10, Example{{1}, 0, weight});
  all[3].label = 1;
  return all;
}

TEST(Weights, OfEqualRowsAreOneWhateverTheyWere) {
  for (const float weight : {1.0F, 0.1F, 7.0F}) {
    std::vector<Example> train = examples(weight), dev = examples(weight);
    weigh(train, dev, kLabels, {});
    for (const Example& example : train) EXPECT_EQ(example.weight, 1.0F);
    for (const Example& example : dev) EXPECT_EQ(example.weight, 1.0F);
  }
}

TEST(Weights, BalancedGiveEachLabelTheSameShare) {
  std::vector<Example> train = examples(), dev{{{1}, 1, 1.0F}, {{1}, -1, 1.0F}};
  train[0].weight = 3;  // a row that counts as three
  weigh(train, dev, kLabels, {.balanced = true});
  double common = 0;
  for (const Example& example : train) common += example.label == 0 ? example.weight : 0.0;
  EXPECT_NEAR(common, 5, 1e-6);
  EXPECT_FLOAT_EQ(train[3].weight, 5);
  EXPECT_FLOAT_EQ(train[0].weight / train[1].weight, 3);
  EXPECT_FLOAT_EQ(dev[0].weight / train[3].weight, 1);
}

TEST(Weights, OfLabelsMultiplyThoseOfRows) {
  std::vector<Example> train = examples(), dev;
  train[1].weight = 2;
  weigh(train, dev, kLabels, {.balanced = false, .of_label = {{"rare", 4.0}}});
  EXPECT_FLOAT_EQ(train[3].weight / train[0].weight, 4);
  EXPECT_FLOAT_EQ(train[1].weight / train[0].weight, 2);
}

TEST(Weights, AreNamedAsTheyAreGiven) {
  EXPECT_EQ(to_string(ClassWeights{}), "none");
  EXPECT_EQ(to_string(ClassWeights{.balanced = true}), "balanced");
  EXPECT_EQ(to_string(ClassWeights{.balanced = false, .of_label = {{"spam", 5}, {"ham", 0.5}}}),
            "ham=0.5,spam=5");
}

TEST(Weights, OfALabelThatIsNotThereAreRefusedWithTheOthers) {
  std::vector<Example> train = examples(), dev;
  try {
    weigh(train, dev, kLabels, {.balanced = false, .of_label = {{"raer", 4.0}}});
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("\"common\", \"rare\""), std::string::npos)
        << error.what();
  }
}

TEST(Weights, ThatAreEqualTrainTheSameModelToTheBit) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  const auto hash = [&](float weight) {
    std::vector<Record> records = small_reviews(150);
    for (Record& record : records) record.weight = weight;
    return train_classifier(std::move(records), {}, options).classifier.hash();
  };
  EXPECT_EQ(hash(3), hash(1));
}

TEST(Weights, MoveWhatNetworkAndLinearModelLearn) {
  for (const bool network : {false, true}) {
    TrainClassifierOptions options = small_options();
    options.epochs = 2;
    options.network = network;
    options.ngrams = !network;
    const auto hash = [&] {
      return train_classifier(small_reviews(150), {}, options).classifier.hash();
    };
    const std::string plain = hash();
    options.class_weights = {.balanced = false, .of_label = {{"neg", 5.0}}};
    EXPECT_NE(hash(), plain) << network;
  }
}

}  // namespace
}  // namespace unroll
