/// Points in a plane of two logarithmic axes, each with its name beside it, as a piece of HTML.
#pragma once

#include <string>
#include <vector>

namespace unroll {

struct ScatterPoint {
  double x;
  double y;
  std::string label;  ///< plain text
  bool highlighted = false;
};

/// Positive ranges. A point outside is drawn at the edge: its label should tell the value.
struct LogScatter {
  std::string description;  ///< for those who do not see the drawing
  std::string x_label;
  std::string y_label;
  std::string hint;  ///< in the lower left corner
  double x_low = 0, x_high = 0;
  double y_low = 0, y_high = 0;
  std::vector<ScatterPoint> points;
};

/// A <figure class="plot">. Labels are moved so that none covers another or a marker, with a line
/// to their point where they had to go far. Throws ShapeError for a range that is none.
std::string svg_log_scatter(const LogScatter& scatter);

}  // namespace unroll
