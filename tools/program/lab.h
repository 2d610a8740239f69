/// What the laboratory (tools/lab) gives the program. lab.cpp is linked where the laboratory is
/// built, no_lab.cpp where it is not (UNROLL_BUILD_LAB=OFF).
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <span>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

bool has_lab();

/// Adds the commands that show, prove and race: learn/ and bench/.
void add_lab_commands(CLI::App& program, int& status);

/// The files that `train --gradflow` writes into the run's folder.
inline constexpr const char* kFlowTable = "gradflow.csv";
inline constexpr const char* kFlowPage = "gradflow.html";

/// Looks at a classifier before its training (epoch 0) and after each epoch.
class TrainingWatch {
 public:
  virtual ~TrainingWatch() = default;
  virtual void measure(std::size_t epoch, const TextClassifier& classifier) = 0;
};

/// Measures how far gradients reach on a sample of the records, and keeps the two files up to date.
/// The terminal must outlive the watch.
std::unique_ptr<TrainingWatch> watch_gradient_flow(const std::filesystem::path& folder,
                                                   std::span<const Record> records,
                                                   Terminal& terminal);

}  // namespace unroll
