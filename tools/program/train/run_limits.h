/// What ends a run of `unroll train` before its last epoch: a time, or a step to look at.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <ratio>
#include <string>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// --max-minutes, from now on.
class TimeLimit {
 public:
  explicit TimeLimit(double minutes) : minutes_(minutes) {}
  bool is_over() {
    was_reached_ = was_reached_ || (minutes_.count() > 0 && Clock::now() - begun_ >= minutes_);
    return was_reached_;
  }
  bool was_reached() const { return was_reached_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::duration<double, std::ratio<60>> minutes_;
  Clock::time_point begun_ = Clock::now();
  bool was_reached_ = false;
};

/// --until-step: where to stop, and the steps before, to look at. Steps count from 1 over all
/// epochs.
class StepLimit {
 public:
  explicit StepLimit(std::size_t steps) : steps_(steps) {}

  void begin(std::size_t done) { done_ = done; }
  void step(const StepReport& report);
  bool is_reached() const { return steps_ > 0 && done_ >= steps_; }

  /// A line a step, for people.
  std::string last_steps() const;

 private:
  static constexpr std::size_t kShown = 10;
  static std::size_t number_of(const StepReport& report) {
    return report.epoch * report.steps + report.step + 1;
  }

  std::size_t steps_;
  std::size_t done_ = 0;
  std::deque<StepReport> last_;
};

}  // namespace unroll
