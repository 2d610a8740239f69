#include "unroll/tools/program/train/run_limits.h"

#include <fmt/format.h>

namespace unroll {

void StepLimit::step(const StepReport& report) {
  if (steps_ == 0) return;
  done_ = number_of(report);
  last_.push_back(report);
  if (last_.size() > kShown) last_.pop_front();
}

std::string StepLimit::last_steps() const {
  std::string text;
  for (const StepReport& step : last_) {
    text += fmt::format("step {:>6}  epoch {:>3}  loss {:.6g}  |g| {:.6g}  lr {:.3g}\n",
                        number_of(step), step.epoch + 1, step.loss, step.gradient_norm,
                        step.learning_rate);
  }
  return text;
}

}  // namespace unroll
