#include "unroll/optim/linear_svm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "unroll/core/random.h"

namespace unroll {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where the row's values end, without those of the second part at its end if that weighs nothing.
std::size_t end_of(const SparseCounts& x, std::size_t row, const CountWeights& weights) {
  const Range values = x.row(row);
  std::size_t end = values.end;
  if (weights.of_row[2 * row + 1] != 0) return end;
  while (end > values.begin && x.columns[end - 1] >= weights.split) --end;
  return end;
}

}  // namespace

struct LinearSvm::Violation {
  double most = -kInfinity;
  double least = kInfinity;

  void add(double gradient) {
    most = std::max(most, gradient);
    least = std::min(least, gradient);
  }
};

LinearSvm::LinearSvm(const SparseCounts& x, const CountWeights& weights, std::vector<std::int8_t> y)
    : x_(x), weights_(weights), y_(std::move(y)), alpha_(x.rows()) {
  columns_.reserve(weights.of_column.size());
  for (const double scale : weights.of_column) columns_.push_back({.square = scale * scale});
  for (std::size_t row = 0; row < x.rows(); ++row) {
    ends_.push_back(end_of(x, row, weights));
    norms_.push_back(squared_norm(row) + 1);
  }
}

double LinearSvm::squared_norm(std::size_t row) const {
  std::array<double, 2> sums{};
  const Range range = values(row);
  for (std::size_t k = range.begin; k < range.end; ++k) {
    const double count = weights_.of_count[x_.counts[k]];
    sums[x_.columns[k] >= weights_.split] += count * count * columns_[x_.columns[k]].square;
  }
  const double first = weights_.of_row[2 * row], second = weights_.of_row[2 * row + 1];
  return sums[0] * first * first + sums[1] * second * second;
}

double LinearSvm::margin(std::size_t row) const {
  std::array<double, 2> sums{};
  const Range range = values(row);
  for (std::size_t k = range.begin; k < range.end; ++k) {
    sums[x_.columns[k] >= weights_.split] +=
        weights_.of_count[x_.counts[k]] * columns_[x_.columns[k]].weight;
  }
  return sums[0] * weights_.of_row[2 * row] + sums[1] * weights_.of_row[2 * row + 1] + b_;
}

/// w += factor · x_row, and b likewise.
void LinearSvm::add_row(std::size_t row, double factor) {
  const std::array scaled{factor * weights_.of_row[2 * row], factor * weights_.of_row[2 * row + 1]};
  const Range range = values(row);
  for (std::size_t k = range.begin; k < range.end; ++k) {
    Column& column = columns_[x_.columns[k]];
    column.weight +=
        scaled[x_.columns[k] >= weights_.split] * weights_.of_count[x_.counts[k]] * column.square;
  }
  b_ += factor;
}

/// Sets α_row to its best value. False if the row will hardly be needed in this round: its α is 0
/// and its gradient would keep it there.
bool LinearSvm::visit(std::size_t row, double C, double limit, Violation& violation) {
  const double y = y_[row], diagonal = 1 / (2 * C);
  double& alpha = alpha_[row];
  const double gradient = y * margin(row) - 1 + alpha * diagonal;
  if (alpha == 0 && gradient > limit) return false;
  const double projected = alpha == 0 ? std::min(gradient, 0.0) : gradient;
  violation.add(projected);
  if (projected != 0) {
    const double before = alpha;
    alpha = std::max(alpha - gradient / (norms_[row] + diagonal), 0.0);
    add_row(row, (alpha - before) * y);
  }
  return true;
}

std::size_t LinearSvm::solve(std::span<const double> C, const SvmOptions& options) {
  std::vector<std::uint32_t> order(x_.rows());
  std::iota(order.begin(), order.end(), 0U);
  std::size_t active = order.size();
  double limit = kInfinity;
  for (std::size_t pass = 0; pass < options.most_passes; ++pass) {
    Random random(options.seed, "svm/", pass);
    random.shuffle(std::span(order).first(active));
    Violation violation;
    for (std::size_t k = 0; k < active;) {
      const std::uint32_t row = order[k];
      visit(row, C[row], limit, violation) ? ++k : (std::swap(order[k], order[--active]), k);
    }
    limit = violation.most > 0 ? violation.most : kInfinity;
    if (violation.most - violation.least > options.tolerance) continue;
    if (active == order.size()) return pass + 1;
    active = order.size();  // what was left out is looked at once more
    limit = kInfinity;
  }
  return options.most_passes;
}

}  // namespace unroll
