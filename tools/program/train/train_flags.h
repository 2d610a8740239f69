/// All flags of `unroll train`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// What the command line of `train` says.
struct TrainFlags {
  std::string train;
  std::string dev;
  std::string out;
  std::string init;
  RunFolderOptions run;
  bool quiet = false;
  bool json = false;
  bool gradflow = false;
  double max_minutes = 0;          // 0: no limit
  std::size_t until_step = 0;      // 0: no limit
  std::string tensorboard;         // folder; empty: none
  std::string preset = "default";  // its flags are in the options
  std::string settings;            // all settings, as config.toml keeps them
  ReadOptions columns;
  TrainClassifierOptions options;
  bool stream = false;
  std::string cache;  // folder; "": next to out
};

/// The command's line in the help.
inline constexpr const char* kTrainPurpose = "Train a text classifier";

/// All flags whose values are settings of a run.
void add_train_flags(CLI::App& command, TrainFlags& flags);

/// The command `train` with all its flags, which trains nothing: to check settings by it, and to
/// know what they are. The variables behind the flags live as long.
std::shared_ptr<CLI::App> train_flags();

}  // namespace unroll
