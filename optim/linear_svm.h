/// The linear support vector machine with squared hinge loss, by dual coordinate descent (Hsieh,
/// Chang, Lin, Keerthi & Sundararajan 2008; the method of LIBLINEAR):
///
///     min over w, b  ½ (‖w‖² + b²) + Σ_i C_i max(0, 1 − y_i (wᵀx_i + b))²
///
/// Its dual has one variable α_i ≥ 0 for each row, and w = Σ_i α_i y_i x_i. A step sets one α_i to
/// its best value while the others stay. It costs as much as the row has values, so a pass over all
/// rows costs no more than computing their margins once.
///
/// It is ours and not the library LIBLINEAR because that one draws its order of rows from rand():
/// what it finds would depend on what else the process has drawn, and two threads could not solve
/// at once. It also takes sixteen bytes for a value of x where SparseCounts takes five.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/sparse_counts.h"

namespace unroll {

struct SvmOptions {
  /// Ends when no partial derivative of the dual can improve by more than this.
  double tolerance = 0.1;
  std::size_t most_passes = 1000;
  std::uint64_t seed = 1;  ///< of the order of the rows
};

/// One machine for rows x whose weights it shares with others.
class LinearSvm {
 public:
  /// `x` and `weights` must outlive it. `y`: +1 or −1 for each row.
  LinearSvm(const SparseCounts& x, const CountWeights& weights, std::vector<std::int8_t> y);

  /// Solves for these C_i > 0, beginning where the last solution is. Returns the passes it took.
  std::size_t solve(std::span<const double> C, const SvmOptions& options = {});

  /// w_j · of_column[j]: a margin is b + Σ_j of_count[c_j] · of_row · weight(j).
  double weight(std::size_t column) const { return columns_[column].weight; }
  std::size_t columns() const noexcept { return columns_.size(); }
  /// b + wᵀx of a row.
  double margin(std::size_t row) const;
  double b() const noexcept { return b_; }

 private:
  /// What a step reads of a column lies together.
  struct Column {
    double square = 0;  // of_column²
    double weight = 0;  // w · of_column
  };
  /// How far the gradients of one pass are from those of a solution.
  struct Violation;

  Range values(std::size_t row) const noexcept { return {x_.row(row).begin, ends_[row]}; }
  double squared_norm(std::size_t row) const;
  void add_row(std::size_t row, double factor);
  bool visit(std::size_t row, double C, double limit, Violation& violation);

  const SparseCounts& x_;
  const CountWeights& weights_;
  std::vector<std::int8_t> y_;
  std::vector<std::size_t> ends_;  // of each row, before its last columns that weigh nothing
  std::vector<double> norms_;      // ‖x_i‖² + 1, of the bias
  std::vector<double> alpha_;
  std::vector<Column> columns_;
  double b_ = 0;
};

}  // namespace unroll
