#include "unroll/tools/lab/pages/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/lab/pages/svg_frame.h"

namespace unroll {

namespace {

using svg::kFrameHeight, svg::kFrameWidth;

/// Tick steps, in powers of ten (y) or units (x), and how many ticks are too many.
constexpr std::array kYSteps{1, 2, 5, 10, 20, 50, 100, 200, 500};
constexpr double kMostTicks = 8;

/// From values to the frame's units.
struct Frame {
  double x_low, x_high, y_low, y_high;
  int y_step;

  double x(double value) const {
    return x_high == x_low ? 0 : (value - x_low) / (x_high - x_low) * kFrameWidth;
  }
  /// Far outside values stay near the frame: some viewers draw huge coordinates wrongly.
  double y(double value) const {
    const double share = (y_high - value) / (y_high - y_low);
    return std::clamp(share, -1.0, 2.0) * kFrameHeight;
  }
};

void check(const LogPlot& plot) {
  if (plot.x.empty()) throw ShapeError("plot: there is no x");
  if (plot.series.size() > svg::kColours) {
    throw ShapeError(fmt::format("plot: {} series, there are colours for {}", plot.series.size(),
                                 svg::kColours));
  }
  for (const PlotSeries& series : plot.series) {
    for (const auto* values :
         {&series.line, &series.low, &series.high, &series.bound, &series.ceiling}) {
      if (values->size() == plot.x.size() || (values->empty() && values != &series.line)) continue;
      throw ShapeError(fmt::format("plot: series \"{}\" has {} values for {} x", series.name,
                                   values->size(), plot.x.size()));
    }
  }
}

Frame frame_of(const LogPlot& plot) {
  double low = -1, high = 1;  // 10⁰ is always in sight
  for (const PlotSeries& series : plot.series) {
    for (const auto* values :
         {&series.line, &series.low, &series.high, &series.bound, &series.ceiling}) {
      for (double value : *values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, std::max(value, plot.lowest));
        high = std::max(high, std::min(value, plot.highest));
      }
    }
  }
  const auto fits = [&](int step) { return (high - low) / step <= kMostTicks; };
  const auto found = std::ranges::find_if(kYSteps, fits);
  const int step = found == kYSteps.end() ? kYSteps.back() : *found;
  return {plot.x.front(), plot.x.back(), std::floor(low / step) * step,
          std::ceil(high / step) * step, step};
}

// ------------------------------------------------------------------------------------------- axes

std::string y_axis(const Frame& frame) {
  std::string axis;
  for (double tick = frame.y_low; tick <= frame.y_high; tick += frame.y_step) {
    axis += svg::y_tick(frame.y(tick), power_of_ten(static_cast<int>(tick)),
                        tick == 0 ? "one" : "grid");
  }
  return axis;
}

/// A round distance of ticks: 1, 2 or 5 times a power of ten.
double x_step(double length) {
  double step = 1;
  for (int k = 0; length / step > kMostTicks - 2; ++k) step *= k % 3 == 1 ? 2.5 : 2;
  return step;
}

std::string x_axis(const Frame& frame) {
  const double step = x_step(frame.x_high - frame.x_low);
  std::string axis;
  for (double tick = std::ceil(frame.x_low / step) * step; tick <= frame.x_high; tick += step) {
    axis += svg::x_tick(frame.x(tick), fmt::format("{}", tick));
  }
  return axis;
}

// ------------------------------------------------------------------------------------------ series

std::string points(const Frame& frame, const std::vector<double>& x,
                   const std::vector<double>& values) {
  std::string path;
  bool drawing = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(values[i])) {
      drawing = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", drawing ? 'L' : 'M', frame.x(x[i]), frame.y(values[i]));
    drawing = true;
  }
  return path;
}

std::string band(const Frame& frame, const std::vector<double>& x, const PlotSeries& series) {
  if (series.low.empty() || series.high.empty()) return "";
  std::string path;
  const auto add = [&](std::size_t i, double value) {
    if (std::isnan(value)) return;
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', frame.x(x[i]), frame.y(value));
  };
  for (std::size_t i = 0; i < x.size(); ++i) add(i, series.high[i]);
  for (std::size_t i = x.size(); i-- > 0;) add(i, series.low[i]);
  return fmt::format(R"svg(<path class="band" d="{}Z"/>)svg", path);
}

/// Eight markers on a line, shifted against those of the other series.
std::string markers(const Frame& frame, const std::vector<double>& x, const PlotSeries& series,
                    std::size_t number) {
  constexpr std::size_t kCount = 8;
  std::string drawn;
  for (std::size_t k = 0; k < kCount; ++k) {
    const std::size_t i = (k * svg::kColours + number) * x.size() / (kCount * svg::kColours);
    if (std::isfinite(series.line[i])) {
      drawn += svg::marker(number, frame.x(x[i]), frame.y(series.line[i]));
    }
  }
  return drawn;
}

std::string drawn(const Frame& frame, const std::vector<double>& x, const PlotSeries& series,
                  std::size_t number) {
  std::string lines = fmt::format(R"svg(<g class="s{}">)svg", number + 1) + band(frame, x, series);
  if (!series.ceiling.empty()) {
    lines +=
        fmt::format(R"svg(<path class="ceiling" d="{}"/>)svg", points(frame, x, series.ceiling));
  }
  if (!series.bound.empty()) {
    lines += fmt::format(R"svg(<path class="bound" d="{}"/>)svg", points(frame, x, series.bound));
  }
  lines += fmt::format(R"svg(<path class="line" d="{}"/>)svg", points(frame, x, series.line));
  return lines + markers(frame, x, series, number) + "</g>";
}

std::string legend(const LogPlot& plot) {
  std::string html = "<ul class=\"legend\">";
  for (std::size_t k = 0; k < plot.series.size(); ++k) {
    html += fmt::format(
        R"svg(<li><svg viewBox="0 0 34 14" aria-hidden="true"><g class="s{}"><path class="line" )svg"
        R"svg(d="M0 7H34"/>{}</g></svg>{}</li>)svg",
        k + 1, svg::marker(k, 17, 7), html_math(plot.series[k].name));
  }
  return html + "</ul>";
}

}  // namespace

std::string power_of_ten(int exponent) {
  static constexpr std::array<std::string_view, 10> kDigits{"⁰", "¹", "²", "³", "⁴",
                                                            "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (char digit : std::to_string(std::abs(exponent))) {
    text += kDigits[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

std::string svg_log_plot(const LogPlot& plot) {
  check(plot);
  const Frame frame = frame_of(plot);
  std::string lines;
  for (std::size_t k = 0; k < plot.series.size(); ++k) {
    lines += drawn(frame, plot.x, plot.series[k], k);
  }
  const std::string axes =
      y_axis(frame) + x_axis(frame) + svg::axis_labels(plot.x_label, plot.y_label);
  return svg::figure(plot.description, axes, lines, legend(plot));
}

}  // namespace unroll
