/// What every plot has: the drawing's size, the frame inside it, ticks, labels and markers, as
/// pieces of SVG. Coordinates are the drawing's own units.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unroll::svg {

inline constexpr double kWidth = 640, kHeight = 400;
inline constexpr double kLeft = 66, kTop = 36, kRight = 20, kBottom = 58;
inline constexpr double kFrameWidth = kWidth - kLeft - kRight;
inline constexpr double kFrameHeight = kHeight - kTop - kBottom;
/// The number of --series-… colours in html_page.h.
inline constexpr std::size_t kColours = 6;

/// A line across the frame at height y below its top, with its value on the left. `style` is the
/// stylesheet's "grid", "one" or "axis".
std::string y_tick(double y, std::string_view value, std::string_view style = "grid");
/// A short line below the frame at x from its left, with its value.
std::string x_tick(double x, std::string_view value);
/// The frame's lower edge, and what the axes mean.
std::string axis_labels(std::string_view x_label, std::string_view y_label);

/// The marker of series 0 … kColours − 1, different in shape, with its middle at (x, y).
std::string marker(std::size_t series, double x, double y);

/// <figure class="plot"> around axes, and around what is drawn in the frame's coordinates and
/// clipped by it; `after` is HTML below the drawing, such as a legend.
std::string figure(std::string_view description, std::string_view axes, std::string_view inside,
                   std::string_view after = "");

}  // namespace unroll::svg
