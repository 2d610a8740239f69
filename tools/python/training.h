/// A training as Python starts it: from files or from records in memory, watched by functions.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/python/settings.h"

namespace unroll {

/// Where labelled texts come from: a file, or records that somebody has.
using Source = std::variant<std::string, std::vector<Record>>;

struct TrainingJob {
  Source train;
  Source dev;       ///< no records: a part of `train` is held back
  std::string out;  ///< folder of the model; "": it is only returned
  RunFolderOptions run;
  ParsedSettings settings;
};

struct TrainingWatcher {
  /// What readers met.
  std::function<void(const Remark&)> remark;
  std::function<void(const TrainingPlan&, const TextClassifier&)> plan;
  /// True ends the training.
  std::function<bool(const EpochReport&, const DevScore&)> epoch;
  /// Asked before every step; true ends the training, too.
  std::function<bool()> stop;
};

/// Reads, trains, and keeps the run in `out` as the program does. Throws what these throw, and
/// Error (kDiverged) where training diverged.
TrainedClassifier run(TrainingJob job, const TrainingWatcher& watcher);

}  // namespace unroll
