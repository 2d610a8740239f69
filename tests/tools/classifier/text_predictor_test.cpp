#include "unroll/tools/classifier/text_predictor.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/classifier/prediction_session.h"

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

TextPredictor with_network_weight(double weight) {
  TextClassifier classifier = small_classifier();
  classifier.set_fusion({.network = weight});
  return TextPredictor(std::move(classifier));
}

TEST(TextPredictor, TakesATemperatureForProbabilitiesAndNotForLabels) {
  const TextPredictor plain(small_classifier());
  for (const double weight : {0.01, 0.3, 0.99, 1.7, 20.0}) {
    const TextPredictor scaled = with_network_weight(weight);
    for (const std::string_view text : kTexts) {
      const Prediction before = plain.predict(text), after = scaled.predict(text);
      EXPECT_EQ(after.label, before.label) << text;
      EXPECT_NEAR(std::log(after.probabilities[0] / after.probabilities[2]),
                  weight * std::log(before.probabilities[0] / before.probabilities[2]),
                  1e-5 * (1 + weight));
    }
  }
  EXPECT_EQ(probabilities(with_network_weight(1)), probabilities(plain));
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

/// More texts than a batch has, of different lengths.
std::vector<std::string> many_texts(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < count; ++k) {
    std::string text = k % 3 == 0 ? "a good film" : "Bad! BAD film.";
    for (std::size_t n = 0; n < k % 17; ++n) text += n % 2 == 0 ? " good" : " film";
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::vector<float>> one_by_one(const TextPredictor& predictor,
                                           const std::vector<std::string>& texts) {
  std::vector<std::vector<float>> all;
  for (const std::string& text : texts) all.push_back(predictor.predict(text).probabilities);
  return all;
}

class PredictionThreads : public testing::Test {
 protected:
  PredictionThreads() : before_(thread_count()) { set_thread_count(3); }
  ~PredictionThreads() override { set_thread_count(before_); }

 private:
  std::size_t before_;
};

TEST_F(PredictionThreads, EightCallersGetTheBitsThatOneGets) {
  const TextPredictor predictor(small_classifier());
  const std::vector<std::string> texts = many_texts(100);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto expected = one_by_one(predictor, texts);
  std::vector<std::thread> callers;
  std::atomic<std::size_t> wrong = 0;
  for (std::size_t caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      PredictionSession session(predictor);
      for (std::size_t round = 0; round < 5; ++round) {
        const auto all = predictor.predict(views);
        for (std::size_t k = 0; k < texts.size(); ++k) {
          if (all[k].probabilities != expected[k]) ++wrong;
        }
        const std::size_t one = (caller * 31 + round * 7) % texts.size();
        if (session.predict(texts[one]).probabilities != expected[one]) ++wrong;
        if (predictor.predict(texts[one]).probabilities != expected[one]) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0U);
}

TEST_F(PredictionThreads, ASessionPredictsWhatItsPredictorDoes) {
  const TextPredictor predictor(small_classifier());
  const std::vector<std::string> texts = many_texts(70);
  const auto expected = one_by_one(predictor, texts);
  PredictionSession session(predictor);
  for (std::size_t count : {70U, 1U, 33U, 0U, 64U}) {
    const std::vector<std::string_view> views(texts.begin(), texts.begin() + count);
    const auto predictions = session.predict(views);
    ASSERT_EQ(predictions.size(), count);
    for (std::size_t k = 0; k < count; ++k) {
      EXPECT_EQ(predictions[k].probabilities, expected[k]);
      EXPECT_EQ(predictions[k].label, predictor.predict(texts[k]).label);
    }
  }
}

TEST_F(PredictionThreads, ABadTextThrowsAndLeavesTheRestUsable) {
  const TextPredictor predictor(small_classifier());
  PredictionSession session(predictor);
  EXPECT_THROW(session.predict("b\xff"), DataError);
  EXPECT_THROW(predictor.predict("b\xff"), DataError);
  EXPECT_EQ(session.predict("a good film").probabilities,
            predictor.predict("a good film").probabilities);
}

TEST_F(PredictionThreads, ABadTextOfABatchSpoilsNoOther) {
  const TextPredictor predictor(small_classifier());
  std::vector<std::string_view> texts(50, "a good film");
  texts[7] = "caf\xE9";
  texts[49] = "\xff";
  const auto predictions = predictor.predict(texts);
  ASSERT_EQ(predictions.size(), texts.size());
  EXPECT_EQ(predictions[7].error, "the text is not valid UTF-8 at byte 3");
  EXPECT_TRUE(predictions[7].label.empty());
  EXPECT_FALSE(predictions[49].error.empty());
  EXPECT_EQ(predictions[8].probabilities, predictor.predict("a good film").probabilities);
  EXPECT_TRUE(predictions[8].error.empty());
  EXPECT_EQ(predictor.predict(std::vector<std::string_view>{"\xff"}).size(), 1u);
}

/// Whether a forked child predicts these texts as its parent did.
bool child_predicts(const TextPredictor& predictor, std::span<const std::string_view> texts,
                    const std::vector<std::vector<float>>& expected) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    const auto predictions = predictor.predict(texts);
    bool is_right = predictions.size() == expected.size();
    for (std::size_t k = 0; is_right && k < expected.size(); ++k) {
      is_right = predictions[k].probabilities == expected[k];
    }
    ::_exit(is_right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST_F(PredictionThreads, AForkedChildPredictsBeforeAndAfterItsParentHas) {
  const std::vector<std::string> texts = many_texts(500);
  const auto expected = one_by_one(TextPredictor(small_classifier()), texts);
  for (std::size_t count : {1U, 20U, 500U}) {
    const TextPredictor predictor(small_classifier());
    const std::vector<std::string_view> views(texts.begin(), texts.begin() + count);
    const std::vector<std::vector<float>> of_these(expected.begin(), expected.begin() + count);
    EXPECT_TRUE(child_predicts(predictor, views, of_these)) << count << ", only loaded";
    predictor.predict(views);
    EXPECT_TRUE(child_predicts(predictor, views, of_these)) << count << ", parent first";
  }
}

// A program's own OpenMP regions have threads that a child lacks, too.
TEST_F(PredictionThreads, AForkedChildPredictsWhoseParentUsesOpenMP) {
  const TextPredictor predictor(small_classifier());
  const std::vector<std::string> texts = many_texts(100);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto expected = one_by_one(predictor, texts);
  int threads = 0;
#pragma omp parallel num_threads(3) reduction(+ : threads)
  threads += 1;
  EXPECT_EQ(threads, 3);
  predictor.predict(views);
  EXPECT_TRUE(child_predicts(predictor, views, expected));
}

}  // namespace
}  // namespace unroll
