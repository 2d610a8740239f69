#include "unroll/tools/classifier/fusion.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <random>

namespace unroll {
namespace {

/// Scores of experts that know the labels to some degree.
struct Case {
  std::vector<Tensor<double>> scores;
  std::vector<ExpertScores> experts;
  std::vector<std::int32_t> labels;
  std::vector<float> weights;
  std::vector<FusionPrior> priors;

  Case(std::size_t count, std::size_t rows, std::size_t classes) {
    std::mt19937 random(9);
    std::normal_distribution<double> normal;
    for (std::size_t row = 0; row < rows; ++row) {
      labels.push_back(row % 7 == 0 ? -1 : static_cast<std::int32_t>(random() % classes));
    }
    for (std::size_t e = 0; e < count; ++e) {
      scores.emplace_back(Shape{rows, classes});
      for (double& score : scores.back().values()) score = normal(random);
      for (std::size_t row = 0; row < rows; ++row) {
        if (labels[row] >= 0)
          scores.back().matrix()(row, labels[row]) += 0.5 * static_cast<double>(1 + e);
      }
      priors.push_back(
          {.weight = 1 / static_cast<double>(1 + e), .pull = 0.5 + static_cast<double>(e)});
    }
    for (const auto& tensor : scores) experts.push_back(tensor.matrix());
    for (std::size_t row = 0; row < rows; ++row)
      weights.push_back(0.25F * static_cast<float>(row % 9));
  }
  DevRows rows() const { return {labels, weights, sets.get()}; }

  /// Every row has none, one or two labels then, a known one or none.
  void take_sets() {
    sets = std::make_unique<LabelSets>();
    for (std::size_t row = 0; row < labels.size(); ++row) {
      std::vector<std::int32_t> of_row;
      if (row % 5 == 0) of_row.push_back(-1);
      if (row % 3 > 0) of_row.push_back(0);
      if (labels[row] > 0) of_row.push_back(labels[row]);
      labels[row] = sets->number_of(of_row);
    }
  }
  std::unique_ptr<LabelSets> sets;
};

/// The case has three experts.
void expect_gradient_of_differences(const Case& c) {
  const std::vector<double> a{0.3, 1.7, -0.4};
  std::vector<double> gradient(3);
  fusion_loss(c.experts, c.rows(), a, c.priors, gradient);
  constexpr double kStep = 1e-5;
  for (std::size_t e = 0; e < a.size(); ++e) {
    std::vector<double> up = a, down = a;
    up[e] += kStep;
    down[e] -= kStep;
    const double difference = (fusion_loss(c.experts, c.rows(), up, c.priors) -
                               fusion_loss(c.experts, c.rows(), down, c.priors)) /
                              (2 * kStep);
    EXPECT_NEAR(gradient[e], difference, 1e-7 * std::abs(difference)) << e;
  }
}

TEST(Fusion, GradientMatchesFiniteDifferences) {
  expect_gradient_of_differences(Case(3, 40, 4));
}

TEST(FusionOfSets, GradientMatchesFiniteDifferences) {
  Case c(3, 40, 4);
  c.take_sets();
  expect_gradient_of_differences(c);
}

TEST(FusionOfSets, FitsWhereTheGradientIsZero) {
  Case c(3, 200, 5);
  c.take_sets();
  const std::vector<double> a = fit_fusion(c.experts, c.rows(), c.priors);
  std::vector<double> gradient(3);
  fusion_loss(c.experts, c.rows(), a, c.priors, gradient);
  for (const double d : gradient) EXPECT_NEAR(d, 0, 1e-8);
}

TEST(FusionOfSets, AnswersAllLabelsThatAreAsProbableAsNot) {
  Tensor<double> scores({2, 3});
  scores.matrix()(0, 0) = std::log(3.0);  // ŷ = ¾, ½, ¼
  scores.matrix()(0, 2) = -std::log(3.0);
  for (std::size_t k = 0; k < 3; ++k) scores.matrix()(1, k) = -1000;
  const std::array<ExpertScores, 1> experts{scores.matrix()};
  LabelSets sets;
  const std::array labels{sets.number_of({0, 1}), sets.number_of({})};
  AnswerCounts answers(3);
  const double loss = count_fused(experts, {labels, {}, &sets}, std::array{1.0}, answers);
  EXPECT_EQ(answers.accuracy(), 1);
  EXPECT_DOUBLE_EQ(loss, (2 * std::log(4.0 / 3) + std::log(2.0)) / 2);
}

TEST(Fusion, FitsWhereTheGradientIsZero) {
  const Case c(3, 200, 5);
  const std::vector<double> a = fit_fusion(c.experts, c.rows(), c.priors);
  std::vector<double> gradient(3);
  fusion_loss(c.experts, c.rows(), a, c.priors, gradient);
  for (const double d : gradient) EXPECT_NEAR(d, 0, 1e-8);
  EXPECT_LT(a[0], a[2]);  // who knows more gets more
}

TEST(Fusion, OfRowsWithoutLabelsIsThePrior) {
  Case c(2, 20, 3);
  c.labels.assign(20, -1);
  const std::vector<double> a = fit_fusion(c.experts, c.rows(), c.priors);
  EXPECT_EQ(a, (std::vector<double>{1, 0.5}));
}

TEST(Fusion, EndsWhereTheExpertsAgreeInEveryThing) {
  Case c(2, 50, 3);
  c.experts[1] = c.experts[0];
  for (FusionPrior& prior : c.priors) prior.pull = 0;
  const std::vector<double> a = fit_fusion(c.experts, c.rows(), c.priors);
  for (const double weight : a) EXPECT_TRUE(std::isfinite(weight));
}

TEST(Temperature, IsWhereTheDerivativeOfTheLikelihoodIsZero) {
  const Case c(1, 300, 4);
  const double a = fit_inverse_temperature(c.experts[0], c.rows(), c.priors[0]);
  const auto loss = [&](double at) {
    return fusion_loss(c.experts, c.rows(), std::array{at}, c.priors);
  };
  constexpr double kStep = 1e-5;
  std::vector<double> gradient(1);
  for (const double at : {0.2, a, 3.0}) {
    fusion_loss(c.experts, c.rows(), std::array{at}, c.priors, gradient);
    EXPECT_NEAR(gradient[0], (loss(at + kStep) - loss(at - kStep)) / (2 * kStep), 1e-5);
  }
  EXPECT_LT(loss(a), loss(1.01 * a));
  EXPECT_LT(loss(a), loss(0.99 * a));
  fusion_loss(c.experts, c.rows(), std::array{a}, c.priors, gradient);
  EXPECT_NEAR(gradient[0], 0, 1e-7);
}

TEST(Temperature, OfScoresThatAreTimesTenIsTenTimesThatOfScores) {
  Case c(1, 300, 4);
  const FusionPrior none{.weight = 1, .pull = 0};
  const double a = fit_inverse_temperature(c.experts[0], c.rows(), none);
  for (double& score : c.scores[0].values()) score *= 10;
  EXPECT_NEAR(fit_inverse_temperature(c.experts[0], c.rows(), none), a / 10, 1e-9);
}

TEST(Temperature, NeverTurnsScoresRound) {
  Case c(1, 300, 4);
  for (double& score : c.scores[0].values()) score = -score;
  EXPECT_GT(fit_inverse_temperature(c.experts[0], c.rows(), c.priors[0]), 0);
}

TEST(Fusion, AnswersRowByRowWithTheirMeanLoss) {
  Tensor<double> scores({3, 2});
  scores.matrix()(0, 1) = std::log(3.0);  // ŷ = ¼, ¾
  const std::array<ExpertScores, 1> experts{scores.matrix()};
  const std::array labels{1, -1, 1};
  AnswerCounts answers(2), again(2);
  const double loss = count_fused(experts, {labels}, std::array{1.0}, answers);
  EXPECT_DOUBLE_EQ(answers.accuracy(), 1.0 / 3);  // of equal O the first label is the answer
  EXPECT_DOUBLE_EQ(loss, (std::log(4.0 / 3) + std::log(2.0)) / 2);
  const std::array weights{3.0F, 9.0F, 1.0F};
  EXPECT_DOUBLE_EQ(count_fused(experts, {labels, weights}, std::array{1.0}, again),
                   (3 * std::log(4.0 / 3) + std::log(2.0)) / 4);
}

}  // namespace
}  // namespace unroll
