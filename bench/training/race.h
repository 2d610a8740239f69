/// The race of whole training steps: ours and the peers', each a process of its own (worker.h),
/// take turns on batches that represent an epoch.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/training/batches.h"
#include "unroll/tools/lab/race/race.h"

namespace unroll::bench {

struct TrainingContender {
  std::string implementation;  ///< "pytorch"
  std::string layout;          ///< of its batches: "bucketed, padded"
  BatchOrder order = BatchOrder::kBucketed;
  bool pads = false;                 ///< and so sees only texts of equal length as ours does
  std::vector<std::string> command;  ///< the program, and flags of its own
};

/// Ours, whose program is `ours`, and each program in the folder `peers` in three ways: padded,
/// bucketed and shuffled, and packed.
std::vector<TrainingContender> training_contenders(const std::filesystem::path& ours,
                                                   const std::filesystem::path& peers);

struct TrainingRaceSettings {
  std::vector<std::size_t> threads = {1, 2};  ///< one race for each
  std::size_t rounds = 7;
  std::size_t batches = 6;  ///< of an epoch's, that represent all
  double dropout = 0.5;
};

/// One contender on one number of threads.
struct TrainingRow {
  std::string implementation;
  std::string layout;
  std::size_t threads = 1;
  double tokens_per_s = 0;  ///< real ones, without padding; the median over the turns
  double ms_per_step = 0;
  double peak_mib = 0;  ///< of memory that the process has held
  /// Its time for a token / that of the first contender.
  MedianInterval times_first{};
};

struct TrainingRaceResult {
  std::vector<TrainingRow> rows;      ///< by threads, contender
  std::vector<std::string> versions;  ///< of the peers
  RaceConditions conditions;          ///< a turn is a slice; nobody disagrees, or it throws
};

/// Contenders first train without dropout from the same values: their losses must be the first
/// one's to 1e-4. Those that pad are held to that on texts of one length, for else the backward
/// direction begins in the padding, which is another model. Throws an internal Error that says who
/// disagrees; DataError where a program fails.
TrainingRaceResult race_training(const TrainingData& data,
                                 const std::vector<TrainingContender>& contenders,
                                 const TrainingRaceSettings& settings,
                                 const std::function<void(const std::string&)>& progress);

/// The largest difference of two losses as a part of `expected`; infinite where one is not finite,
/// or their numbers differ.
double loss_difference(std::span<const double> found, std::span<const double> expected);

}  // namespace unroll::bench
