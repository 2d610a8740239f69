/// Plots over a logarithmic axis, as a piece of HTML: one SVG drawing and its legend. Colours are
/// the page's variables (html_page.h); each series also has a marker of its own, so that nobody
/// needs the colours.
#pragma once

#include <string>
#include <vector>

namespace unroll {

/// One line with what belongs to it. All values are powers of ten (log₁₀), one per x; −∞ is below
/// every frame, NaN is left out.
struct PlotSeries {
  std::string name;          ///< plain text, in the legend
  std::vector<double> line;  ///< solid
  std::vector<double> low;   ///< a band from low to high behind the line; empty: none
  std::vector<double> high;
  std::vector<double> bound;    ///< dashed, in the same colour; empty: none
  std::vector<double> ceiling;  ///< dotted, likewise
};

struct LogPlot {
  std::string description;  ///< for those who do not see the drawing
  std::string x_label;
  std::string y_label;
  std::vector<double> x;  ///< ascending, at least one
  std::vector<PlotSeries> series;
  double lowest = -30;  ///< powers of ten beyond these are outside the frame
  double highest = 30;
};

/// A <figure class="plot">. Throws ShapeError where a series and x differ in length, and for more
/// series than there are colours.
std::string svg_log_plot(const LogPlot& plot);

/// 10⁻¹² in digits that need no markup.
std::string power_of_ten(int exponent);

}  // namespace unroll
