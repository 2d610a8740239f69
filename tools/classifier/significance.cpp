#include "unroll/tools/classifier/significance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "unroll/core/random.h"

namespace unroll {

namespace {

/// Enough for two digits of a p near 5 %: its standard deviation is 0.2 %.
constexpr std::size_t kDraws = 10000;
/// Rows that all draws together look at, about a second's work; but no fewer draws than this.
constexpr std::size_t kMostWork = 500'000'000;
constexpr std::size_t kLeastDraws = 2000;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_of(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squares_around(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

/// What is drawn from.
struct Spread {
  std::vector<double> rows;       ///< a value of each row, whose mean is the mean of all scores
  double variance_of_runs = 0;    ///< what other runs would add to the variance of the mean
  double degrees_of_freedom = 0;  ///< of the whole variance
};

/// x̄_i of rows that all runs answer.
std::vector<double> row_means(const std::vector<std::vector<float>>& runs) {
  std::vector<double> means(runs.front().size());
  for (const std::vector<float>& run : runs)
    for (std::size_t i = 0; i < means.size(); ++i) means[i] += run[i];
  for (double& mean : means) mean /= static_cast<double>(runs.size());
  return means;
}

std::vector<double> run_means(const std::vector<std::vector<float>>& runs) {
  std::vector<double> means;
  for (const std::vector<float>& run : runs) means.push_back(mean_of(run));
  return means;
}

/// A mean square and its degrees of freedom.
struct MeanSquare {
  double value = 0;
  double freedom = 0;
};

MeanSquare mean_square(double squares, double freedom) {
  return {freedom > 0 ? squares / freedom : 0, freedom};
}

/// Satterthwaite's degrees of freedom of a sum of mean squares, whichever sign each has.
double freedom_of_sum(std::span<const MeanSquare> parts, double sum) {
  double denominator = 0;
  for (const MeanSquare& part : parts)
    if (part.freedom > 0) denominator += part.value * part.value / part.freedom;
  return denominator > 0 ? sum * sum / denominator : 1;
}

/// Whether runs differ by more than one in ten would by chance, if the seed changed nothing but
/// rows: the 90 % point of χ²_ν/ν (Wilson & Hilferty 1931).
bool runs_differ(const MeanSquare& runs, const MeanSquare& rest) {
  constexpr double kNineInTen = 1.2816;  // of the normal distribution
  const double part = 2 / (9 * runs.freedom);
  const double root = 1 - part + kNineInTen * std::sqrt(part);
  return runs.freedom > 0 && runs.value > rest.value * root * root * root;
}

Spread spread_of_same_rows(const std::vector<std::vector<float>>& runs) {
  const auto S = static_cast<double>(runs.size());
  const auto n = static_cast<double>(runs.front().size());
  Spread spread{.rows = row_means(runs), .variance_of_runs = 0, .degrees_of_freedom = n - 1};
  const double mean = mean_of(spread.rows);
  const double of_rows = S * squares_around(spread.rows, mean);
  const double of_runs = n * squares_around(run_means(runs), mean);
  double of_all = 0;
  for (const std::vector<float>& run : runs)
    for (const float score : run) of_all += (score - mean) * (score - mean);
  const MeanSquare rows = mean_square(of_rows, n - 1), seeds = mean_square(of_runs, S - 1);
  const MeanSquare rest = mean_square(of_all - of_rows - of_runs, (n - 1) * (S - 1));
  if (!runs_differ(seeds, rest)) return spread;
  const double sum = rows.value + seeds.value - rest.value;
  spread.variance_of_runs = (seeds.value - rest.value) / (S * n);
  spread.degrees_of_freedom = freedom_of_sum(std::array{rows, seeds, rest}, sum);
  return spread;
}

/// Every run has its own rows: around the run's mean they tell how rows vary, and the runs' means
/// tell the rest.
Spread spread_of_own_rows(const std::vector<std::vector<float>>& runs) {
  Spread spread;
  std::size_t count = 0;
  double sum = 0;
  for (const std::vector<float>& run : runs) {
    count += run.size();
    sum += mean_of(run) * static_cast<double>(run.size());
  }
  const auto n = static_cast<double>(count), k = static_cast<double>(runs.size());
  const double mean = sum / n;
  double within = 0, between = 0;
  for (const std::vector<float>& run : runs) {
    const double own = mean_of(run);
    between += static_cast<double>(run.size()) * (own - mean) * (own - mean);
    for (const float score : run) {
      within += (score - own) * (score - own);
      spread.rows.push_back(mean + score - own);
    }
  }
  const MeanSquare folds = mean_square(between, k - 1), rows = mean_square(within, n - k);
  const bool differ = runs_differ(folds, rows);
  spread.variance_of_runs = differ ? (folds.value - rows.value) / n : 0;
  spread.degrees_of_freedom = differ ? folds.freedom : rows.freedom;
  return spread;
}

/// Gamma-distributed with scale 1 (Marsaglia & Tsang 2000).
double gamma(double shape, Random& random) {
  if (shape < 1) return gamma(shape + 1, random) * std::pow(1 - random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), root = 1 + c * x;
    const double v = root * root * root;
    if (root > 0 && std::log(1 - random.uniform()) < x * x / 2 + d - d * v + d * std::log(v))
      return d * v;
  }
}

/// √(ν/χ²_ν), by which a normal number becomes one of Student's t.
double stretch(double freedom, Random& random) {
  constexpr double kMany = 1e4;  // where the stretch is one in all digits that matter
  if (freedom >= kMany || freedom <= 0) return 1;
  return std::sqrt(freedom / (2 * gamma(freedom / 2, random)));
}

/// The mean of as many of the values, drawn with replacement.
class DrawnMean {
 public:
  explicit DrawnMean(std::span<const double> values) : values_(values), bits_(values.size()) {}

  double operator()(Random& random) {
    random.fill(bits_);
    double sum = 0;
    // The upper half of a product is a number below the count; it is as good as uniform while there
    // are far fewer rows than 2³².
    for (const std::uint32_t bits : bits_)
      sum += values_[(std::uint64_t{bits} * values_.size()) >> 32];
    return sum / static_cast<double>(values_.size());
  }

 private:
  std::span<const double> values_;
  std::vector<std::uint32_t> bits_;
};

std::vector<double> draw(const Spread& spread, double mean, std::uint64_t seed) {
  const std::size_t n = spread.rows.size();
  const std::size_t count = std::clamp(kMostWork / n, kLeastDraws, kDraws);
  // n values drawn from n vary by (n − 1)/n of what they should.
  const double unbiased =
      n > 1 ? std::sqrt(static_cast<double>(n) / static_cast<double>(n - 1)) : 1;
  Random random(seed, "bootstrap");
  DrawnMean drawn(spread.rows);
  std::vector<double> means;
  for (std::size_t k = 0; k < count; ++k) {
    const double rows = unbiased * (drawn(random) - mean);
    const double runs = std::sqrt(spread.variance_of_runs) * random.normal();
    means.push_back(mean + (rows + runs) * stretch(spread.degrees_of_freedom, random));
  }
  std::ranges::sort(means);
  return means;
}

/// The value below which a share of the sorted values lies.
double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return std::lerp(sorted[low], sorted[high], place - static_cast<double>(low));
}

/// Twice the share of draws on the other side of 0, which is never known to be none.
double two_sided(std::span<const double> sorted) {
  const auto below = std::ranges::upper_bound(sorted, 0.0) - sorted.begin();
  const auto above = sorted.end() - std::ranges::lower_bound(sorted, 0.0);
  const auto fewer = static_cast<double>(std::min<std::ptrdiff_t>(below, above));
  return std::min(1.0, 2 * (fewer + 1) / (static_cast<double>(sorted.size()) + 1));
}

}  // namespace

RowScores difference(const RowScores& a, const RowScores& b) {
  RowScores less = a;
  for (std::size_t s = 0; s < less.runs.size(); ++s)
    for (std::size_t i = 0; i < less.runs[s].size(); ++i) less.runs[s][i] -= b.runs[s][i];
  return less;
}

MeanEstimate estimate_mean(const RowScores& scores, std::uint64_t seed) {
  const Spread spread =
      scores.same_rows ? spread_of_same_rows(scores.runs) : spread_of_own_rows(scores.runs);
  const double mean = mean_of(spread.rows);
  const std::vector<double> means = draw(spread, mean, seed);
  return {.mean = mean,
          .low = quantile(means, 0.025),
          .high = quantile(means, 0.975),
          .p = two_sided(means)};
}

Discordance discordance(const RowScores& differences) {
  Discordance found;
  const auto count = [&found](double less) {
    found.first_better += less > 0 ? 1 : 0;
    found.second_better += less < 0 ? 1 : 0;
  };
  if (differences.same_rows) {
    for (const double mean : row_means(differences.runs)) count(mean);
  } else {
    for (const std::vector<float>& run : differences.runs)
      for (const float less : run) count(less);
  }
  return found;
}

double mcnemar(const Discordance& rows) {
  const std::size_t fewer = std::min(rows.first_better, rows.second_better);
  const auto n = static_cast<double>(rows.first_better + rows.second_better);
  double p = 0;  // of the binomial distribution of n halves, up to `fewer`
  for (std::size_t k = 0; k <= fewer; ++k) {
    const auto of = static_cast<double>(k);
    p += std::exp(std::lgamma(n + 1) - std::lgamma(of + 1) - std::lgamma(n - of + 1) -
                  n * std::log(2.0));
  }
  return std::min(1.0, 2 * p);
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return p[k]; });
  std::vector<double> corrected(p.size());
  double least = 0;  // a larger p is never corrected to less
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    corrected[order[rank]] = least;
  }
  return corrected;
}

}  // namespace unroll
