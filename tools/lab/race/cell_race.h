/// The race of the recurrent layers: who computes an RNN, LSTM or GRU layer how fast, against the
/// peak of the cores' multiply-add units.
///
/// A caller with more contenders than the library has (bench/) appends its own to {our_cells()} and
/// gets them into the same race.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/race/cell_contender.h"
#include "unroll/tools/lab/race/race.h"

namespace unroll {

/// One contender at one case.
struct CellRow {
  CellCase at;
  std::string implementation;
  PrecisionChoice precision = PrecisionChoice::kFull;
  std::size_t threads = 1;
  double us = 0;            ///< of a pass, the median over the slices
  double gflops = 0;        ///< of useful work (useful_flop)
  double peak_gflops = 0;   ///< of so many cores in the same rounds (fma_peak.h)
  double tokens_per_s = 0;  ///< T·B a pass
  /// Its time / that of the first contender.
  MedianInterval times_first{};
};

struct CellRaceSettings {
  std::vector<CellCase> cases;
  std::vector<std::size_t> threads = {1};  ///< one race for each
  double seconds = 40;                     ///< about so long for all races together
  std::size_t least_rounds = 9;            ///< of each race, however long they take
  std::uint64_t seed = 1;
};

/// What one call found.
struct CellRaceResult {
  /// By threads, case, contender.
  std::vector<CellRow> rows;
  RaceConditions conditions;
};

/// The first contender is held to the equations as plain loops, to 1e-4, and the others to the
/// first, to 1e-3, or in bf16 and half to 5e-2. `progress` is told what is done now. Throws
/// UsageError for no contenders, no threads and sizes of 0, an internal Error where the first
/// contender is wrong.
CellRaceResult race_cells(
    const std::vector<CellContender>& contenders, const CellRaceSettings& settings,
    const std::function<void(const std::string&)>& progress = [](const std::string&) {});

}  // namespace unroll
