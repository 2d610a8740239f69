/// MetricsFile: what happened in a training run, one JSON object a line, for programs that draw
/// curves. docs/training-runs.md describes every key.
///
/// A run that goes on cuts the file to what it was at the checkpoint, so that no step and no epoch
/// is in it twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "unroll/core/descriptor.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class MetricsFile {
 public:
  static constexpr std::string_view kFileName = "metrics.jsonl";

  /// Opens the file, made if it is missing, cut to its first bytes. Throws DiskError, as all others
  /// do.
  MetricsFile(std::filesystem::path path, std::uint64_t kept_bytes);

  void plan(const TrainingPlan& plan, const TextClassifier& classifier);
  void linear(const NgramReport& report);
  /// About a thousand steps of a run are written, whatever its length.
  void step(const StepReport& report, std::size_t tokens);
  void epoch(const EpochReport& report, const DevScore& dev);
  void checkpoint(std::size_t epoch, std::size_t step);
  void resume(std::size_t epoch, std::size_t step);
  void end(const TrainedClassifier& trained);

  std::uint64_t bytes() const { return bytes_; }

 private:
  void append(const std::string& line);
  double seconds() const;

  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t bytes_ = 0;
  bool goes_on_ = false;  // with what was written before
  std::size_t step_every_ = 1;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// "all epochs done", "stopped early", "interrupted", "the loss is no longer finite".
std::string_view to_string(TrainingEnd end);

}  // namespace unroll
