#include "unroll/tools/program/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/shown_text.h"

namespace unroll {

namespace {

constexpr std::string_view kBetween = "  ";

std::string join(std::span<const ProgressField* const> fields) {
  std::string line;
  for (const ProgressField* field : fields) {
    if (!line.empty()) line += kBetween;
    line += field->text;
  }
  return line;
}

}  // namespace

std::string fit_fields(std::span<const ProgressField> fields, std::size_t width) {
  std::vector<const ProgressField*> shown;
  for (const ProgressField& field : fields) shown.push_back(&field);
  std::string line = join(shown);
  while (shown.size() > 1 && columns_of(line) > width) {
    shown.erase(std::ranges::max_element(shown, {}, &ProgressField::rank));
    line = join(shown);
  }
  return line;
}

std::string progress_bar(double share) {
  constexpr std::size_t kCells = 10;
  const double filled = std::clamp(share, 0.0, 1.0) * static_cast<double>(kCells);
  std::string bar(kCells, '.');
  std::fill_n(bar.begin(), static_cast<std::size_t>(filled + 0.5), '#');
  return fmt::format("[{}]", bar);
}

}  // namespace unroll
