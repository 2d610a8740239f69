/// Significance: whether two ways to train differ, or only two trainings.
///
/// A score is that of one row by one run: 1 where the answer is right. The mean over all of them
/// varies for two reasons. Other rows could have been in the test, and other seeds could have been
/// drawn. With S runs that answer the same n rows, score = mean + run + row + rest, and analysis of
/// variance tells them apart by three mean squares:
///
///     MS_rows = S Σ_i (x̄_i − x̄)² / (n − 1)           E MS_rows = σ²_rest + S σ²_row
///     MS_runs = n Σ_s (x̄_s − x̄)² / (S − 1)           E MS_runs = σ²_rest + n σ²_run
///     MS_rest, of what both leave                     E MS_rest = σ²_rest
///     Var x̄   = (MS_rows + MS_runs − MS_rest) / (S n)
///
/// Few runs tell MS_runs badly. So the runs' part is taken for nothing where MS_runs is no larger
/// than it would be in nine of ten cases by chance; what that does to verdicts is measured by the
/// tests, on pairs whose truth is known.
///
/// The interval is a bootstrap's: rows are drawn again, with all runs' scores of a row together,
/// and what the runs add is drawn from a normal distribution. Few runs tell little about how much
/// they vary, so each draw is stretched as a normal number is to become Student's t, with
/// Satterthwaite's degrees of freedom. Two ways to train are compared by the differences of their
/// scores, row by row and run by run: what is hard for both cancels.
///
/// With one run nothing is known about other runs: the interval is then about other rows alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace unroll {

/// Scores of runs, [run][row].
struct RowScores {
  std::vector<std::vector<float>> runs;
  /// Whether all runs answer the same rows, in the same order. Otherwise each run has rows of its
  /// own, as the folds of a cross-validation do.
  bool same_rows = true;
};

/// The scores of `a` less those of `b`. Both have as many runs, and runs as many rows.
RowScores difference(const RowScores& a, const RowScores& b);

struct MeanEstimate {
  double mean = 0;
  double low = 0;  ///< the 95 % interval
  double high = 0;
  double p = 1;  ///< how probable a mean so far from 0 is, if it is 0 in truth; at least 2/10,001
};

/// Same scores and seed, same bits. There is at least one run, and each has a row.
MeanEstimate estimate_mean(const RowScores& scores, std::uint64_t seed);

/// Rows that one way to train answers better than the other, by the mean over its runs.
struct Discordance {
  std::size_t first_better = 0;
  std::size_t second_better = 0;
};
/// `differences`: those of the first less the second.
Discordance discordance(const RowScores& differences);

/// McNemar's test (1947), exact: how probable so unequal counts are, if a row is as likely to be
/// among the one as among the other. Rows that both answer alike say nothing and do not count.
double mcnemar(const Discordance& rows);

/// Holm's correction (1979) for several tests: with 5 % as the bound of what it gives, one false
/// verdict or more among all of them has a probability of 5 % at most.
std::vector<double> holm(std::span<const double> p);

}  // namespace unroll
