#include "unroll/tools/lab/pages/svg_frame.h"

#include <fmt/format.h>

#include <array>

#include "unroll/tools/lab/pages/html_page.h"

namespace unroll::svg {

namespace {

/// The markers' outlines around the origin, one per series.
constexpr std::array<std::string_view, kColours> kMarkers{
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",                   // circle
    "M-3.6 -3.6h7.2v7.2h-7.2Z",                              // square
    "M0 -4.8L4.5 3.4H-4.5Z",                                 // triangle
    "M0 -5L5 0L0 5L-5 0Z",                                   // diamond
    "M0 4.8L4.5 -3.4H-4.5Z",                                 // triangle, point down
    "M-1.5 -4.8h3v3.3h3.3v3h-3.3v3.3h-3v-3.3h-3.3v-3h3.3Z",  // cross
};

}  // namespace

std::string y_tick(double y, std::string_view value, std::string_view style) {
  return fmt::format(R"svg(<path class="{}" d="M{:.1f} {:.1f}h{:.1f}"/>)svg"
                     R"svg(<text x="{:.1f}" y="{:.1f}" dy=".35em" text-anchor="end">{}</text>)svg",
                     style, kLeft, kTop + y, kFrameWidth, kLeft - 8, kTop + y, value);
}

std::string x_tick(double x, std::string_view value) {
  const double bottom = kTop + kFrameHeight;
  return fmt::format(
      R"svg(<path class="axis" d="M{:.1f} {:.1f}v5"/>)svg"
      R"svg(<text x="{:.1f}" y="{:.1f}" dy="1.2em" text-anchor="middle">{}</text>)svg",
      kLeft + x, bottom, kLeft + x, bottom + 5, value);
}

std::string axis_labels(std::string_view x_label, std::string_view y_label) {
  return fmt::format(R"svg(<path class="axis" d="M{:.1f} {:.1f}h{:.1f}"/>)svg"
                     R"svg(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)svg"
                     R"svg(<text x="{:.1f}" y="{:.1f}">{}</text>)svg",
                     kLeft, kTop + kFrameHeight, kFrameWidth, kLeft + kFrameWidth / 2, kHeight - 8,
                     html_text(x_label), kLeft, kTop - 14, html_text(y_label));
}

std::string marker(std::size_t series, double x, double y) {
  return fmt::format(R"svg(<path class="marker" transform="translate({:.1f} {:.1f})" d="{}"/>)svg",
                     x, y, kMarkers[series]);
}

std::string figure(std::string_view description, std::string_view axes, std::string_view inside,
                   std::string_view after) {
  // The inner svg clips what leaves the frame.
  return fmt::format(
      R"svg(<figure class="plot"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{})svg"
      R"svg(<svg x="{}" y="{}" width="{}" height="{}">{}</svg></svg>{}</figure>)svg",
      kWidth, kHeight, html_text(description), axes, kLeft, kTop, kFrameWidth, kFrameHeight, inside,
      after);
}

}  // namespace unroll::svg
