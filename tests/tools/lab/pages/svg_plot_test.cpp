#include "unroll/tools/lab/pages/svg_plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "unroll/core/error.h"

namespace unroll {
namespace {

LogPlot small_plot() {
  LogPlot plot;
  plot.description = "a < b";
  plot.x_label = "lag";
  plot.y_label = "norm";
  plot.x = {1, 2, 3};
  plot.series.push_back({"one", {0, -10, -20}, {-1, -11, -21}, {1, -9, -19}, {0, -5, -10}, {}});
  return plot;
}

TEST(SvgPlot, DrawsLineBandBoundAndLegend) {
  const std::string svg = svg_log_plot(small_plot());
  for (const char* part : {"class=\"line\"", "class=\"band\"", "class=\"bound\"",
                           "class=\"legend\"", ">one</li>", "a &lt; b", ">10⁻²⁰<", ">10⁰<"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(svg.find("class=\"ceiling\""), std::string::npos);
}

TEST(SvgPlot, SurvivesZerosGapsAndHugeValues) {
  LogPlot plot = small_plot();
  plot.series[0].line = {std::nan(""), -std::numeric_limits<double>::infinity(), 1e6};
  const std::string svg = svg_log_plot(plot);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_NE(svg.find(">10³⁰<"), std::string::npos);  // the frame ends where the plot says
  EXPECT_EQ(svg.find(">10⁴⁰<"), std::string::npos);
}

TEST(SvgPlot, RefusesSeriesThatDoNotFit) {
  LogPlot plot = small_plot();
  plot.series[0].bound = {1};
  EXPECT_THROW(svg_log_plot(plot), ShapeError);
  plot = small_plot();
  plot.series.resize(7, plot.series[0]);
  EXPECT_THROW(svg_log_plot(plot), ShapeError);
  plot.x.clear();
  EXPECT_THROW(svg_log_plot(plot), ShapeError);
}

}  // namespace
}  // namespace unroll
