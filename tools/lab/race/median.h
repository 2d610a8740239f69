/// Medians, and how sure they are.
#pragma once

#include <cstddef>
#include <vector>

namespace unroll {

/// A median with the interval that holds the true one with a probability of 95 % or more.
struct MedianInterval {
  double median;
  double low;
  double high;
  std::size_t count = 0;  ///< of values it is from
};

/// The fewest values that can give an interval of 95 %.
inline constexpr std::size_t kLeastForInterval = 6;

/// `values` holds at least one. The median of an even number is the mean of the middle two.
double median(std::vector<double> values);

/// The interval is that of the sign test: it ends at two of the sorted values, assumes nothing of
/// their distribution, and is exact. Of fewer than kLeastForInterval values all there is to give is
/// the least and the largest. None give NaN.
MedianInterval median_interval(std::vector<double> values);

}  // namespace unroll
