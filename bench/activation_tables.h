/// The race of the activations as Markdown: for each function a table of speed and error, and
/// who is better than ours at both.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "unroll/tools/lab/race/activation_race.h"

namespace unroll::bench {

/// Rows as race_activations() returns them. A function's table has the cycles at every size on the
/// fewest threads, and ratios and ns at the size `bytes`, the widest instruction set first.
std::string activation_tables(std::span<const ActivationRow> rows, std::size_t bytes);

}  // namespace unroll::bench
