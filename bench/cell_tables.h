/// The race of the recurrent layers as Markdown.
#pragma once

#include <span>
#include <string>

#include "unroll/tools/lab/race/cell_race.h"

namespace unroll::bench {

/// Rows as race_cells() returns them, ours the first contender. A table for each cell, pass and
/// number of threads: for each shape the useful GFLOP/s of ours, of everybody else, and how many
/// times as fast as the best of them ours is. From token ids times are in place of GFLOP/s, for
/// not all do the same work, and the size of what ours has computed beforehand. Where ours ran in
/// bfloat16 too, how many times as fast that was.
std::string cell_tables(std::span<const CellRow> rows);

}  // namespace unroll::bench
