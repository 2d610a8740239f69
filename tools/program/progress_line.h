/// A line of fields, of which a narrow terminal shows those that matter most, each of them whole.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace unroll {

struct ProgressField {
  std::string text;
  /// Fields with higher ranks are left out first.
  int rank = 0;
};

/// The fields that fit into so many columns, with two blanks between. One field is always there.
std::string fit_fields(std::span<const ProgressField> fields, std::size_t width);

/// "[####......]" of a share from 0 to 1.
std::string progress_bar(double share);

}  // namespace unroll
