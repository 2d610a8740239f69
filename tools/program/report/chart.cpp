#include "unroll/tools/program/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "unroll/tools/lab/pages/html_page.h"

namespace unroll {

namespace {

// The drawing's own units. The margins have room for the larger text of a phone.
constexpr double kWidth = 560, kHeight = 310;
constexpr double kLeft = 70, kTop = 14, kRight = 16, kBottom = 48;
constexpr double kFrameWidth = kWidth - kLeft - kRight, kFrameHeight = kHeight - kTop - kBottom;

constexpr std::size_t kColours = 6;  // of the page

struct AxisRange {
  double low = 0;
  double high = 1;
};

/// Where values are in the frame.
class Frame {
 public:
  Frame(AxisRange x, AxisRange y, bool is_logarithmic)
      : x_(x), y_(y), is_logarithmic_(is_logarithmic) {}
  double left_of(double x) const { return kLeft + kFrameWidth * (x - x_.low) / (x_.high - x_.low); }
  double top_of(double y) const {
    return kTop +
           kFrameHeight * (1 - (scaled(y) - scaled(y_.low)) / (scaled(y_.high) - scaled(y_.low)));
  }
  bool has(const Point& point) const {
    return std::isfinite(point.x) && std::isfinite(scaled(point.y));
  }
  AxisRange x() const { return x_; }
  AxisRange y() const { return y_; }

 private:
  double scaled(double y) const { return is_logarithmic_ ? std::log10(y) : y; }

  AxisRange x_, y_;
  bool is_logarithmic_;
};

template <typename Get>
std::optional<AxisRange> range_of(const Chart& chart, Get get) {
  std::optional<AxisRange> range;
  for (const ChartLine& line : chart.lines) {
    for (const Point& point : line.points) {
      const double value = get(point);
      if (!std::isfinite(value) || (chart.is_logarithmic && point.y <= 0)) continue;
      range = range ? AxisRange{std::min(range->low, value), std::max(range->high, value)}
                    : AxisRange{value, value};
    }
  }
  return range;
}

/// How much higher and lower than the points a chart is, so that lines don't run along its frame. A
/// change of a share by less than two points should look small.
double margin_of(AxisRange range, bool is_share) {
  const double height = range.high - range.low;
  if (is_share) return std::max(0.06 * height, (0.02 - height) / 2);
  return height > 0 ? 0.06 * height : 0.05 * std::abs(range.high);
}

AxisRange widened(AxisRange range, const Chart& chart) {
  if (chart.is_logarithmic) return {range.low / 1.3, range.high * 1.3};
  const double margin = margin_of(range, chart.is_share);
  AxisRange wide{range.low - margin, range.high + margin};
  if (chart.least) wide.low = *chart.least;
  if (chart.is_share) wide = {std::max(wide.low, 0.0), std::min(wide.high, 1.0)};
  return wide.high > wide.low ? wide : AxisRange{wide.low, wide.low + 1};
}

/// 1, 2 and 5 times the powers of ten, or the powers alone where they are many.
std::vector<double> logarithmic_ticks(AxisRange range) {
  std::vector<double> ticks;
  const bool few = range.high / range.low < 200;
  for (double power = std::pow(10, std::floor(std::log10(range.low))); power <= range.high;
       power *= 10) {
    for (const double times : {1.0, 2.0, 5.0}) {
      const double tick = times * power;
      if (tick >= range.low && tick <= range.high && (few || times == 1)) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::string value_text(double value, bool is_share) {
  if (is_share) return fmt::format("{:.4g} %", 100 * value);
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.0e}", value);
  if (std::abs(value) >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  return std::abs(value) >= 1e4 ? fmt::format("{:.3g}k", value / 1e3)
                                : fmt::format("{:.4g}", value);
}

std::string axes(const Chart& chart, const Frame& frame) {
  const AxisRange y = frame.y();
  std::string svg;
  for (const double tick :
       chart.is_logarithmic ? logarithmic_ticks(y) : round_ticks(y.low, y.high, 5)) {
    svg += fmt::format(
        R"(<path class="grid" d="M{} {:.1f}h{}"/><text x="{}" y="{:.1f}" dy=".35em" text-anchor="end">{}</text>)",
        kLeft, frame.top_of(tick), kFrameWidth, kLeft - 8, frame.top_of(tick),
        value_text(tick, chart.is_share));
  }
  for (const double tick : round_ticks(frame.x().low, frame.x().high, 6)) {
    svg += fmt::format(
        R"(<path class="axis" d="M{:.1f} {}v5"/><text x="{:.1f}" y="{}" dy="1.2em" text-anchor="middle">{}</text>)",
        frame.left_of(tick), kTop + kFrameHeight, frame.left_of(tick), kTop + kFrameHeight + 2,
        value_text(tick, false));
  }
  return svg +
         fmt::format(
             R"(<path class="axis" d="M{} {}h{}"/><text class="hint" x="{}" y="{}" text-anchor="end">{}</text>)",
             kLeft, kTop + kFrameHeight, kFrameWidth, kWidth - kRight, kHeight - 6,
             html_text(chart.x_label));
}

std::string vertical(const std::vector<double>& places, std::string_view style,
                     const Frame& frame) {
  std::string svg;
  for (const double x : places) {
    svg += fmt::format(R"(<path class="{}" d="M{:.1f} {}v{}"/>)", style, frame.left_of(x), kTop,
                       kFrameHeight);
  }
  return svg;
}

std::string_view class_of(LineStyle style) {
  switch (style) {
    case LineStyle::kSolid:
      return "line";
    case LineStyle::kFaint:
      return "faint";
    case LineStyle::kDashed:
      return "bound";
    case LineStyle::kDotted:
      return "ceiling";
  }
  return "";
}

std::string path_of(const ChartLine& line, const Frame& frame) {
  std::string path;
  bool is_open = false;
  for (const Point& point : line.points) {
    if (frame.has(point)) {
      path += fmt::format("{}{:.1f} {:.1f}", is_open ? "L" : "M", frame.left_of(point.x),
                          frame.top_of(point.y));
    }
    is_open = frame.has(point);
  }
  return path;
}

std::string dots(const Chart& chart, const ChartLine& line, const Frame& frame) {
  if (!line.marked) return "";
  std::string svg;
  for (const Point& point : line.points) {
    if (!frame.has(point)) continue;
    svg += fmt::format(
        R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.4"><title>{}{} {:.4g}: {}</title></circle>)",
        frame.left_of(point.x), frame.top_of(point.y),
        line.name.empty() ? "" : html_text(line.name) + ", ", html_text(chart.x_label), point.x,
        value_text(point.y, chart.is_share));
  }
  return svg;
}

std::string colour_of(const ChartLine& line) {
  return fmt::format("s{}", line.colour % kColours + 1);
}

std::string legend(const Chart& chart) {
  std::string items;
  for (const ChartLine& line : chart.lines) {
    if (line.name.empty()) continue;
    items += fmt::format(
        R"(<li><svg class="{}" viewBox="0 0 36 12"><path class="{}" d="M0 6H36"/>{}</svg>{}</li>)",
        colour_of(line), class_of(line.style),
        line.marked ? R"(<circle class="dot" cx="18" cy="6" r="3.4"/>)" : "", html_text(line.name));
  }
  return items.empty() ? "" : fmt::format("<ul class=\"legend\">{}</ul>", items);
}

}  // namespace

std::vector<double> round_ticks(double low, double high, std::size_t parts) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / static_cast<double>(parts);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double times : {1.0, 2.0, 5.0, 10.0}) {
    step = times * power;
    if (step >= rough) break;
  }
  std::vector<double> ticks;
  const double begin = std::ceil(low / step - 1e-9);
  for (double k = begin; k * step <= high + 1e-9 * step; ++k)
    ticks.push_back(k == 0 ? 0 : k * step);
  return ticks;
}

std::vector<Point> smoothed(const std::vector<Point>& points) {
  // About a thirtieth of the points count: enough to hide the noise between batches.
  const double weight = std::min(1.0, 30.0 / static_cast<double>(points.size() + 1));
  std::vector<Point> result;
  double mean = 0, weights = 0;
  for (const Point& point : points) {
    if (!std::isfinite(point.y)) continue;
    mean += weight * (point.y - mean);
    weights += weight * (1 - weights);
    result.push_back({point.x, mean / weights});
  }
  return result;
}

std::string chart_html(const Chart& chart) {
  const auto x = range_of(chart, [](const Point& point) { return point.x; });
  const auto y = range_of(chart, [](const Point& point) { return point.y; });
  if (!x || !y) return "<p class=\"note\">Nothing to draw yet.</p>\n";
  const AxisRange x_range = x->high > x->low ? *x : AxisRange{x->low - 1, x->high + 1};
  const Frame frame({std::min(0.0, x_range.low), x_range.high}, widened(*y, chart),
                    chart.is_logarithmic);
  std::string svg = axes(chart, frame) + vertical(chart.dashed_marks, "resume", frame) +
                    vertical(chart.marks, "best", frame);
  for (const ChartLine& line : chart.lines) {
    svg += fmt::format(R"(<g class="{}"><path class="{}" d="{}"/>{}</g>)", colour_of(line),
                       class_of(line.style), path_of(line, frame), dots(chart, line, frame));
  }
  return fmt::format(
      R"(<figure class="plot"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>{}</figure>)",
      kWidth, kHeight, html_text(chart.description), svg, legend(chart));
}

}  // namespace unroll
