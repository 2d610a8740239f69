#include "unroll/tools/lab/pages/svg_scatter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "unroll/core/error.h"
#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/lab/pages/svg_frame.h"

namespace unroll {

namespace {

using svg::kFrameHeight, svg::kFrameWidth;

/// Room for a label, by the 16 units of a narrow page's letters (html_page.cpp: .dense).
constexpr double kLetterWidth = 8.8, kLineHeight = 17;
/// Half of a marker's side with some air.
constexpr double kMarkerRoom = 6;
/// From a point to a label beside it; one further up or down has room for a line to it.
constexpr double kBeside = 9, kAside = 16;

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool is_inside_frame() const {
    return left >= 0 && right <= kFrameWidth && top >= 0 && bottom <= kFrameHeight;
  }
};

struct Spot {
  double x, y;
};

/// Where a label begins (or ends, on the left of its point), and the height of its middle.
struct Placement {
  double x, y;
  bool on_left;
  Box box;
};

// -------------------------------------------------------------------------------------------- axes

double place_on(double value, double low, double high) {
  return std::clamp(std::log(value / low) / std::log(high / low), 0.0, 1.0);
}

/// 1, 2 and 5 times the powers of ten in the range.
std::vector<double> ticks(double low, double high) {
  std::vector<double> found;
  for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
    for (double digit : {1, 2, 5}) {
      const double tick = digit * power;
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push_back(tick);
    }
  }
  return found;
}

std::string axes_of(const LogScatter& scatter) {
  std::string axes;
  for (double tick : ticks(scatter.y_low, scatter.y_high)) {
    const double y = (1 - place_on(tick, scatter.y_low, scatter.y_high)) * kFrameHeight;
    axes += svg::y_tick(y, fmt::format("{:.3g}", tick));
  }
  for (double tick : ticks(scatter.x_low, scatter.x_high)) {
    const double x = place_on(tick, scatter.x_low, scatter.x_high) * kFrameWidth;
    axes += svg::x_tick(x, fmt::format("{:.3g}", tick));
  }
  return axes + svg::axis_labels(scatter.x_label, scatter.y_label);
}

// ------------------------------------------------------------------------------------------ labels

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Placement placement(const Spot& spot, double aside, double down, bool on_left, double width) {
  const double x = spot.x + (on_left ? -aside : aside);
  const double y = spot.y + down;
  const double left = on_left ? x - width : x;
  return {x, y, on_left, {left, y - kLineHeight / 2, left + width, y + kLineHeight / 2}};
}

/// The nearest free place, to the right rather than to the left; `taken` are the boxes that are not
/// free. Where all is taken, just beside the point.
Placement find_placement(const Spot& spot, std::string_view label, const std::vector<Box>& taken) {
  const double width = static_cast<double>(letters(label)) * kLetterWidth;
  const auto is_free = [&](const Placement& place) {
    return place.box.is_inside_frame() &&
           std::ranges::none_of(taken, [&](const Box& box) { return box.meets(place.box); });
  };
  for (double distance = 0; distance < kFrameHeight; distance += kLineHeight / 2) {
    const double aside = distance == 0 ? kBeside : kAside;
    for (double down : {-distance, distance}) {
      for (bool on_left : {false, true}) {
        const Placement place = placement(spot, aside, down, on_left, width);
        if (is_free(place)) return place;
      }
    }
  }
  return placement(spot, kBeside, 0, spot.x > kFrameWidth / 2, width);
}

std::string drawn(const ScatterPoint& point, const Spot& spot, const Placement& label) {
  std::string svg = fmt::format(R"svg(<g class="{}">)svg", point.highlighted ? "s1 mine" : "s6");
  if (std::abs(label.y - spot.y) > kLineHeight / 2) {
    svg += fmt::format(R"svg(<path class="leader" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>)svg", spot.x,
                       spot.y, label.x + (label.on_left ? 2 : -2), label.y);
  }
  svg += svg::marker(point.highlighted ? 0 : 3, spot.x, spot.y);
  return svg + fmt::format(
                   R"svg(<text x="{:.1f}" y="{:.1f}" dy=".35em" text-anchor="{}">{}</text></g>)svg",
                   label.x, label.y, label.on_left ? "end" : "start", html_text(point.label));
}

Spot spot_of(const ScatterPoint& point, const LogScatter& scatter) {
  const double x = place_on(point.x, scatter.x_low, scatter.x_high) * kFrameWidth;
  const double y = (1 - place_on(point.y, scatter.y_low, scatter.y_high)) * kFrameHeight;
  return {std::clamp(x, kMarkerRoom, kFrameWidth - kMarkerRoom),
          std::clamp(y, kMarkerRoom, kFrameHeight - kMarkerRoom)};
}

Box box_around(const Spot& spot) {
  return {spot.x - kMarkerRoom, spot.y - kMarkerRoom, spot.x + kMarkerRoom, spot.y + kMarkerRoom};
}

/// In the lower left corner; takes the room it needs.
std::string hint_text(const LogScatter& scatter, std::vector<Box>& taken) {
  if (scatter.hint.empty()) return "";
  const double width = static_cast<double>(letters(scatter.hint)) * kLetterWidth;
  taken.push_back({0, kFrameHeight - 2 * kLineHeight, 8 + width, kFrameHeight});
  return fmt::format(R"svg(<text class="hint" x="8" y="{:.1f}">{}</text>)svg", kFrameHeight - 12,
                     html_text(scatter.hint));
}

/// Who is highlighted chooses the place of his label first.
std::vector<std::size_t> drawing_order(const std::vector<ScatterPoint>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_partition(order, [&](std::size_t k) { return points[k].highlighted; });
  return order;
}

void check_range(double low, double high) {
  if (low > 0 && low < high) return;
  throw ShapeError(fmt::format("scatter: no range of a logarithmic axis: {} to {}", low, high));
}

}  // namespace

std::string svg_log_scatter(const LogScatter& scatter) {
  check_range(scatter.x_low, scatter.x_high);
  check_range(scatter.y_low, scatter.y_high);
  std::vector<Box> taken;
  std::string inside = "<g class=\"dense\">" + hint_text(scatter, taken);
  for (const ScatterPoint& point : scatter.points) {
    taken.push_back(box_around(spot_of(point, scatter)));
  }
  for (std::size_t k : drawing_order(scatter.points)) {
    const Spot spot = spot_of(scatter.points[k], scatter);
    const Placement label = find_placement(spot, scatter.points[k].label, taken);
    taken.push_back(label.box);
    inside += drawn(scatter.points[k], spot, label);
  }
  return svg::figure(scatter.description, axes_of(scatter), inside + "</g>");
}

}  // namespace unroll
