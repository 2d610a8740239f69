/// Flags of `unroll train` that contradict each other, or that change nothing.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class Terminal;

/// Throws UsageError for flags that do not go together.
void refuse_contradictory_flags(const CLI::App& command, const TrainClassifierOptions& options);

/// --embedding may say what the file of --vectors says, and nothing else: throws UsageError.
void refuse_other_embedding(const CLI::App& command, const TrainClassifierOptions& options,
                            std::size_t dimension);

/// Reads what the file of --vectors says at its beginning, before any work, and throws what
/// refuse_other_embedding and WordVectorFile throw. A pipe, which can't be read twice, is left
/// alone.
void try_vectors(const CLI::App& command, const TrainClassifierOptions& options);

/// Flags that change nothing in this run.
void warn_of_idle_flags(const CLI::App& command, const TrainClassifierOptions& options,
                        Terminal& terminal);

/// Flags whose effect depends on how long the run is.
void warn_of_idle_flags(const TrainingPlan& plan, const TrainClassifierOptions& options,
                        Terminal& terminal);

/// Warns where --label-separator has found no text with several labels or none.
void warn_of_idle_separator(const ReadOptions& columns, const TextClassifier& classifier,
                            Terminal& terminal);

}  // namespace unroll
