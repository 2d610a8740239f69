/// Medians, and how sure they are.
#pragma once

#include <vector>

namespace unroll {

/// A median with the interval that holds the true one with a probability of 95 % or more.
struct MedianInterval {
  double median;
  double low;
  double high;
};

/// Of at least one value; the mean of the middle two of an even number.
double median(std::vector<double> values);

/// The interval is that of the sign test: it ends at two of the sorted values, assumes nothing of
/// their distribution, and is exact. Fewer than six values are too few for 95 %: all they can give
/// is the least and the largest. None give NaN.
MedianInterval median_interval(std::vector<double> values);

}  // namespace unroll
