/// What a run of `unroll train` leaves: the model with its notes, the result on stdout, the page.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "unroll/optim/shard_sum.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

class Terminal;

/// Whether the folder holds a model, of this run or of an older one.
bool has_model(const std::filesystem::path& folder);

/// Writes into the model where it comes from. `epoch` counts from 0; none: the linear model alone.
void set_notes(TextClassifier& classifier, const TrainFlags& flags, const TrainingMemory& memory,
               const Metric& metric, std::optional<std::size_t> epoch, const DevScore& dev);

/// Saves a model and the settings that repeat its training.
void save_run(const TextClassifier& classifier, const TrainFlags& flags);

/// Saves the model of a run that went on: the process before may have written it, or somebody may
/// have taken it away since.
void save_again(const TrainFlags& flags, TrainedClassifier& trained);

/// Writes the page about the run so far. A run does not fail for want of it.
void write_page(const TrainFlags& flags, const TextClassifier& classifier, Terminal& terminal);

/// Says how training ended, and `why`. `linear_is_saved`: there is a model that has no epoch yet.
/// `is_read`: somebody waits for the result. Throws Error of kind kDiverged.
void finish(const TrainFlags& flags, const TrainedClassifier& trained, bool linear_is_saved,
            std::string_view why, bool is_read, Terminal& terminal, double seconds);

/// Where the time of a step went, in milliseconds, and what a rank sent.
struct StepTimes {
  explicit StepTimes(const ShardTimes& times);
  double compute, exchange, wait, bytes;
};

}  // namespace unroll
