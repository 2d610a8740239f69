#include "unroll/tools/program/train/train_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

double percent(const StepReport& report) {
  return 100 * static_cast<double>(report.step + 1) / static_cast<double>(report.steps);
}

}  // namespace

std::string share_text(const DevScore& dev) {
  return fmt::format("{:.2f} %", 100 * dev.metric);
}

void TrainProgress::begin(const TrainingPlan& plan) {
  plan_ = plan;
  begun_ = epoch_begun_ = Clock::now();
}

void TrainProgress::resume_at(const RunFolder::Position& position) {
  steps_before_ = position.epoch * plan_.steps_per_epoch + position.step;
  for (const double score : position.scores) best_shown_ = std::max(best_shown_, score);
  terminal_.note(fmt::format("resume  from {}, step {} of {}, of {}", epoch_text(position.epoch),
                             position.step, plan_.steps_per_epoch, RunFolder::kFileName));
}

void TrainProgress::resume(RunFolder& run) {
  if (!run.is_repeated()) return;
  if (const auto position = run.goes_on_at()) {
    resume_at(*position);
  } else {
    terminal_.note("resume  from the beginning: the run was ended before its first checkpoint");
  }
  for (const std::string& warning : run.warnings()) {
    terminal_.warning(warning +
                      ": the model may differ in its last bits from an uninterrupted run's");
  }
}

void TrainProgress::ngrams(const NgramReport& report) {
  terminal_.note(fmt::format("linear  C {}{}  {:.1f} s  {}", fmt::join(report.C, " and "),
                             report.words_alone ? " of words" : "", report.seconds,
                             dev_text(report.score)));
  epoch_begun_ = Clock::now();
}

void TrainProgress::step(const StepReport& report, std::size_t tokens) {
  last_ = report;
  epoch_tokens_ += tokens;
  ++steps_done_;
  terminal_.progress(fmt::format("{}  {:3.0f} %  {}  ETA {}", epoch_text(report.epoch),
                                 percent(report), figures(report.loss), duration_text(eta())));
}

void TrainProgress::epoch(const EpochReport& report, const DevScore& dev) {
  const bool is_best = report.score.value > best_shown_;
  best_shown_ = std::max(best_shown_, report.score.value);
  terminal_.note(fmt::format("{}  {}  {}{}", epoch_text(report.epoch), figures(report.mean_loss),
                             dev_text(dev), is_best ? terminal_.highlight("  best") : ""));
  epoch_tokens_ = 0;
  epoch_begun_ = Clock::now();
}

std::string TrainProgress::dev_text(const DevScore& dev) const {
  switch (plan_.metric.kind) {
    case Metric::Kind::kAccuracy:
      return "dev " + share_text(dev);
    case Metric::Kind::kLoss:
      return fmt::format("dev {:.2f} % (loss {:.4f})", 100 * dev.accuracy, dev.loss);
    case Metric::Kind::kMicroF1:
    case Metric::Kind::kMacroF1:
    case Metric::Kind::kLabelF1:
      break;
  }
  return fmt::format("dev {} {}", to_string(plan_.metric), share_text(dev));
}

std::string TrainProgress::epoch_text(std::size_t epoch) const {
  const std::string total = std::to_string(plan_.epochs);
  return fmt::format("epoch {:>{}}/{}", epoch + 1, total.size(), total);
}

std::string TrainProgress::figures(double loss) const {
  const double speed = static_cast<double>(epoch_tokens_) / std::max(since(epoch_begun_), 1e-3);
  return fmt::format("{:>6} tok/s  loss {:.4f}  |g| {:.2f}  lr {:.1e}", count_text(speed), loss,
                     last_.gradient_norm, last_.learning_rate);
}

double TrainProgress::eta() const {
  const auto all = static_cast<double>(plan_.epochs * plan_.steps_per_epoch);
  const auto done = static_cast<double>(steps_done_);
  return since(begun_) / done * (all - done - static_cast<double>(steps_before_));
}

}  // namespace unroll
