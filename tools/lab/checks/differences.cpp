#include "unroll/tools/lab/checks/differences.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace unroll {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
/// Halvings: 2⁻⁷ of the first step, beyond which rounding grows faster than the estimate improves.
constexpr std::size_t kLevels = 8;
/// Steps that cross a kink shrink to 4⁻¹⁰ ≈ 1e-6 of the first one.
constexpr std::size_t kRetries = 10;

/// Neville's table for s → 0 of values that are even in s: row k holds the estimates after k
/// halvings, entry j of it free of s², …, s^2j.
class Extrapolation {
 public:
  void add(double central) {
    std::array<double, kLevels> row{central};
    double power = 1;
    for (std::size_t j = 1; j <= levels_; ++j) {
      power *= 4;
      row[j] = (power * row[j - 1] - last_[j - 1]) / (power - 1);
      keep_better(row[j], std::max(std::abs(row[j] - row[j - 1]), std::abs(row[j] - last_[j - 1])));
    }
    if (levels_ == 0) best_ = central;
    last_ = row;
    ++levels_;
  }
  double best() const { return best_; }
  /// By how much the estimates around the best one differ.
  double error() const { return error_; }

 private:
  void keep_better(double value, double error) {
    if (error > error_) return;
    best_ = value;
    error_ = error;
  }

  std::array<double, kLevels> last_{};
  std::size_t levels_ = 0;
  double best_ = 0;
  double error_ = std::numeric_limits<double>::infinity();
};

std::optional<Slope> slope_from(const LineFunction& f, double first, const SlopeOptions& options) {
  Extrapolation table;
  double step = first;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const std::optional<double> above = f(step);
    const std::optional<double> below = above ? f(-step) : std::nullopt;
    if (!below) return std::nullopt;
    table.add((*above - *below) / (2 * step));
    if (table.error() <= std::max(options.wanted, options.noise / step)) break;
    if (level + 1 < kLevels) step /= 2;
  }
  // Extrapolation weighs the last, noisiest quotient with at most 4/3 · 16/15 · 64/63 … < 1.5.
  return Slope{table.best(), 1.5 * options.noise / step, first};
}

using Points = std::array<double, 7>;

/// f at −3 … 3 times the spacing.
std::optional<Points> points_of(const LineFunction& f, double spacing) {
  Points values{};
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::optional<double> value = f((static_cast<double>(k) - 3) * spacing);
    if (!value) return std::nullopt;
    values[k] = *value;
  }
  return values;
}

/// The differences of order k of independent errors of deviation σ have the deviation
/// σ √((2k)!) / k!. The largest σ that the orders 3 to 6 tell.
double noise_of(Points values) {
  constexpr double kMargin = 4;  // deviations: an error that is never seen larger
  const double least = kEpsilon * std::abs(values[3]);
  double variance = 0;
  double growth = 1;  // (2k)! / (k!)²
  for (std::size_t k = 1; k < values.size(); ++k) {
    growth *= (4 * static_cast<double>(k) - 2) / static_cast<double>(k);
    double squares = 0;
    for (std::size_t i = 0; i + k < values.size(); ++i) {
      values[i] = values[i + 1] - values[i];
      squares += values[i] * values[i];
    }
    if (k < 3) continue;
    variance = std::max(variance, squares / static_cast<double>(values.size() - k) / growth);
  }
  return std::max(kMargin * std::sqrt(variance), least);
}

}  // namespace

std::optional<Slope> slope(const LineFunction& f, const SlopeOptions& options) {
  double first = options.step;
  for (std::size_t retries = 0; retries <= kRetries; ++retries, first /= 4) {
    std::optional<Slope> found = slope_from(f, first, options);
    if (found) found->retries = retries;
    if (found) return found;
  }
  return std::nullopt;
}

double measure_noise(const LineFunction& f, double spacing) {
  for (int retries = 0; retries < 4; ++retries, spacing /= 64) {
    const std::optional<Points> values = points_of(f, spacing);
    if (values) return noise_of(*values);
  }
  return kEpsilon * std::abs(f(0).value_or(0));
}

}  // namespace unroll
