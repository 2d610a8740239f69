#include "unroll/tools/classifier/train_classifier.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include <algorithm>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/random.h"
#include "unroll/text/unicode.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

TEST(TrainClassifier, LearnsWhatIsToBeLearnt) {
  TrainedClassifier trained = train_classifier(small_reviews(200), {}, small_options());
  EXPECT_EQ(trained.dev.accuracy, 1);
  EXPECT_TRUE(trained.plan.dev_held_back);
  EXPECT_EQ(trained.plan.train_rows + trained.plan.dev_rows, 200u);
  EXPECT_EQ(trained.plan.dev_rows, 20u);
  const TextPredictor predictor(std::move(trained.classifier));
  EXPECT_EQ(predictor.predict("a lovely film").label, "pos");
  EXPECT_EQ(predictor.predict("an awful film").label, "neg");
}

TEST(TrainClassifier, ChoosesAFusedModelsEpochByItsLossAndANetworksByItsAccuracy) {
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  const auto metric = [&] {
    return train_classifier(small_reviews(60), {}, options).plan.metric.kind;
  };
  EXPECT_EQ(metric(), Metric::Kind::kLoss);
  options.ngrams = false;
  EXPECT_EQ(metric(), Metric::Kind::kAccuracy);
  options.metric = Metric{.kind = Metric::Kind::kMacroF1};
  EXPECT_EQ(metric(), Metric::Kind::kMacroF1);
}

/// Rows of six labels, each with one telling word of many and some that say nothing.
std::vector<Record> hard_rows(std::size_t rows, std::uint64_t seed) {
  constexpr std::size_t kLabels = 6, kTelling = 60, kOthers = 300;  // letters say nothing
  Random random(seed, "hard rows");
  std::vector<Record> records;
  for (std::size_t k = 0; k < rows; ++k) {
    const std::size_t label = random.below(kLabels);
    std::string text =
        fmt::format("w{}", 7919 * (kTelling * label + random.below(kTelling)) % 99991);
    for (int n = 0; n < 5; ++n) text += fmt::format(" n{}", random.below(kOthers));
    records.push_back({text, fmt::format("l{}", label), k + 1});
  }
  return records;
}

/// A small network learns nothing of these rows, and its noise costs two answers.
TEST(TrainClassifier, KeepsTheLinearModelUnlessAnEpochIsAsGood) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  options.metric = Metric{.kind = Metric::Kind::kAccuracy};
  const auto train = [&] {
    return train_classifier(hard_rows(400, 19), hard_rows(300, 1019), options);
  };
  const TrainedClassifier kept = train();
  EXPECT_EQ(kept.training.epochs.size(), 2u);
  EXPECT_EQ(kept.training.best_epoch, std::nullopt);
  EXPECT_EQ(kept.dev.accuracy, kept.ngrams->score.accuracy);
  EXPECT_LT(kept.training.epochs.back().score.value, kept.dev.accuracy);
  options.network = false;
  EXPECT_EQ(kept.classifier.hash(), train().classifier.hash());
  options.network = true;
  options.ngrams = false;
  EXPECT_TRUE(train().training.best_epoch.has_value()) << "nothing was there before";
}

TEST(TrainClassifier, RefusesWeightsThatAreNone) {
  for (const float weight : {0.0F, -1.0F, std::nanf(""), INFINITY}) {
    std::vector<Record> records = small_reviews(60);
    records[3].weight = weight;
    EXPECT_THROW(train_classifier(records, {}, small_options()), DataError) << weight;
    EXPECT_THROW(train_classifier(small_reviews(60), records, small_options()), DataError)
        << weight;
  }
}

TEST(TrainClassifier, LearnsWithEveryCell) {
  for (Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
    TrainClassifierOptions options = small_options();
    options.model.cell = Cell::kRnn;
    options.model.activation = activation;
    // σ' ≤ 1/4: with a sigmoid the gradient needs its time.
    options.epochs = activation == Activation::kSigmoid ? 60 : 12;
    options.early_stop = 0;
    EXPECT_GT(train_classifier(small_reviews(200), {}, options).dev.accuracy, 0.9)
        << to_string(activation);
  }
}

/// Mean −ln ŷ of the records' labels.
double loss_of(const TextPredictor& predictor, const std::vector<Record>& records) {
  double loss = 0;
  for (const Record& record : records) {
    const auto label = predictor.classifier().label_number(record.label);
    loss -= std::log(predictor.predict(record.text).probabilities[static_cast<std::size_t>(label)]);
  }
  return loss / static_cast<double>(records.size());
}

TextClassifier network_for(const std::vector<Record>& dev) {
  TrainClassifierOptions options = small_options();
  options.ngrams = false;
  return train_classifier(small_reviews(200), dev, options).classifier;
}

TEST(TrainClassifier, GivesANetworkAloneTheTemperatureThatSuitsTheDevTexts) {
  std::vector<Record> dev = small_reviews(60);
  const double right = network_for(dev).fusion().network;
  EXPECT_GT(right, 1.2) << "it is always right, so it may be surer";
  for (std::size_t k = 0; k < dev.size(); k += 3) dev[k].label = k % 2 == 0 ? "pos" : "neg";
  TextClassifier classifier = network_for(dev);
  const double weight = classifier.fusion().network;
  EXPECT_GT(weight, 0);
  EXPECT_LT(weight, 0.9 * right) << "a third of the dev labels are wrong";
  const TempFolder folder;
  const auto loss_with = [&](double network) {
    classifier.set_fusion({.network = network});
    classifier.save(folder.path());
    return loss_of(TextPredictor::load(folder.path()), dev);
  };
  EXPECT_LT(loss_with(weight), loss_with(1));
}

TEST(TrainClassifier, GivesTheSameModelForTheSameSeed) {
  const auto values = [](std::uint64_t seed) {
    TrainClassifierOptions options = small_options();
    options.epochs = 1;
    options.seed = seed;
    TrainedClassifier trained = train_classifier(small_reviews(60), {}, options);
    std::vector<float> all;
    for (const auto* parameter : trained.classifier.model().parameters()) {
      all.insert(all.end(), parameter->value.values().begin(), parameter->value.values().end());
    }
    return all;
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

TEST(TrainClassifier, NotesTheIcuThatCutTheTexts) {
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  const TrainedClassifier trained = train_classifier(small_reviews(60), {}, options);
  EXPECT_EQ(trained.classifier.notes.at(TextClassifier::kIcuNote), icu_version());
}

TEST(TrainClassifier, TakesMoreEpochsForSmallData) {
  TrainClassifierOptions options = small_options();
  options.epochs = 0;
  TrainingPlan plan;
  bool planned = false;
  const ClassifierObserver observer{.plan =
                                        [&](const TrainingPlan& p, const TextClassifier&) {
                                          plan = p;
                                          planned = true;
                                        },
                                    .step = {},
                                    .epoch = {},
                                    .stop = [] { return true; }};
  train_classifier(small_reviews(640), small_reviews(10), options, observer);
  ASSERT_TRUE(planned);
  EXPECT_EQ(plan.steps_per_epoch, 10u);
  EXPECT_EQ(plan.epochs, TrainClassifierOptions::kDefaultSteps / 10);
  EXPECT_GE(plan.early_stop, 3u);
}

TEST(TrainClassifier, CountsCutAndEmptyTexts) {
  std::vector<Record> records = small_reviews(40);
  records[0].text = " ";
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  options.max_tokens = 3;
  const TrainedClassifier trained = train_classifier(records, small_reviews(4), options);
  EXPECT_EQ(trained.plan.empty_texts, 1u);
  EXPECT_EQ(trained.plan.cut_texts, 39u + 4u);
}

TEST(TrainClassifier, NeedsTwoLabels) {
  std::vector<Record> records = small_reviews(10);
  for (Record& record : records) record.label = "same";
  EXPECT_THROW(train_classifier(records, {}, small_options()), DataError);
}

TEST(TrainClassifier, StartsFromWordVectorsAndKeepsThemIfFrozen) {
  const TempFolder folder;
  write_file(folder.file("v.txt"), "good 1 2 3\nfilm 4 5 6\n");
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  options.vectors = folder.file("v.txt").string();
  options.freeze_embedding = true;
  TrainedClassifier trained = train_classifier(small_reviews(40), {}, options);
  EXPECT_EQ(trained.plan.vectors->found, 2u);
  const auto row = [&](const char* word) {
    const auto id = static_cast<std::size_t>(trained.classifier.encoder().vocabulary().id(word));
    const auto values = trained.classifier.model().embedding().E.value.matrix().row(id);
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(row("good"), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(row("film"), (std::vector<float>{4, 5, 6}));
}

}  // namespace
}  // namespace unroll
