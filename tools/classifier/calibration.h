/// Calibration: what an accuracy measured on so many texts is worth, and whether a classifier is as
/// sure as it is often right.
///
/// The share k of n right answers is known within an interval (Wilson 1927): all shares q that such
/// a count does not contradict, |k/n − q| ≤ z √(q(1 − q)/n) with z = 1.96 for 95 %.
///
/// Answers with a confidence (the probability of the label) near 0.8 should be right in 80 % of the
/// cases. Answers go into bins by their confidence. The expected calibration error is the mean
/// over all answers of |share that is right in the bin − mean confidence in the bin|.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "unroll/tools/classifier/evaluation.h"

namespace unroll {

/// The 95 % interval of a share; from 0 to 1 if there are no rows.
Interval wilson_interval(std::size_t correct, std::size_t rows);

/// Counts answers by their confidence, as they come.
class CalibrationCounts {
 public:
  CalibrationCounts();
  void add(double confidence, bool is_right);
  Calibration calibration() const;

 private:
  std::vector<CalibrationBin> bins_;  // sums, where means will be
  std::size_t rows_ = 0;
};

/// How right the answers of each confidence are; all three have one element for each row.
Calibration calibrate(std::span<const std::string> actual, std::span<const std::string> predicted,
                      std::span<const double> confidences);

/// The bins that have rows, side by side: a plot of a few lines for people, ending in a line break.
/// Lines of more than `width` columns go on below.
std::string to_plot(const Calibration& calibration, std::size_t width);

}  // namespace unroll
