/// How a training goes, on stderr: a line that lives, and one that stays for each epoch.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class Terminal;

/// "85.83 %", of a metric that is a share.
std::string share_text(const DevScore& dev);

/// Shows how training goes.
class TrainProgress {
 public:
  explicit TrainProgress(Terminal& terminal) : terminal_(terminal) {}

  /// Training begins now.
  void begin(const TrainingPlan& plan, std::size_t labels);
  /// Says from where the run goes on; `run` may be a new one.
  void resume(RunFolder& run);
  /// The linear model is being solved.
  void solving();
  void ngrams(const NgramReport& report);
  void step(const StepReport& report, std::size_t tokens);
  void epoch(const EpochReport& report, const DevScore& dev);

  /// Since training began.
  double seconds() const { return since(begun_); }

 private:
  using Clock = std::chrono::steady_clock;

  void resume_at(const RunFolder::Position& position);
  std::string dev_text(const DevScore& dev) const;
  std::string epoch_text(std::size_t epoch) const;
  std::string speed_text() const;
  void warn_of_loss(double loss);
  double eta() const;
  static double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

  Terminal& terminal_;
  TrainingPlan plan_;
  double loss_of_guessing_ = 0;
  bool is_warned_ = false;
  std::size_t epoch_tokens_ = 0;
  std::size_t steps_done_ = 0;    // by this process
  std::size_t steps_before_ = 0;  // by those that were interrupted
  Clock::time_point begun_ = Clock::now();
  Clock::time_point steps_begun_ = begun_;  // when the linear model was solved
  Clock::time_point epoch_begun_ = begun_;
};

}  // namespace unroll
