// A network and a linear model as one classifier: in training, in a file, in predictions.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/safetensors.h"
#include "unroll/tools/classifier/prediction_session.h"

namespace unroll {
namespace {

using test::small_fused_classifier;
using test::small_options;
using test::small_reviews;

const std::vector<std::string_view> kTexts{"good film", "很好", "", "an unknown, bad thing",
                                           "film film film good"};

std::vector<std::vector<float>> probabilities(const TextPredictor& predictor) {
  std::vector<std::vector<float>> all;
  for (Prediction& prediction : predictor.predict(kTexts)) {
    all.push_back(std::move(prediction.probabilities));
  }
  return all;
}

TEST(FusedClassifier, IsTheSameFromAFile) {
  const TempFolder folder;
  const TextClassifier classifier = small_fused_classifier();
  classifier.save(folder.path());
  TextClassifier loaded = TextClassifier::load(folder.path());
  EXPECT_EQ(loaded.hash(), classifier.hash());
  EXPECT_EQ(loaded.ngrams()->settings(), classifier.ngrams()->settings());
  EXPECT_EQ(probabilities(TextPredictor(std::move(loaded))),
            probabilities(TextPredictor(small_fused_classifier())));
}

TEST(FusedClassifier, HasAnotherHashForAnotherWeightOrFusion) {
  const std::string hash = small_fused_classifier().hash();
  TextClassifier other = small_fused_classifier();
  other.ngrams()->W[3] = to_bfloat16(2);
  EXPECT_NE(other.hash(), hash);
  other = small_fused_classifier();
  other.set_fusion({.network = 0.5, .ngrams = {1.25, 0.5}});
  EXPECT_NE(other.hash(), hash);
}

TEST(FusedClassifier, SaysWhatItsPartsSayTogether) {
  const std::vector<std::string> tokens{"good", "film"};
  const TextClassifier classifier = small_fused_classifier();
  NgramClassifier::Scratch scratch(*classifier.ngrams());
  Tensor<double> margins({2, 3});
  classifier.ngrams()->margins(tokens, scratch, margins.matrix());
  const auto network = TextPredictor(test::small_classifier()).predict("good film").probabilities;
  std::vector<double> O;
  for (std::size_t k = 0; k < 3; ++k) {
    O.push_back(0.5 * std::log(static_cast<double>(network[k])) + 1.25 * margins[k] +
                0.75 * margins[3 + k]);
  }
  const double sum = std::exp(O[0]) + std::exp(O[1]) + std::exp(O[2]);
  const auto fused = TextPredictor(small_fused_classifier()).predict("good film").probabilities;
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(fused[k], std::exp(O[k]) / sum, 1e-5);
}

TEST(FusedClassifier, PredictsTheSameAloneAndTogether) {
  const TextPredictor predictor(small_fused_classifier());
  const auto together = probabilities(predictor);
  PredictionSession session(predictor);
  for (std::size_t k = 0; k < kTexts.size(); ++k) {
    EXPECT_EQ(predictor.predict(kTexts[k]).probabilities, together[k]);
    EXPECT_EQ(session.predict(kTexts[k]).probabilities, together[k]);
  }
}

TEST(FusedClassifier, LeavesANetworkWithoutWeightOutOfTheFile) {
  TextClassifier classifier = small_fused_classifier();
  classifier.set_fusion({.network = 0, .ngrams = {1, 1}});
  const TempFolder folder;
  classifier.save(folder.path());
  TextClassifier loaded = TextClassifier::load(folder.path());
  EXPECT_FALSE(loaded.has_network());
  EXPECT_EQ(loaded.hash(), classifier.hash());
  EXPECT_EQ(probabilities(TextPredictor(std::move(loaded))),
            probabilities(TextPredictor(std::move(classifier))));
}

TEST(FusedClassifier, SaysThatALinearModelHasNoNetwork) {
  const TextClassifier classifier({}, {"a", "b"});
  EXPECT_FALSE(classifier.has_network());
  EXPECT_THROW(classifier.model(), UsageError);
}

TEST(FusedClassifier, RefusesFilesWhoseTensorsDoNotFit) {
  const TempFolder folder;
  small_fused_classifier().save(folder.path());
  const auto path = folder.path() / TextClassifier::kFileName;
  const Safetensors file = read_safetensors(path);
  const auto write = [&](const char* name, const StoredTensor& tensor) {
    StoredTensors tensors;
    for (const auto& entry : file.tensors) {  // clang 16 lets no lambda capture a binding
      std::visit([&](const auto& stored) { tensors.emplace(entry.first, stored); }, entry.second);
    }
    tensors.erase(name);
    tensors.emplace(name, tensor);
    write_safetensors(path, file.metadata, tensors);
  };
  const auto& keys = std::get<Tensor<std::uint32_t>>(file.tensors.at("ngrams.keys"));
  write("ngrams.idf", Tensor<float>({keys.size() + 1}));
  EXPECT_THROW(TextClassifier::load(path), ModelError);
  write("ngrams.W", Tensor<float>({keys.size(), 6}));
  EXPECT_THROW(TextClassifier::load(path), ModelError);
  write("ngrams.keys", Tensor<std::uint32_t>({keys.size()}));  // zeros do not rise
  EXPECT_THROW(TextClassifier::load(path), ModelError);
  Tensor<BFloat16> W({keys.size(), 6});
  W[0] = to_bfloat16(INFINITY);
  write("ngrams.W", W);
  EXPECT_THROW(TextClassifier::load(path), ModelError);
  write("ngrams.keys", keys);
  EXPECT_NO_THROW(TextClassifier::load(path));
}

TEST(FusedClassifier, OfTrainingAnswersByItsNgramsFirst) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  std::vector<std::string> order;
  const ClassifierObserver observer{.plan =
                                        [&](const TrainingPlan& plan, const TextClassifier&) {
                                          EXPECT_GT(plan.ngrams, 0u);
                                          order.push_back("plan");
                                        },
                                    .ngrams =
                                        [&](const NgramReport& report, TextClassifier& classifier) {
                                          EXPECT_GT(report.score.value, 0.8);
                                          EXPECT_EQ(classifier.fusion().network, 0);
                                          order.push_back("ngrams");
                                        },
                                    .step = {},
                                    .epoch =
                                        [&](const EpochReport&, TextClassifier& classifier) {
                                          EXPECT_NE(classifier.fusion().network, 0);
                                          order.push_back("epoch");
                                        },
                                    .stop = {}};
  train_classifier(small_reviews(200), {}, options, observer);
  EXPECT_EQ(order, (std::vector<std::string>{"plan", "ngrams", "epoch", "epoch"}));
}

TEST(FusedClassifier, IsTheSameOnAnyNumberOfThreads) {
  const std::size_t before = thread_count();
  const auto hash = [&](std::size_t threads) {
    set_thread_count(threads);
    TrainClassifierOptions options = small_options();
    options.epochs = 2;
    return train_classifier(small_reviews(150), {}, options).classifier.hash();
  };
  const std::string alone = hash(1);
  for (const std::size_t threads : {2, 3}) EXPECT_EQ(hash(threads), alone) << threads;
  set_thread_count(before);
}

TEST(FusedClassifier, MayBeEitherPartAlone) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  options.ngrams = false;
  const TrainedClassifier network = train_classifier(small_reviews(200), {}, options);
  EXPECT_EQ(network.classifier.ngrams(), nullptr);
  EXPECT_FALSE(network.ngrams);
  options.ngrams = true;
  options.network = false;
  TrainedClassifier linear = train_classifier(small_reviews(200), {}, options);
  EXPECT_FALSE(linear.classifier.has_network());
  EXPECT_TRUE(linear.training.epochs.empty());
  EXPECT_EQ(linear.ngrams->score.value, 1);
  EXPECT_EQ(TextPredictor(std::move(linear.classifier)).predict("a lovely film").label, "pos");
  options.ngrams = false;
  EXPECT_THROW(train_classifier(small_reviews(200), {}, options), UsageError);
}

TEST(FusedClassifier, CountsTheNgramsOfWholeTexts) {
  TrainClassifierOptions options = small_options();
  options.network = false;
  options.max_tokens = 1;  // the word that tells is the second one
  TrainedClassifier linear = train_classifier(small_reviews(200), {}, options);
  EXPECT_EQ(linear.plan.cut_texts, 200u);
  const TextPredictor predictor(std::move(linear.classifier));
  const Prediction prediction = predictor.predict("a lovely film");
  EXPECT_EQ(prediction.label, "pos");
  EXPECT_FALSE(prediction.text.cut);
  EXPECT_EQ(predictor.predict("a dreadful film").label, "neg");
}

}  // namespace
}  // namespace unroll
