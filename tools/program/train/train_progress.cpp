#include "unroll/tools/program/train/train_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

double share_done(const StepReport& report) {
  return static_cast<double>(report.step + 1) / static_cast<double>(report.steps);
}

}  // namespace

std::string share_text(const DevScore& dev) {
  return fmt::format("{:.2f} %", 100 * dev.metric);
}

void TrainProgress::begin(const TrainingPlan& plan, std::size_t labels) {
  plan_ = plan;
  const auto K = static_cast<double>(labels);
  loss_of_guessing_ = plan.output == OutputKind::kSigmoid ? K * std::log(2.0) : std::log(K);
  begun_ = steps_begun_ = epoch_begun_ = Clock::now();
}

void TrainProgress::resume_at(const RunFolder::Position& position) {
  steps_before_ = position.epoch * plan_.steps_per_epoch + position.step;
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

void TrainProgress::solving() {
  terminal_.progress("solving the linear model of n-grams");
}

void TrainProgress::ngrams(const NgramReport& report) {
  terminal_.note(fmt::format("linear  C {}{}  {:.1f} s  {}", fmt::join(report.C, " and "),
                             report.words_alone ? " of words" : "", report.seconds,
                             dev_text(report.score)));
  steps_begun_ = epoch_begun_ = Clock::now();
}

void TrainProgress::step(const StepReport& report, std::size_t tokens) {
  epoch_tokens_ += tokens;
  ++steps_done_;
  if (!terminal_.is_progress_due()) return;
  const double share = share_done(report);
  terminal_.progress(std::array<ProgressField, 9>{
      {{.text = epoch_text(report.epoch), .rank = 2},
       {.text = progress_bar(share), .rank = 5},
       {.text = fmt::format("{:3.0f} %", 100 * share), .rank = 0},
       {.text = speed_text(), .rank = 4},
       {.text = fmt::format("loss {:.4f}", report.loss), .rank = 3},
       {.text = fmt::format("|g| {:.2f}", report.gradient_norm), .rank = 7},
       {.text = fmt::format("lr {:.1e}", report.learning_rate), .rank = 8},
       {.text = mib_text(resident_bytes()), .rank = 6},
       {.text = "ETA " + duration_text(eta()), .rank = 1}}});
}

void TrainProgress::epoch(const EpochReport& report, const DevScore& dev) {
  terminal_.note(fmt::format("{}  {}  loss {:.4f}  {}{}", epoch_text(report.epoch), speed_text(),
                             report.mean_loss, dev_text(dev),
                             report.best ? terminal_.highlight("  best") : ""));
  warn_of_loss(report.mean_loss);
  epoch_tokens_ = 0;
  epoch_begun_ = Clock::now();
}

/// Whoever guesses by the labels' number loses ln K.
void TrainProgress::warn_of_loss(double loss) {
  constexpr double kFar = 5;
  if (is_warned_ || !(loss > kFar * loss_of_guessing_)) return;
  is_warned_ = true;
  terminal_.warning(fmt::format(
      "the training loss, {:.4g}, is far above {:.4g}, that of guessing: a smaller --lr may help",
      loss, loss_of_guessing_));
}

/// The loss as well: of two epochs whose figures are equal, or near to each other, it chooses.
std::string TrainProgress::dev_text(const DevScore& dev) const {
  const auto text = [&](std::string_view name, double share) {
    return fmt::format("dev {}{:.2f} % (loss {:.4f})", name, 100 * share, dev.loss);
  };
  switch (plan_.metric.kind) {
    case Metric::Kind::kAccuracy:
    case Metric::Kind::kLoss:
      return text("", dev.accuracy);
    case Metric::Kind::kMicroF1:
    case Metric::Kind::kMacroF1:
    case Metric::Kind::kLabelF1:
      break;
  }
  return text(to_string(plan_.metric) + " ", dev.metric);
}

std::string TrainProgress::epoch_text(std::size_t epoch) const {
  const std::string total = std::to_string(plan_.epochs);
  return fmt::format("epoch {:>{}}/{}", epoch + 1, total.size(), total);
}

std::string TrainProgress::speed_text() const {
  const double speed = static_cast<double>(epoch_tokens_) / std::max(since(epoch_begun_), 1e-3);
  return fmt::format("{:>6} tok/s", count_text(speed));
}

double TrainProgress::eta() const {
  const auto all = static_cast<double>(plan_.epochs * plan_.steps_per_epoch);
  const auto done = static_cast<double>(steps_done_);
  return since(steps_begun_) / done * (all - done - static_cast<double>(steps_before_));
}

}  // namespace unroll
