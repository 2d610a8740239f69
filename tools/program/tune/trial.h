/// A trial of `unroll tune`: a training run below the folder of the search, that goes on as long as
/// it is promising.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "unroll/optim/training_loop.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/program/report/run_history.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

struct Trial {
  std::size_t number = 0;  ///< from 1
  Settings own;            ///< what it does not share with the others
  std::filesystem::path folder;
  std::size_t epochs = 0;       ///< that are done
  std::size_t best_epoch = 0;   ///< from 1; 0: the linear model alone
  bool is_over = false;         ///< there is nothing to go on with
  double seconds = 0;           ///< of its processes
  std::optional<DevScore> dev = {};  ///< of its model; none before the first epoch is done
};

/// Takes over what the trial's folder says.
void look_at(Trial& trial);

/// Whether `a` has the better model, by what dev texts choose. A trial without a model is worse.
bool is_better(const Trial& a, const Trial& b, const Metric& metric);

/// "hidden 256, lr 0.002"; "defaults".
std::string settings_text(const Trial& trial);

/// The model of the trial so far, with the settings that train it and nothing more, becomes that of
/// `out`. All of its files are replaced, or none.
void keep(const Trial& trial, const Settings& all, const std::filesystem::path& out);

}  // namespace unroll
