#include "unroll/tools/classifier/grown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "tests/tools/small_data.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

using Words = std::vector<std::string>;

TEST(GrownVocabulary, KeepsIdsAndAppendsTheMostFrequentNewWords) {
  const Vocabulary known(std::vector<Vocabulary::Entry>{{"<unk>", 5}, {"b", 3}, {"a", 2}});
  const Vocabulary now =
      grown(known, {{"a", 4}, {"new", 2}, {"newer", 7}, {"rare", 1}}, {.min_count = 2});
  ASSERT_EQ(now.size(), 5u);
  EXPECT_EQ(now.token(1), "b");
  EXPECT_EQ(now.token(2), "a");
  EXPECT_EQ(now.token(3), "newer");
  EXPECT_EQ(now.token(4), "new");
  EXPECT_EQ(now.count(0), 6u) << "the rare one is unknown";
  EXPECT_EQ(now.count(2), 6u);
}

TEST(GrownVocabulary, StaysWithinTheLimit) {
  const Vocabulary known(std::vector<Vocabulary::Entry>{{"<unk>", 0}, {"a", 2}});
  const Vocabulary now = grown(known, {{"b", 3}, {"c", 2}}, {.min_count = 1, .max_size = 3});
  ASSERT_EQ(now.size(), 3u);
  EXPECT_EQ(now.token(2), "b");
  EXPECT_EQ(now.count(0), 2u);
  EXPECT_EQ(grown(known, {{"b", 3}}, {.min_count = 1, .max_size = 1}).size(), 2u)
      << "known words are not taken away";
}

TEST(GrownLabels, AreThoseOfBothInByteOrder) {
  EXPECT_EQ(grown(Words{"b", "d"}, Words{"c", "d", "a"}), (Words{"a", "b", "c", "d"}));
}

/// A classifier of good and bad reviews, and what it is about to learn.
struct GrownClassifier : testing::Test {
  static TrainClassifierOptions network_alone() {
    TrainClassifierOptions options = small_options();
    options.ngrams = false;
    return options;
  }
  static std::vector<Record> news() {
    std::vector<Record> records = small_reviews(100);
    for (std::size_t k = 0; k < 60; ++k) {
      records.push_back({"a middling film, number " + std::to_string(k), "mid", k + 1});
    }
    return records;
  }

  std::shared_ptr<const TextClassifier> start = std::make_shared<const TextClassifier>(
      train_classifier(small_reviews(150), {}, network_alone()).classifier);
};

TEST_F(GrownClassifier, BeginsWithWhatWasLearnt) {
  TrainClassifierOptions options = network_alone();
  options.start = start;
  options.model.hidden = 3;  // does not count
  train_classifier(
      news(), {}, options,
      {.plan =
           [&](const TrainingPlan&, const TextClassifier& now) {
             EXPECT_EQ(now.labels(), (Words{"mid", "neg", "pos"}));
             EXPECT_GT(now.encoder().vocabulary().id("middling"), 0);
             EXPECT_EQ(now.model().config().hidden, start->model().config().hidden);
             const Tensor<float>& old_V = start->model().output().V.value;
             const Tensor<float>& V = now.model().output().V.value;
             for (std::size_t k = 0; k < 2; ++k) {
               EXPECT_TRUE(std::ranges::equal(V.matrix().row(k + 1), old_V.matrix().row(k)));
             }
             const Tensor<float>& E = start->model().embedding().E.value;
             for (std::size_t row = 0; row < E.shape()[0]; ++row) {
               EXPECT_TRUE(std::ranges::equal(now.model().embedding().E.value.matrix().row(row),
                                              E.matrix().row(row)));
             }
           },
       .step = {},
       .epoch = {},
       .stop = [] { return true; }});
}

TEST_F(GrownClassifier, LeavesWordsAloneThatNoNewTextHas) {
  TrainClassifierOptions options = network_alone();
  options.start = start;
  options.word_dropout = 0;
  std::vector<Record> records = news();
  std::erase_if(records, [](const Record& record) {
    return record.text.find("splendid") != record.text.npos;
  });
  const TrainedClassifier trained = train_classifier(records, {}, options);
  const std::int32_t word = start->encoder().vocabulary().id("splendid");
  ASSERT_GT(word, 0);
  EXPECT_EQ(trained.classifier.encoder().vocabulary().id("splendid"), word);
  const auto row = static_cast<std::size_t>(word);
  const auto before = start->model().embedding().E.value.matrix().row(row);
  const auto after = trained.classifier.model().embedding().E.value.matrix().row(row);
  for (std::size_t k = 0; k < before.size(); ++k) EXPECT_NEAR(after[k], before[k], 1e-6);
  EXPECT_GT(trained.dev.accuracy, 0.9) << "it learns the new label";
}

TEST_F(GrownClassifier, HasALinearModelOfAllLabels) {
  TrainClassifierOptions options = small_options();
  options.start = start;
  std::vector<Record> records = news();
  std::erase_if(records, [](const Record& record) { return record.label == "pos"; });
  const TrainedClassifier trained = train_classifier(records, {}, options);
  EXPECT_EQ(trained.classifier.labels().size(), 3u);
  EXPECT_GT(trained.dev.accuracy, 0.9);
}

TEST_F(GrownClassifier, RefusesWhatItCanNotAnswer) {
  TrainClassifierOptions options = small_options();
  options.start = start;
  std::vector<Record> records = news();
  records[0].more_labels = {"mid"};
  EXPECT_THROW(train_classifier(records, {}, options), UsageError);
  TrainClassifierOptions linear = small_options();
  linear.network = false;
  options.start = std::make_shared<const TextClassifier>(
      train_classifier(small_reviews(60), {}, linear).classifier);
  EXPECT_THROW(train_classifier(news(), {}, options), UsageError);
}

}  // namespace
}  // namespace unroll
