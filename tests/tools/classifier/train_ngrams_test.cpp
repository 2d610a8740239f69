#include "unroll/tools/classifier/train_ngrams.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "unroll/core/parallel.h"
#include "unroll/optim/linear_svm.h"

namespace unroll {
namespace {

using Json = nlohmann::json;

/// Those of tests/golden/generate_ngrams.py.
constexpr NgramSettings kNgrams{.words = 2};

/// What scikit-learn computed (tests/golden/generate_ngrams.py), and our counts of its texts.
class GoldenNgrams : public testing::Test {
 protected:
  GoldenNgrams() {
    std::ifstream file(UNROLL_TEST_DATA "/golden/ngrams.json");
    golden_ = Json::parse(file);
    const auto texts = golden_["texts"].get<std::vector<std::string>>();
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    texts_ = tokenize(views, {.tokenizer = {.kind = TokenizerKind::kSpace}, .stop_words = {}});
    append_ngrams(texts_, kNgrams, rows_.counts);
    index_ = NgramIndex(rows_.counts, 2);
    index_.number_columns(rows_.counts);
    for (const Json& label : golden_["labels"]) {
      const auto found = std::ranges::find(labels_, label.get<std::string>());
      rows_.labels.push_back(static_cast<std::int32_t>(found - labels_.begin()));
    }
  }

  void expect_decisions(const char* model, const CountWeights& weights, std::int32_t label) {
    std::vector<std::int8_t> y;
    for (const std::int32_t actual : rows_.labels) y.push_back(actual == label ? 1 : -1);
    LinearSvm svm(rows_.counts, weights, y);
    const std::vector<double> C(y.size(), golden_["C"][model].get<double>());
    svm.solve(C, {.tolerance = 1e-10, .most_passes = 100000});
    const Json& expected = golden_[model][labels_[static_cast<std::size_t>(label)]];
    for (std::size_t row = 0; row < y.size(); ++row) {
      EXPECT_NEAR(svm.margin(row), expected[row].get<double>(), 1e-6) << model << " " << row;
    }
  }

  const std::vector<std::string> labels_{"bad", "good", "mixed"};
  Json golden_;
  std::vector<TokenizedText> texts_;
  LabelledCounts rows_;
  NgramIndex index_;
};

TEST_F(GoldenNgrams, AreAsManyAsScikitLearnFinds) {
  EXPECT_EQ(index_.size(), golden_["columns"].get<std::size_t>());
}

TEST_F(GoldenNgrams, HaveScikitLearnsDecisionValuesByTfIdf) {
  const CountWeights weights = tf_idf_weights(rows_.counts, index_.size(), index_.words());
  for (std::int32_t label = 0; label < 3; ++label) expect_decisions("tf_idf", weights, label);
}

TEST_F(GoldenNgrams, HaveScikitLearnsDecisionValuesByNaiveBayes) {
  for (std::int32_t label = 0; label < 3; ++label) {
    expect_decisions("naive_bayes",
                     naive_bayes_weights(rows_, index_.size(), index_.words(), label), label);
  }
}

TEST_F(GoldenNgrams, HaveTheLogRatiosOfNaiveBayes) {
  for (std::int32_t label = 0; label < 3; ++label) {
    const CountWeights weights = naive_bayes_weights(rows_, index_.size(), index_.words(), label);
    const Json& sums = golden_["sums_of_ratios"][labels_[static_cast<std::size_t>(label)]];
    for (std::size_t row = 0; row < rows_.labels.size(); ++row) {
      double sum = 0;
      const Range values = rows_.counts.row(row);
      for (std::size_t k = values.begin; k < values.end; ++k) {
        sum += weights.of_column[rows_.counts.columns[k]];
      }
      EXPECT_NEAR(sum, sums[row].get<double>(), 1e-10);
    }
  }
}

TEST_F(GoldenNgrams, ClassifyTextsAsTheirMachinesDo) {
  NgramClassifier classifier(kNgrams, std::move(index_), 3);
  const NgramTraining training = train_ngrams(rows_, rows_, classifier);
  NgramClassifier::Scratch scratch(classifier);
  Tensor<double> margins({2, 3});
  for (std::size_t row = 0; row < texts_.size(); ++row) {
    classifier.margins(texts_[row].tokens, scratch, margins.matrix());
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(margins.matrix()(0, k), training.dev[0].matrix()(row, k), 1e-12);
      EXPECT_NEAR(margins.matrix()(1, k), training.dev[1].matrix()(row, k), 1e-12);
    }
  }
}

TEST_F(GoldenNgrams, LearnTheSameOnAnyNumberOfThreads) {
  const std::size_t before = thread_count();
  const auto bits = [&](std::size_t threads) {
    set_thread_count(threads);
    LabelledCounts rows;
    append_ngrams(texts_, kNgrams, rows.counts);
    rows.labels = rows_.labels;
    NgramIndex index(rows.counts, 2);
    index.number_columns(rows.counts);
    NgramClassifier classifier(kNgrams, std::move(index), 3);
    train_ngrams(rows, rows, classifier);
    std::vector<std::uint16_t> all;
    for (const BFloat16 value : classifier.W.values()) all.push_back(value.bits);
    return all;
  };
  const auto alone = bits(1);
  for (const std::size_t threads : {2, 3}) EXPECT_EQ(bits(threads), alone) << threads;
  set_thread_count(before);
}

TEST(NgramClassifier, HasOppositeMarginsForTwoLabels) {
  SparseCounts rows;
  rows.append(std::vector<std::uint32_t>{1, 2}, std::vector<std::uint8_t>{1, 1});
  NgramClassifier classifier(kNgrams, NgramIndex(rows, 1), 2);
  classifier.b[0] = 0.5F;
  classifier.b[1] = -2;
  NgramClassifier::Sums sums;
  Tensor<double> margins({2, 2});
  classifier.margins_of({}, {}, sums, margins.matrix());
  EXPECT_EQ(margins[0], -0.5);
  EXPECT_EQ(margins[1], 0.5);
  EXPECT_EQ(margins[2], 2);
  EXPECT_EQ(margins[3], -2);
}

}  // namespace
}  // namespace unroll
