#include "unroll/tools/classifier/row_answers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

#include "unroll/core/random.h"
#include "unroll/tools/classifier/significance.h"

namespace unroll {
namespace {

using Labels = std::vector<std::string_view>;

double mean_of(const std::vector<float>& scores) {
  return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
}

Metric metric(std::string_view name) {
  return metric_from(name).value();
}

/// Two hits of three labels that rows have, with four predicted; one row of three is right.
RowAnswers three_rows() {
  RowAnswers answers;
  answers.add(Labels{"a"}, Labels{"a"});
  answers.add(Labels{"a", "b"}, Labels{"b", "c"});
  answers.add(Labels{}, Labels{"b"});
  return answers;
}

TEST(RowAnswers, HaveTheMetricAsTheirMean) {
  const RowAnswers answers = three_rows();
  EXPECT_EQ(answers.right(), (std::vector<float>{1, 0, 0}));
  EXPECT_NEAR(mean_of(answers.scores(metric("accuracy"))), 1.0 / 3, 1e-6);
  EXPECT_NEAR(mean_of(answers.scores(metric("micro-f1"))), 4.0 / 7, 1e-6);
  // a: 2·1/3, b: 2·1/3, c: 0
  EXPECT_NEAR(mean_of(answers.scores(metric("macro-f1"))), (2.0 / 3 + 2.0 / 3) / 3, 1e-6);
  EXPECT_NEAR(mean_of(answers.scores(metric("f1:a"))), 2.0 / 3, 1e-6);
  EXPECT_EQ(mean_of(answers.scores(metric("f1:nowhere"))), 0);
}

TEST(RowAnswers, OfOneLabelHaveTheirAccuracyAsMicroF1) {
  RowAnswers answers;
  answers.add(Labels{"a"}, Labels{"a"});
  answers.add(Labels{"b"}, Labels{"a"});
  EXPECT_EQ(answers.scores(metric("micro-f1")), answers.right());
}

TEST(RowAnswers, WithoutAnyLabelScoreNothing) {
  RowAnswers answers;
  answers.add(Labels{}, Labels{});
  EXPECT_EQ(answers.right(), std::vector<float>{1});
  EXPECT_EQ(answers.scores(metric("micro-f1")), std::vector<float>{0});
  EXPECT_EQ(answers.scores(metric("macro-f1")), std::vector<float>{0});
}

/// Rows with one to three labels of ten, each hit in four of five cases, and a wrong one sometimes.
RowAnswers drawn_rows(std::size_t rows, Random& random) {
  constexpr std::string_view kLabels[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  RowAnswers answers;
  for (std::size_t i = 0; i < rows; ++i) {
    Labels actual, predicted;
    for (std::size_t k = random.below(10), end = k + 1 + random.below(3); k < end; ++k) {
      actual.push_back(kLabels[k % 10]);
      if (random.below(5) > 0) predicted.push_back(kLabels[k % 10]);
    }
    const std::string_view wrong = kLabels[random.below(10)];
    if (random.below(4) == 0 && std::ranges::count(actual, wrong) == 0) predicted.push_back(wrong);
    answers.add(actual, predicted);
  }
  return answers;
}

/// The standard deviation of a metric over many tests of as many rows, against the one that the
/// scores of a single test tell.
void expect_spread(std::string_view name) {
  constexpr std::size_t kRows = 300, kTests = 400;
  Random random(1, "row answers");
  std::vector<double> measured;
  double told = 0;
  for (std::size_t k = 0; k < kTests; ++k) {
    const std::vector<float> scores = drawn_rows(kRows, random).scores(metric(name));
    measured.push_back(mean_of(scores));
    double squares = 0;
    for (const float score : scores)
      squares += (score - measured.back()) * (score - measured.back());
    told += std::sqrt(squares / (kRows - 1) / kRows) / kTests;
  }
  const double mean = std::accumulate(measured.begin(), measured.end(), 0.0) / kTests;
  double squares = 0;
  for (const double value : measured) squares += (value - mean) * (value - mean);
  EXPECT_NEAR(told / std::sqrt(squares / (kTests - 1)), 1, 0.12) << name;
}

TEST(RowAnswers, SpreadAsTheMetricDoesOverOtherRows) {
  for (const std::string_view name : {"accuracy", "micro-f1", "macro-f1", "f1:3"})
    expect_spread(name);
}

}  // namespace
}  // namespace unroll
