/// What happened in a run: its metrics.jsonl (docs/training-runs.md), read for drawing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace unroll {

/// Figures that the file lacks, or that were not finite, are not a number.
struct RunHistory {
  struct Step {
    double at = 0;          ///< epochs that are done by then, with a fraction
    std::size_t index = 0;  ///< of all steps of the run, from 0
    std::size_t epoch = 0;  ///< from 1
    double loss = 0;
    double gradient_norm = 0;
    double learning_rate = 0;
    double tokens = 0;
    double seconds = 0;  ///< since its process began
  };
  struct Epoch {
    std::size_t epoch = 0;  ///< from 1
    double loss = 0;
    double dev_accuracy = 0;
    double dev_metric = 0;
    double dev_loss = 0;
    bool best = false;
  };

  std::string metric = "accuracy";
  std::size_t rows = 0, dev_rows = 0, labels = 0, vocabulary = 0, ngrams = 0, parameters = 0;
  std::size_t steps_per_epoch = 0;
  std::optional<Epoch> linear;  ///< the linear model, before the first epoch
  std::vector<Step> steps;
  std::vector<Epoch> epochs;
  std::vector<double> resumes;  ///< where the run went on, in epochs
  std::string end;              ///< empty while it is unfinished
  std::string hash;
  std::size_t peak_memory = 0;  ///< bytes, of the process that ended it; 0: unknown
  double seconds = 0;           ///< of all its processes, as far as it was written

  /// The last epoch that was the best so far; null without one.
  const Epoch* best() const;
};

/// Lines of other events, and keys that are not known, are of later versions and left out. A last
/// line without its end is being written. Throws DataError with the line of what is no JSON.
RunHistory read_history(const std::filesystem::path& path);

}  // namespace unroll
