#include "unroll/optim/linear_svm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace unroll {
namespace {

constexpr std::uint32_t kColumns = 12;
constexpr SvmOptions kExact{.tolerance = 1e-11, .most_passes = 100000};

/// Rows of a few columns each, in two parts, of which the sides can't quite be told apart.
struct Problem {
  SparseCounts x;
  CountWeights weights;
  std::vector<std::int8_t> y;
  std::vector<double> C;

  explicit Problem(std::size_t rows) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> real(0.2, 2.0);
    for (std::size_t c = 0; c < weights.of_count.size(); ++c) weights.of_count[c] = std::sqrt(c);
    for (std::uint32_t j = 0; j < kColumns; ++j) weights.of_column.push_back(real(random) - 0.7);
    weights.split = 5;
    for (std::size_t row = 0; row < rows; ++row) {
      const bool is_positive = random() % 2 == 1;
      std::vector<std::uint32_t> columns;
      std::vector<std::uint8_t> counts;
      for (std::uint32_t j = 0; j < kColumns; ++j) {
        if (random() % 100 > (j % 2 == (is_positive ? 1 : 0) ? 60u : 30u)) continue;
        columns.push_back(j);
        counts.push_back(static_cast<std::uint8_t>(1 + random() % 3));
      }
      x.append(columns, counts);
      y.push_back(is_positive ? 1 : -1);
      C.push_back(real(random));
      weights.of_row.insert(weights.of_row.end(), {real(random), real(random)});
    }
  }

  double value(std::size_t row, std::size_t k) const {
    const std::uint32_t j = x.columns[k];
    return weights.of_count[x.counts[k]] * weights.of_row[2 * row + (j < weights.split ? 0 : 1)] *
           weights.of_column[j];
  }

  /// ½ (‖w‖² + b²) + Σ C max(0, 1 − y (wᵀx + b))², and its derivatives by w and then by b.
  double objective(std::span<const double> w, double b, std::vector<double>& gradient) const {
    gradient.assign(w.begin(), w.end());
    gradient.push_back(b);
    double sum = 0.5 * b * b;
    for (const double value : w) sum += 0.5 * value * value;
    for (std::size_t row = 0; row < x.rows(); ++row) {
      double margin = b;
      const Range values = x.row(row);
      for (std::size_t k = values.begin; k < values.end; ++k) {
        margin += w[x.columns[k]] * value(row, k);
      }
      const double slack = std::max(0.0, 1 - y[row] * margin);
      sum += C[row] * slack * slack;
      const double d = -2 * C[row] * slack * y[row];
      for (std::size_t k = values.begin; k < values.end; ++k) {
        gradient[x.columns[k]] += d * value(row, k);
      }
      gradient.back() += d;
    }
    return sum;
  }
};

std::vector<double> w_of(const LinearSvm& svm, const Problem& problem) {
  std::vector<double> w;
  for (std::size_t j = 0; j < kColumns; ++j) {
    w.push_back(svm.weight(j) / problem.weights.of_column[j]);
  }
  return w;
}

TEST(LinearSvm, FindsWhereTheGradientOfItsObjectiveIsZero) {
  const Problem problem(80);
  LinearSvm svm(problem.x, problem.weights, problem.y);
  EXPECT_LT(svm.solve(problem.C, kExact), kExact.most_passes);
  std::vector<double> gradient;
  problem.objective(w_of(svm, problem), svm.b(), gradient);
  for (const double d : gradient) EXPECT_NEAR(d, 0, 1e-8);
}

TEST(LinearSvm, HasNoBetterNeighbour) {
  const Problem problem(40);
  LinearSvm svm(problem.x, problem.weights, problem.y);
  svm.solve(problem.C, kExact);
  std::vector<double> ignored;
  const std::vector<double> w = w_of(svm, problem);
  const double least = problem.objective(w, svm.b(), ignored);
  for (std::size_t j = 0; j < w.size(); ++j) {
    for (const double step : {-0.01, 0.01}) {
      std::vector<double> moved = w;
      moved[j] += step;
      EXPECT_GT(problem.objective(moved, svm.b(), ignored), least) << j;
    }
  }
}

TEST(LinearSvm, ComesToTheSameFromAnotherSolution) {
  const Problem problem(80);
  LinearSvm fresh(problem.x, problem.weights, problem.y);
  fresh.solve(problem.C, kExact);
  LinearSvm warm(problem.x, problem.weights, problem.y);
  warm.solve(std::vector<double>(80, 0.01), kExact);
  warm.solve(problem.C, kExact);
  for (std::size_t row = 0; row < 80; ++row) {
    EXPECT_NEAR(warm.margin(row), fresh.margin(row), 1e-8);
  }
}

TEST(LinearSvm, GivesTheSameBitsForTheSameSeed) {
  const Problem problem(80);
  const auto weights = [&](std::uint64_t seed) {
    LinearSvm svm(problem.x, problem.weights, problem.y);
    svm.solve(problem.C, {.tolerance = 0.1, .most_passes = 100, .seed = seed});
    return w_of(svm, problem);
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_NE(weights(1), weights(2));
}

TEST(LinearSvm, TakesRowsWithoutColumns) {
  SparseCounts x;
  x.append({}, {});
  x.append({}, {});
  CountWeights weights;
  weights.of_row.assign(4, 1.0);
  LinearSvm svm(x, weights, {1, -1});
  svm.solve(std::vector<double>{1, 1}, kExact);
  EXPECT_NEAR(svm.margin(0), 0, 1e-9);
}

TEST(LinearSvm, ReadsNoColumnsOfAPartThatWeighsNothing) {
  Problem problem(40);
  for (std::size_t row = 0; row < problem.x.rows(); ++row) problem.weights.of_row[2 * row + 1] = 0;
  SparseCounts first;
  for (std::size_t row = 0; row < problem.x.rows(); ++row) {
    const Range values = problem.x.row(row);
    const auto columns = std::span(problem.x.columns).subspan(values.begin, values.size());
    const auto ends = std::ranges::lower_bound(columns, problem.weights.split);
    const auto count = static_cast<std::size_t>(ends - columns.begin());
    first.append(columns.first(count), std::span(problem.x.counts).subspan(values.begin, count));
  }
  LinearSvm whole(problem.x, problem.weights, problem.y), part(first, problem.weights, problem.y);
  EXPECT_EQ(whole.solve(problem.C, kExact), part.solve(problem.C, kExact));
  for (std::size_t row = 0; row < first.rows(); ++row)
    EXPECT_EQ(whole.margin(row), part.margin(row));
  for (std::uint32_t j = problem.weights.split; j < kColumns; ++j) EXPECT_EQ(whole.weight(j), 0);
}

}  // namespace
}  // namespace unroll
