#include "unroll/tools/lab/pages/svg_scatter.h"

#include <gtest/gtest.h>

#include <string>

#include "unroll/core/error.h"

namespace unroll {
namespace {

LogScatter small_plane() {
  LogScatter scatter;
  scatter.description = "a < b";
  scatter.x_label = "cycles";
  scatter.y_label = "error";
  scatter.hint = "better";
  scatter.x_low = 0.5;
  scatter.x_high = 20;
  scatter.y_low = 0.5;
  scatter.y_high = 10;
  scatter.points = {{1, 1, "ours", true}, {2, 4, "a < b's", false}};
  return scatter;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

/// Where the text of a label is: its x="…" y="…".
std::string position(const std::string& svg, const std::string& label) {
  const std::size_t end = svg.find(">" + label + "<");
  const std::size_t begin = svg.rfind("<text", end);
  return svg.substr(begin, svg.find(" dy", begin) - begin);
}

TEST(SvgScatter, DrawsPointsLabelsTicksAndHint) {
  const std::string svg = svg_log_scatter(small_plane());
  for (const char* part : {">ours<", "a &lt; b&#39;s", ">better<", ">0.5<", ">20<", "s1 mine",
                           "class=\"s6\"", ">cycles<", ">error<"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(count(svg, "class=\"marker\""), 2U);
  EXPECT_EQ(count(svg, "class=\"leader\""), 0U);
}

TEST(SvgScatter, KeepsLabelsApart) {
  LogScatter scatter = small_plane();
  scatter.points.assign(8, {1, 1, "twin", false});
  for (std::size_t k = 0; k < 8; ++k) scatter.points[k].label += std::to_string(k);
  const std::string svg = svg_log_scatter(scatter);
  EXPECT_GE(count(svg, "class=\"leader\""), 5U);
  for (std::size_t a = 0; a < 8; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_NE(position(svg, "twin" + std::to_string(a)),
                position(svg, "twin" + std::to_string(b)));
    }
  }
}

TEST(SvgScatter, DrawsAtTheEdgeWhatIsOutside) {
  LogScatter scatter = small_plane();
  scatter.points = {{1e9, 1e9, "far", false}, {1, 0, "exact", false}};
  const std::string svg = svg_log_scatter(scatter);
  EXPECT_NE(svg.find("translate(548.0 6.0)"), std::string::npos);
  EXPECT_NE(svg.find(" 300.0)"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(SvgScatter, RefusesARangeThatIsNone) {
  LogScatter scatter = small_plane();
  scatter.x_low = 0;
  EXPECT_THROW(svg_log_scatter(scatter), ShapeError);
  scatter = small_plane();
  scatter.y_high = scatter.y_low;
  EXPECT_THROW(svg_log_scatter(scatter), ShapeError);
}

}  // namespace
}  // namespace unroll
