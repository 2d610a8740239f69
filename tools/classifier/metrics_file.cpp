#include "unroll/tools/classifier/metrics_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "unroll/core/file.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/version.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

/// The version of the format that docs/training-runs.md describes.
constexpr int kFormat = 1;
constexpr std::size_t kStepsOfARun = 1000;

/// JSON has no infinities.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

std::string line_of(const char* event, double seconds, const Json& values) {
  Json line = {{"event", event}};
  line.update(values);
  line["seconds"] = seconds;
  return line.dump() + '\n';
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path, std::uint64_t kept_bytes)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  struct stat status {};
  if (file_.number() < 0 || ::fstat(file_.number(), &status) != 0) refuse_unwritable(path_);
  bytes_ = std::min(kept_bytes, static_cast<std::uint64_t>(status.st_size));
  goes_on_ = bytes_ > 0;
  if (::ftruncate(file_.number(), static_cast<off_t>(bytes_)) != 0) refuse_unwritable(path_);
}

void MetricsFile::plan(const TrainingPlan& plan, const TextClassifier& classifier) {
  step_every_ = std::max<std::size_t>(1, plan.epochs * plan.steps_per_epoch / kStepsOfARun);
  if (goes_on_) return;
  append(line_of("plan", seconds(),
                 {{"version", kFormat},
                  {"program", fmt::format("unroll {}", kVersion)},
                  {"rows", plan.train_rows},
                  {"dev_rows", plan.dev_rows},
                  {"labels", classifier.labels().size()},
                  {"vocabulary", plan.vocabulary},
                  {"ngrams", plan.ngrams},
                  {"parameters", plan.parameters},
                  {"metric", to_string(plan.metric)},
                  {"epochs", plan.epochs},
                  {"steps_per_epoch", plan.steps_per_epoch},
                  {"step_every", step_every_}}));
}

void MetricsFile::linear(const NgramReport& report) {
  if (goes_on_) return;
  append(line_of("linear", seconds(),
                 {{"C", report.C},
                  {"words_alone", report.words_alone},
                  {"dev_accuracy", report.score.accuracy},
                  {"dev_metric", number(report.score.metric)},
                  {"dev_loss", number(report.score.loss)}}));
}

void MetricsFile::step(const StepReport& report, std::size_t tokens) {
  if ((report.epoch * report.steps + report.step) % step_every_ != 0) return;
  append(line_of("step", seconds(),
                 {{"epoch", report.epoch + 1},
                  {"step", report.step + 1},
                  {"loss", report.loss},
                  {"gradient_norm", report.gradient_norm},
                  {"learning_rate", report.learning_rate},
                  {"tokens", tokens}}));
}

void MetricsFile::epoch(const EpochReport& report, const DevScore& dev) {
  append(line_of("epoch", seconds(),
                 {{"epoch", report.epoch + 1},
                  {"loss", report.mean_loss},
                  {"dev_accuracy", dev.accuracy},
                  {"dev_metric", number(dev.metric)},
                  {"dev_loss", number(dev.loss)},
                  {"best", report.best}}));
}

void MetricsFile::checkpoint(std::size_t epoch, std::size_t step) {
  append(line_of("checkpoint", seconds(), {{"epoch", epoch + 1}, {"step", step}}));
}

void MetricsFile::resume(std::size_t epoch, std::size_t step) {
  append(line_of("resume", seconds(), {{"epoch", epoch + 1}, {"step", step}}));
}

void MetricsFile::end(const TrainedClassifier& trained) {
  const TrainingResult& training = trained.training;
  Json best_epoch;  // null without one
  if (training.best_epoch) best_epoch = *training.best_epoch + 1;
  append(line_of("end", seconds(),
                 {{"end", trained.is_solved() ? "solved" : to_string(training.end)},
                  {"epochs", training.epochs.size()},
                  {"best_epoch", best_epoch},
                  {"dev_accuracy", trained.dev.accuracy},
                  {"dev_metric", number(trained.dev.metric)},
                  {"peak_memory", peak_resident_bytes()},
                  {"hash", trained.classifier.hash()}}));
}

double MetricsFile::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

void MetricsFile::append(const std::string& line) {
  // In one piece, so that a reader meets whole lines; the rest only where the disk took a part.
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(file_.number(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR) refuse_unwritable(path_);
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  bytes_ += line.size();
}

std::string_view to_string(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::kAllEpochs:
      return "all epochs done";
    case TrainingEnd::kEarlyStop:
      return "stopped early";
    case TrainingEnd::kStopped:
      return "interrupted";
    case TrainingEnd::kDiverged:
      return "the loss is no longer finite";
  }
  return "?";
}

}  // namespace unroll
