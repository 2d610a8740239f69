#include "unroll/tools/lab/race/median.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace unroll {

namespace {

/// Where the interval begins among the sorted values: the last place with P(the true median is
/// below it) ≤ 2.5 %, which is that of a fair coin to show so few heads.
std::size_t low_end(std::size_t count) {
  const auto n = static_cast<double>(count);
  double log_probability = -n * std::log(2.0);  // of exactly k heads; in logarithms, 2⁻ⁿ is tiny
  double at_most = 0;
  for (std::size_t k = 0; k < count; ++k) {
    at_most += std::exp(log_probability);
    if (at_most > 0.025) return k == 0 ? 0 : k - 1;
    const auto heads = static_cast<double>(k);
    log_probability += std::log((n - heads) / (heads + 1));
  }
  return 0;
}

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return median_of_sorted(values);
}

MedianInterval median_interval(std::vector<double> values) {
  if (values.empty()) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return {kNan, kNan, kNan, 0};
  }
  std::ranges::sort(values);
  const std::size_t low = low_end(values.size());
  return {median_of_sorted(values), values[low], values[values.size() - 1 - low], values.size()};
}

}  // namespace unroll
