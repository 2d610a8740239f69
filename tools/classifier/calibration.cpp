#include "unroll/tools/classifier/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unroll {

namespace {

std::vector<CalibrationBin> empty_bins() {
  constexpr auto kCount = static_cast<double>(Calibration::kBins);
  std::vector<CalibrationBin> bins(Calibration::kBins);
  for (std::size_t k = 0; k < bins.size(); ++k) {
    bins[k].from = static_cast<double>(k) / kCount;
    bins[k].to = static_cast<double>(k + 1) / kCount;
  }
  return bins;
}

CalibrationBin& bin_of(double confidence, std::vector<CalibrationBin>& bins) {
  const auto found = std::ranges::lower_bound(bins, confidence, {}, &CalibrationBin::to);
  return found == bins.end() ? bins.back() : *found;
}

double expected_error(std::span<const CalibrationBin> bins, std::size_t rows) {
  double sum = 0;
  for (const CalibrationBin& bin : bins) {
    sum += static_cast<double>(bin.rows) * std::abs(bin.accuracy - bin.confidence);
  }
  return rows == 0 ? 0 : sum / static_cast<double>(rows);
}

std::string whole_percent(double share) {
  return fmt::format("{:4.0f}", 100 * share);
}

/// A bar of eight heights.
std::string bar(double share) {
  constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto height = static_cast<std::size_t>(std::clamp(8 * share, 0.0, 7.0));
  return fmt::format("  {0}{0}", kBars[height]);
}

/// A line of the plot, one cell for each bin.
template <typename ToCell>
std::string plot_line(const char* name, std::span<const CalibrationBin> bins, ToCell to_cell) {
  std::string line = fmt::format("{:<12}", name);
  for (const CalibrationBin& bin : bins) line += to_cell(bin);
  return line + '\n';
}

}  // namespace

Interval wilson_interval(std::size_t correct, std::size_t rows) {
  if (rows == 0) return {};
  constexpr double z = 1.959963984540054;  // of a normal distribution 2.5 % lies beyond
  const auto n = static_cast<double>(rows);
  const double share = static_cast<double>(correct) / n;
  const double middle = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half =
      z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  return {.low = std::max(0.0, middle - half), .high = std::min(1.0, middle + half)};
}

CalibrationCounts::CalibrationCounts() : bins_(empty_bins()) {}

void CalibrationCounts::add(double confidence, bool is_right) {
  CalibrationBin& bin = bin_of(confidence, bins_);
  ++rows_;
  ++bin.rows;
  bin.confidence += confidence;
  bin.accuracy += is_right ? 1 : 0;
}

Calibration CalibrationCounts::calibration() const {
  Calibration result{.error = 0, .bins = bins_};
  for (CalibrationBin& bin : result.bins) {
    const auto rows = static_cast<double>(std::max<std::size_t>(bin.rows, 1));
    bin.confidence /= rows;
    bin.accuracy /= rows;
  }
  result.error = expected_error(result.bins, rows_);
  return result;
}

Calibration calibrate(std::span<const std::string> actual, std::span<const std::string> predicted,
                      std::span<const double> confidences) {
  CalibrationCounts counts;
  for (std::size_t row = 0; row < confidences.size(); ++row)
    counts.add(confidences[row], actual[row] == predicted[row]);
  return counts.calibration();
}

std::string to_plot(const Calibration& calibration, std::size_t width) {
  constexpr std::size_t kName = 12, kCell = 4;
  std::vector<CalibrationBin> bins;
  std::size_t rows = 0;
  for (const CalibrationBin& bin : calibration.bins) {
    if (bin.rows > 0) bins.push_back(bin);
    rows += bin.rows;
  }
  std::string plot = fmt::format("calibration error {:.2f} %\n", 100 * calibration.error);
  const std::size_t most = std::max<std::size_t>(width, kName + kCell) - kName;
  for (std::size_t first = 0; first < bins.size(); first += most / kCell) {
    const auto some =
        std::span(bins).subspan(first).first(std::min(most / kCell, bins.size() - first));
    plot += plot_line("confidence %", some,
                      [](const CalibrationBin& bin) { return whole_percent(bin.confidence); });
    plot += plot_line("right %", some,
                      [](const CalibrationBin& bin) { return whole_percent(bin.accuracy); });
    plot += plot_line("", some, [](const CalibrationBin& bin) { return bar(bin.accuracy); });
    plot += plot_line("of rows %", some, [&](const CalibrationBin& bin) {
      return whole_percent(static_cast<double>(bin.rows) / static_cast<double>(rows));
    });
  }
  return plot;
}

}  // namespace unroll
