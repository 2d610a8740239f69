#include "unroll/tools/classifier/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace unroll {
namespace {

using Labels = std::vector<std::string>;

TEST(WilsonInterval, IsThatOfScipy) {
  // scipy.stats.binomtest(count, rows).proportion_ci(method="wilson")
  const Interval most = wilson_interval(836, 1066);
  EXPECT_NEAR(most.low, 0.7585494747, 1e-9);
  EXPECT_NEAR(most.high, 0.8078895944, 1e-9);
  const Interval all = wilson_interval(5, 5);
  EXPECT_NEAR(all.low, 0.5655175352, 1e-9);
  EXPECT_DOUBLE_EQ(all.high, 1);
  EXPECT_DOUBLE_EQ(wilson_interval(0, 5).low, 0);
}

TEST(WilsonInterval, OfNoRowsIsEverything) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

TEST(WilsonInterval, EndsWhereTheCountIsJustNotContradicted) {
  const Interval interval = wilson_interval(30, 80);
  for (const double q : {interval.low, interval.high}) {
    EXPECT_NEAR(std::abs(30.0 / 80 - q), 1.959963984540054 * std::sqrt(q * (1 - q) / 80), 1e-12);
  }
}

TEST(Calibration, CountsByHand) {
  const Calibration c = calibrate(Labels{"a", "b", "a", "b"}, Labels{"a", "a", "a", "b"},
                                  std::vector{0.9, 0.88, 0.55, 1.0});
  ASSERT_EQ(c.bins.size(), Calibration::kBins);
  const CalibrationBin& sure = c.bins[13];  // above 13/15, at most 14/15
  EXPECT_EQ(sure.rows, 2u);
  EXPECT_DOUBLE_EQ(sure.confidence, 0.89);
  EXPECT_DOUBLE_EQ(sure.accuracy, 0.5);
  EXPECT_EQ(c.bins[14].rows, 1u);
  EXPECT_EQ(c.bins[8].rows, 1u);
  EXPECT_DOUBLE_EQ(c.error, (2 * 0.39 + 0 + 0.45) / 4);
}

TEST(Calibration, CountsAnEndToTheBinBelow) {
  const Calibration c =
      calibrate(Labels{"a", "a", "a"}, Labels{"a", "a", "a"}, std::vector{0.0, 1.0 / 15, 1.0});
  EXPECT_EQ(c.bins.front().rows, 2u);
  EXPECT_EQ(c.bins.back().rows, 1u);
}

TEST(Calibration, OfNothingHasNoError) {
  const Calibration c = calibrate({}, {}, {});
  EXPECT_EQ(c.error, 0);
  EXPECT_EQ(c.bins.size(), Calibration::kBins);
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    longest = std::max<std::size_t>(longest, std::ranges::count_if(line, begins));
  }
  return longest;
}

TEST(CalibrationPlot, ShowsBinsThatHaveRowsWithinTheWidth) {
  Labels labels;
  std::vector<double> confidences;
  for (int k = 0; k < 60; ++k) {
    labels.emplace_back("a");
    confidences.push_back((k + 0.5) / 60);
  }
  const Calibration c = calibrate(labels, labels, confidences);
  EXPECT_EQ(longest_line(to_plot(c, 80)), 12u + 4 * 15);
  EXPECT_LE(longest_line(to_plot(c, 40)), 40u);
  EXPECT_GT(to_plot(c, 1).size(), 0u);
  const Calibration one = calibrate(Labels{"a"}, Labels{"a"}, std::vector{0.75});
  EXPECT_EQ(to_plot(one, 80),
            "calibration error 25.00 %\n"
            "confidence %  75\n"
            "right %      100\n"
            "              ██\n"
            "of rows %    100\n");
}

}  // namespace
}  // namespace unroll
