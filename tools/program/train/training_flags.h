/// The flags of `unroll train` that say how to read the data and how to train, for the command and
/// for callers that have no command line (tools/python).
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// Each flag writes into one of the structures, which must outlive the command. What a preset means
/// is for settings_of to say (settings_flags.h).
void add_training_flags(CLI::App& command, ReadOptions& columns, TrainClassifierOptions& options,
                        std::string& preset);

/// Flags that change nothing without a network, with their dashes.
std::span<const char* const> network_flags();

}  // namespace unroll
