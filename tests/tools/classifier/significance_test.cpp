#include "unroll/tools/classifier/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "unroll/core/random.h"

namespace unroll {
namespace {

/// Scores by a rule, [run][row].
RowScores scores_by(std::size_t runs, std::size_t rows,
                    const std::function<bool(std::size_t, std::size_t)>& is_right) {
  RowScores scores;
  for (std::size_t s = 0; s < runs; ++s) {
    scores.runs.emplace_back();
    for (std::size_t i = 0; i < rows; ++i) scores.runs[s].push_back(is_right(s, i) ? 1.0F : 0.0F);
  }
  return scores;
}

/// As good as random; two thirds of the rows depend on the run.
std::size_t number_of(std::size_t s, std::size_t i) {
  return (i * i * 31 + (i % 3 == 0 ? 0 : s * (i * i * 5 + 5)) + i * 7) % 101;
}

void expect_interval(const MeanEstimate& found, double mean, double low, double high) {
  const double tolerance = 0.05 * (high - low);  // a bootstrap's
  EXPECT_NEAR(found.mean, mean, 1e-6);
  EXPECT_NEAR(found.low, low, tolerance);
  EXPECT_NEAR(found.high, high, tolerance);
}

// Exact: scipy.stats.binomtest(min(b, c), b + c).pvalue.
TEST(McNemar, IsScipysBinomialTest) {
  EXPECT_NEAR(mcnemar({10, 3}), 0.09228515625, 1e-12);
  EXPECT_NEAR(mcnemar({3, 10}), 0.09228515625, 1e-12);
  EXPECT_NEAR(mcnemar({0, 5}), 0.0625, 1e-12);
  EXPECT_NEAR(mcnemar({45, 21}), 0.004272405031651674, 1e-12);
  EXPECT_NEAR(mcnemar({1200, 1100}), 0.03896685268382023, 1e-10);
}

TEST(McNemar, SaysNothingWithoutADifference) {
  EXPECT_EQ(mcnemar({7, 7}), 1);
  EXPECT_EQ(mcnemar({0, 0}), 1);
}

TEST(Holm, CorrectsTheLeastMostAndKeepsTheOrder) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  const std::vector<double> corrected = holm(p);
  for (std::size_t k = 0; k < p.size(); ++k) EXPECT_NEAR(corrected[k], expected[k], 1e-12);
  EXPECT_EQ(holm(std::vector<double>{0.7, 0.9}), (std::vector<double>{1, 1}));
  EXPECT_TRUE(holm({}).empty());
}

TEST(Discordance, CountsRowsByTheMeanOfTheRuns) {
  const RowScores first{{{1, 1, 0, 1}, {1, 0, 0, 1}}};
  const RowScores second{{{0, 0, 1, 1}, {0, 1, 0, 1}}};
  const Discordance rows = discordance(difference(first, second));
  EXPECT_EQ(rows.first_better, 1u) << "the second row is right once for both";
  EXPECT_EQ(rows.second_better, 1u);
}

TEST(Discordance, CountsEachFoldsOwnRows) {
  const RowScores first{{{1, 1}, {1, 0, 0}}, false}, second{{{0, 0}, {0, 1, 0}}, false};
  const Discordance rows = discordance(difference(first, second));
  EXPECT_EQ(rows.first_better, 3u);
  EXPECT_EQ(rows.second_better, 1u);
}

// mean ± t s/√n, by scipy.
TEST(MeanOfOneRun, HasStudentsInterval) {
  const RowScores scores =
      scores_by(1, 400, [](std::size_t s, std::size_t i) { return number_of(s, i) < 70; });
  expect_interval(estimate_mean(scores, 1), 0.78, 0.739230, 0.820770);
}

// By the analysis of variance that the header has, and scipy's t distribution.
TEST(MeanOfRuns, HasTheIntervalOfRowsWhereRunsDoNotDiffer) {
  const RowScores scores =
      scores_by(3, 400, [](std::size_t s, std::size_t i) { return number_of(s, i) < 70; });
  expect_interval(estimate_mean(scores, 1), 0.77, 0.739685, 0.800315);
}

TEST(MeanOfRuns, HasAWiderIntervalWhereRunsDiffer) {
  const RowScores scores =
      scores_by(3, 400, [](std::size_t s, std::size_t i) { return number_of(s, i) < 60 + 6 * s; });
  expect_interval(estimate_mean(scores, 1), 0.745833, 0.661208, 0.830458);
}

TEST(MeanOfFolds, HasTheIntervalOfTheFoldsWhereTheseDiffer) {
  RowScores scores{{}, false};
  for (std::size_t k = 0; k < 4; ++k) {
    scores.runs.push_back(scores_by(1, 100, [k](std::size_t, std::size_t i) {
                            return (i * 37 + k * 11) % 100 < 60 + 8 * k;
                          }).runs[0]);
  }
  expect_interval(estimate_mean(scores, 1), 0.72, 0.555659, 0.884341);
}

TEST(EstimateOfTheMean, IsAFunctionOfItsSeed) {
  const RowScores scores =
      scores_by(3, 50, [](std::size_t s, std::size_t i) { return number_of(s, i) < 70; });
  EXPECT_EQ(estimate_mean(scores, 1).low, estimate_mean(scores, 1).low);
  EXPECT_NE(estimate_mean(scores, 1).low, estimate_mean(scores, 2).low);
}

TEST(EstimateOfTheMean, OfEqualAnswersIsNoDifference) {
  const RowScores same{{{0, 0, 0}, {0, 0, 0}}};
  const MeanEstimate found = estimate_mean(same, 1);
  EXPECT_EQ(found.p, 1);
  EXPECT_EQ(found.low, 0);
  EXPECT_EQ(found.high, 0);
}

TEST(EstimateOfTheMean, OfASingleRowHasNoWidth) {
  const MeanEstimate found = estimate_mean({{{1}}}, 1);
  EXPECT_EQ(found.low, 1);
  EXPECT_EQ(found.high, 1);
}

// ------------------------------------------------------------------------------------ calibration

/// Two ways to train whose truth is known. The probability that a row is answered rightly is the
/// row's, plus what suits one of both better, plus the run's luck, plus half of the difference.
struct TwoWays {
  std::size_t runs = 5, rows = 200;
  double row = 0.15, suits = 0.3, luck = 0.01;  // half widths of uniform distributions
  double difference = 0;

  static double variance(double half_width) { return half_width * half_width / 3; }
  /// The standard error of the difference of both means.
  double standard_error() const {
    const auto S = static_cast<double>(runs), n = static_cast<double>(rows);
    const double moment = 0.25 + variance(row) + variance(suits) + variance(luck);
    return std::sqrt(4 * variance(suits) / n + 2 * variance(luck) / S +
                     2 * (0.5 - moment) / (S * n));
  }
  RowScores differences(std::uint64_t seed) const {
    Random random(seed, "two ways");
    const auto uniform = [&random](double half) { return random.uniform(-half, half); };
    std::vector<double> rows_of(rows), suit_of(rows);
    for (double& value : rows_of) value = 0.5 + uniform(row);
    for (double& value : suit_of) value = uniform(suits);
    RowScores first, second;
    for (std::size_t s = 0; s < runs; ++s) {
      const double lucks[] = {uniform(luck), uniform(luck)};
      first.runs.emplace_back();
      second.runs.emplace_back();
      for (std::size_t i = 0; i < rows; ++i) {
        const double more = suit_of[i] + difference / 2;
        first.runs[s].push_back(random.uniform() < rows_of[i] + more + lucks[0] ? 1.0F : 0.0F);
        second.runs[s].push_back(random.uniform() < rows_of[i] - more + lucks[1] ? 1.0F : 0.0F);
      }
    }
    return unroll::difference(first, second);
  }
};

/// The share of pairs that are said to differ.
double verdicts(const TwoWays& ways) {
  constexpr std::uint64_t kPairs = 200;
  std::size_t found = 0;
  for (std::uint64_t pair = 0; pair < kPairs; ++pair)
    found += estimate_mean(ways.differences(pair), pair).p < 0.05 ? 1 : 0;
  return static_cast<double>(found) / kPairs;
}

TEST(Calibration, FindsNoDifferenceWhereThereIsNone) {
  EXPECT_LE(verdicts({}), 0.1);
  EXPECT_LE(verdicts({.runs = 3, .luck = 0.03}), 0.1);
  EXPECT_LE(verdicts({.runs = 1, .luck = 0}), 0.1);
}

TEST(Calibration, FindsADifferenceOfThreeStandardErrors) {
  TwoWays ways;
  ways.difference = 3 * ways.standard_error();
  EXPECT_GE(verdicts(ways), 0.8);
}

}  // namespace
}  // namespace unroll
