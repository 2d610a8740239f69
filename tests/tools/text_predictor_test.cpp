#include "unroll/tools/text_predictor.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

using test::small_classifier;

// Nobody may change weights that are packed already.
static_assert(
    std::is_same_v<decltype(std::declval<TextPredictor&>().classifier()), const TextClassifier&>);

const std::vector<std::string_view> kTexts{"a good film", "Bad! BAD film.", "", "电影",
                                           "good good good good good good good good good"};

std::vector<std::vector<float>> probabilities(const TextPredictor& predictor) {
  std::vector<std::vector<float>> all;
  for (const Prediction& prediction : predictor.predict(kTexts)) {
    all.push_back(prediction.probabilities);
  }
  return all;
}

TEST(TextPredictor, HoldsNoGradients) {
  const TextPredictor predictor(small_classifier());
  for (const Parameter<float>* parameter : predictor.classifier().model().parameters()) {
    EXPECT_FALSE(parameter->value.empty()) << parameter->name;
    EXPECT_TRUE(parameter->grad.empty()) << parameter->name;
  }
}

TEST(TextPredictor, PredictsTheSameAfterSavingAndLoading) {
  const TempFolder folder;
  const TextPredictor predictor(small_classifier());
  predictor.classifier().save(folder.path());
  const TextPredictor loaded = TextPredictor::load(folder.path());
  EXPECT_EQ(loaded.labels(), predictor.labels());
  EXPECT_EQ(loaded.classifier().notes, predictor.classifier().notes);
  EXPECT_EQ(probabilities(loaded), probabilities(predictor));
}

TEST(TextPredictor, PredictsTheSameWithTheWholeVocabularysProducts) {
  const TextPredictor predictor(small_classifier(), WordProducts::kWholeVocabulary);
  EXPECT_EQ(probabilities(predictor), probabilities(TextPredictor(small_classifier())));
}

TEST(TextPredictor, PredictsTheSameAfterAMove) {
  TextPredictor predictor(small_classifier());
  const auto before = probabilities(predictor);
  TextPredictor moved = std::move(predictor);
  EXPECT_EQ(probabilities(moved), before);
  moved = TextPredictor(small_classifier());
  EXPECT_EQ(probabilities(moved), before);
}

TEST(TextPredictor, GivesProbabilitiesThatSumToOne) {
  for (const Prediction& prediction : TextPredictor(small_classifier()).predict(kTexts)) {
    const double sum =
        std::accumulate(prediction.probabilities.begin(), prediction.probabilities.end(), 0.0);
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_GE(prediction.probability, 1.0 / 3);
  }
}

TEST(TextPredictor, GivesTheSameBitsAloneAndInCompanyAndOnAnyThreads) {
  const TextPredictor predictor(small_classifier());
  const std::size_t before = thread_count();
  set_thread_count(3);
  const auto together = predictor.predict(kTexts);
  set_thread_count(before);
  for (std::size_t k = 0; k < kTexts.size(); ++k) {
    EXPECT_EQ(predictor.predict(kTexts[k]).probabilities, together[k].probabilities);
  }
}

}  // namespace
}  // namespace unroll
