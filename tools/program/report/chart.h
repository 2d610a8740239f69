/// Line charts as pieces of HTML: an SVG drawing and its legend. Colours and text are the page's
/// (tools/lab/pages/html_page.h); what a line is can be told without its colour, too.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace unroll {

struct Point {
  double x = 0;
  double y = 0;
};

enum class LineStyle { kSolid, kFaint, kDashed, kDotted };

struct ChartLine {
  std::string name;        ///< for the legend; empty: it is not named there
  std::size_t colour = 0;  ///< one of six, taken round
  LineStyle style = LineStyle::kSolid;
  std::vector<Point> points;  ///< those that are not finite are gaps
  bool marked = false;        ///< with a dot at each point
};

struct Chart {
  std::string description;  ///< for who can't see it
  std::string x_label;
  std::vector<ChartLine> lines;
  bool is_share = false;  ///< y is shown in per cent
  bool is_logarithmic = false;
  std::optional<double> least;       ///< of y; else what the points have
  std::vector<double> marks;         ///< vertical lines at these x
  std::vector<double> dashed_marks;  ///< fainter ones
};

std::string chart_html(const Chart& chart);

/// Round numbers that divide low .. high into about so many parts, all within it.
std::vector<double> round_ticks(double low, double high, std::size_t parts);

/// Points whose y is the mean of what came before, each older one counting for less.
std::vector<Point> smoothed(const std::vector<Point>& points);

}  // namespace unroll
