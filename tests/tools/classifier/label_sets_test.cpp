// Classifiers of texts that have any number of labels.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/text/label_sets.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {
namespace {

using test::small_options;

using Labels = std::vector<std::string_view>;

/// A label is there where its word is: no label, one, or two.
std::vector<Record> small_sets(std::size_t rows) {
  constexpr std::array kWords{"guitar", "goal", "vote"};
  constexpr std::array kLabels{"music", "sport", "politics"};
  std::vector<Record> records;
  for (std::size_t k = 0; k < rows; ++k) {
    Record record{"number " + std::to_string(k), "", k + 1};
    for (std::size_t label = 0; label < kWords.size(); ++label) {
      if ((k >> label & 1) == 0) continue;
      record.text += std::string(" the ") + kWords[label];
      record.label.empty() ? record.label = kLabels[label]
                           : record.more_labels.emplace_back(kLabels[label]);
    }
    records.push_back(std::move(record));
  }
  return records;
}

TrainClassifierOptions options_with(bool network, bool ngrams) {
  TrainClassifierOptions options = small_options();
  options.network = network;
  options.ngrams = ngrams;
  options.epochs = 30;
  options.early_stop = 0;
  return options;
}

Labels answer(const TextPredictor& predictor, std::string_view text) {
  Labels labels = predictor.labels_of(predictor.predict(text));
  std::ranges::sort(labels);
  return labels;
}

TEST(LabelSets, HaveOneNumberEach) {
  LabelSets sets;
  const auto first = sets.number_of({0, 2});
  EXPECT_NE(sets.number_of({}), first);
  EXPECT_EQ(sets.number_of({0, 2}), first);
  EXPECT_TRUE(std::ranges::equal(sets[first], std::array{0, 2}));
  const std::int32_t alone = 7;
  EXPECT_TRUE(std::ranges::equal(labels_of(alone, nullptr), std::array{7}));
  EXPECT_TRUE(std::ranges::equal(labels_of(first, &sets), std::array{0, 2}));
}

class ClassifierOfSets : public testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(ClassifierOfSets, AnswersEveryLabelAndNone) {
  const auto [network, ngrams] = GetParam();
  TrainedClassifier trained = train_classifier(small_sets(400), {}, options_with(network, ngrams));
  EXPECT_EQ(trained.plan.output, OutputKind::kSigmoid);
  EXPECT_EQ(to_string(trained.plan.metric), "micro-f1");
  EXPECT_GT(trained.dev.metric, 0.95);
  const TempFolder folder;
  const std::string hash = trained.classifier.hash();
  trained.classifier.save(folder.path());
  const TextPredictor predictor = TextPredictor::load(folder.path());
  EXPECT_TRUE(predictor.classifier().has_any_number_of_labels());
  EXPECT_EQ(predictor.classifier().hash(), hash);
  EXPECT_EQ(answer(predictor, "number 7 the guitar the goal"), (Labels{"music", "sport"}));
  EXPECT_EQ(answer(predictor, "number 9 the vote"), (Labels{"politics"}));
  EXPECT_EQ(answer(predictor, "number 3"), Labels{});
  const Prediction prediction = predictor.predict("number 7 the guitar the goal");
  EXPECT_EQ(predictor.labels_of(prediction, 0).size(), 3u);
  EXPECT_EQ(predictor.labels_of(prediction, 0).front(), prediction.label);
  EXPECT_TRUE(predictor.labels_of(prediction, 1).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Models, ClassifierOfSets,
    testing::Values(std::pair(true, true), std::pair(true, false), std::pair(false, true)),
    [](const auto& test) {
      return std::string(!test.param.first ? "linear" : test.param.second ? "fused" : "network");
    });

TEST(ClassifierOfSets, OfTwoLabelsHasAMachineForEach) {
  std::vector<Record> records = small_sets(200);
  for (Record& record : records) {
    std::erase(record.more_labels, "politics");
    if (record.label == "politics") record.label.clear();
  }
  const TextPredictor predictor(
      train_classifier(std::move(records), {}, options_with(false, true)).classifier);
  EXPECT_EQ(predictor.labels().size(), 2u);
  EXPECT_EQ(answer(predictor, "number 7 the guitar the goal"), (Labels{"music", "sport"}));
  EXPECT_EQ(answer(predictor, "number 7"), Labels{});
}

TEST(ClassifierOfSets, IsTheSameOnAnyNumberOfThreads) {
  const std::size_t before = thread_count();
  const auto hash = [&](std::size_t threads) {
    set_thread_count(threads);
    TrainClassifierOptions options = options_with(true, true);
    options.epochs = 2;
    return train_classifier(small_sets(150), {}, options).classifier.hash();
  };
  const std::string alone = hash(1);
  EXPECT_EQ(hash(2), alone);
  set_thread_count(before);
}

TEST(ClassifierOfSets, CountsDevLabelsThatTrainingLacksAsMissed) {
  std::vector<Record> dev = small_sets(8);
  dev[7].more_labels.emplace_back("weather");
  TrainedClassifier trained =
      train_classifier(small_sets(200), std::move(dev), options_with(false, true));
  EXPECT_EQ(trained.plan.unknown_dev_labels, 1u);
  EXPECT_EQ(trained.dev.accuracy, 7.0 / 8);
  EXPECT_DOUBLE_EQ(trained.dev.metric, 2 * 12.0 / (13 + 12));
}

TEST(ClassifierOfSets, IsNotTestedOnDevSetsWhereTrainingHasOneLabelATextEach) {
  try {
    train_classifier(test::small_reviews(60), small_sets(8), options_with(false, true));
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("(line 1)"), std::string::npos) << error.what();
  }
}

TEST(TextPredictor, OfOneLabelATextAnswersNoneBelowTheThreshold) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  const TextPredictor predictor(train_classifier(test::small_reviews(200), {}, options).classifier);
  const Prediction prediction = predictor.predict("a lovely film");
  EXPECT_EQ(predictor.labels_of(prediction, prediction.probability), (Labels{"pos"}));
  EXPECT_TRUE(predictor.labels_of(prediction, 1).empty());
}

}  // namespace
}  // namespace unroll
