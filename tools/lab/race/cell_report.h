/// What a race of the recurrent layers found, as text and as JSON.
#pragma once

#include <span>
#include <string>

#include "unroll/tools/lab/race/cell_race.h"

namespace unroll {

/// A row for each case, at most 80 columns wide, and what the columns mean. Of ours alone.
std::string cell_table(const CellRaceResult& result);

/// An array of rows {cell, pass, steps, batch, input, hidden, precision, threads, us, gflops,
/// peak_gflops, tokens_per_s}, on one line.
std::string cell_json(std::span<const CellRow> rows);

}  // namespace unroll
