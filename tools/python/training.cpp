#include "unroll/tools/python/training.h"
#include "unroll/core/output_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/classifier/training_settings.h"
#include "unroll/tools/classifier/version.h"

namespace unroll {

namespace {

void pass_on(const ReadReport& report, const TrainingWatcher& watcher) {
  for (const Remark& remark : report.remarks) watcher.remark(remark);
}

/// The records of a source, and what was odd about its file.
std::vector<Record> records_of(Source& source, const ReadOptions& columns,
                               const TrainingWatcher& watcher) {
  if (auto* records = std::get_if<std::vector<Record>>(&source)) return std::move(*records);
  ReadReport report;
  std::vector<Record> records = read_records(std::get<std::string>(source), columns, report);
  pass_on(report, watcher);
  return records;
}

/// What the model's notes call a source.
std::string name_of(const Source& source) {
  if (const auto* path = std::get_if<std::string>(&source)) return *path;
  const std::size_t count = std::get<std::vector<Record>>(source).size();
  return count == 0 ? "a part held back" : fmt::format("{} texts in memory", count);
}

void match_dev_labels(std::span<const Record> train, std::span<Record> dev, const std::string& name,
                      const TrainingWatcher& watcher) {
  if (dev.empty()) return;
  ReadReport report;
  match_labels(dev, labels_in(train), name, report);
  pass_on(report, watcher);
}

/// The run's folder, where it has one: written as the program writes it, so that an unfinished run
/// goes on when it is started again.
class Output {
 public:
  explicit Output(const TrainingJob& job) {
    if (job.out.empty()) return;
    run_.emplace(job.out, job.settings.options, job.run);
    run_->folder().prepare(
        std::array{TextClassifier::kFileName.data(), RunFolder::kFileName.data()});
  }

  void take_data(std::span<const Record> train, std::span<const Record> dev) {
    if (run_) run_->take_data(train, dev);
  }
  void begin(const TrainingPlan& plan, const TextClassifier& start,
             const TrainingWatcher& watcher) {
    if (!run_) return;
    run_->begin(plan, start);
    for (const std::string& warning : run_->warnings()) {
      watcher.remark({true, warning + ": the model may differ in its last bits from an "
                                      "uninterrupted run's"});
    }
  }
  bool has_model() const {
    return run_ && std::filesystem::exists(run_->path() / TextClassifier::kFileName);
  }
  void save(const TextClassifier& classifier) {
    if (!run_) return;
    run_->keep();
    classifier.save(run_->path());
  }
  Checkpoints checkpoints() { return run_ ? run_->checkpoints() : Checkpoints{}; }

  /// body(metrics), where there are some.
  template <typename Body>
  void with_metrics(Body body) {
    if (run_) body(run_->metrics());
  }
  /// The run is over; an interrupted one goes on when it is started again.
  void end(const TrainedClassifier& trained, bool is_finished) {
    if (!run_) return;
    const TrainingResult& training = trained.training;
    const bool has_model = !training.epochs.empty() || !trained.classifier.has_network();
    if ((run_->is_repeated() && has_model) || trained.keeps_linear()) save(trained.classifier);
    run_->metrics().end(trained);
    if (is_finished) run_->finish();
  }

 private:
  std::optional<RunFolder> run_;
};

/// How the model came to be, for `unroll inspect`.
class Notes {
 public:
  Notes(const TrainingJob& job)
      : choice_(job.settings.options.precision),
        notes_{{"program", fmt::format("unroll {}, Python", kVersion)},
               {"train", name_of(job.train)},
               {"dev", name_of(job.dev)},
               {"seed", std::to_string(job.settings.options.seed)},
               {"class_weight", to_string(job.settings.options.class_weights)}} {}

  void add(const TrainingPlan& plan) {
    notes_[std::string(kMemoryNote)] = to_json(*plan.memory);
    notes_["metric"] = to_string(plan.metric);
    notes_["precision"] = precision_note(choice_, plan.memory->precision);
  }
  void set(TextClassifier& classifier, const DevScore& dev,
           std::optional<std::size_t> epoch) const {
    for (const auto& [name, text] : notes_) classifier.notes[name] = text;
    classifier.notes["dev_accuracy"] = fmt::format("{:.4f}", dev.accuracy);
    classifier.notes["dev_metric"] = fmt::format("{:.4f}", dev.metric);
    classifier.notes.erase("epoch");
    if (epoch) classifier.notes["epoch"] = std::to_string(*epoch + 1);
  }

 private:
  PrecisionChoice choice_;
  std::map<std::string, std::string> notes_;
};

void warn_of_unknown_labels(const TrainingPlan& plan, const TrainingWatcher& watcher) {
  if (plan.unknown_dev_labels == 0) return;
  watcher.remark(
      {true, fmt::format("{} dev texts have a label that no training text has; they count as "
                         "wrong",
                         plan.unknown_dev_labels)});
}

Error diverged(const TrainedClassifier& trained, double learning_rate) {
  const StepReport& failed = trained.training.failed;
  return {ErrorKind::kDiverged,
          fmt::format("training diverged in step {} of epoch {} (lr {}): its loss, gradients or "
                      "weights are not finite; try a smaller lr{}{}",
                      failed.step + 1, failed.epoch + 1, learning_rate,
                      trained.divergence.empty() ? "" : "\n", trained.divergence)};
}

}  // namespace

TrainedClassifier run(TrainingJob job, const TrainingWatcher& watcher) {
  Output output(job);
  const TrainClassifierOptions& options = job.settings.options;
  const std::string dev_name = name_of(job.dev);
  Notes notes(job);
  std::vector<Record> train = records_of(job.train, job.settings.columns, watcher);
  std::vector<Record> dev = records_of(job.dev, job.settings.columns, watcher);
  match_dev_labels(train, dev, dev_name, watcher);
  output.take_data(train, dev);
  bool is_stopped = false;  // by the watcher of epochs
  const ClassifierObserver observer{
      .plan =
          [&](const TrainingPlan& plan, const TextClassifier& classifier) {
            notes.add(plan);
            warn_of_unknown_labels(plan, watcher);
            watcher.plan(plan, classifier);
            output.begin(plan, classifier, watcher);
          },
      .ngrams =
          [&](const NgramReport& report, TextClassifier& classifier) {
            output.with_metrics([&](MetricsFile& metrics) { metrics.linear(report); });
            notes.set(classifier, report.score, {});
            // A model that this run replaces stays until an epoch is as good, or to the end.
            if (!options.network || !output.has_model()) output.save(classifier);
          },
      .step =
          [&](const StepReport& report, std::size_t tokens) {
            output.with_metrics([&](MetricsFile& metrics) { metrics.step(report, tokens); });
          },
      .epoch =
          [&](const EpochReport& report, const DevScore& score, TextClassifier& classifier) {
            output.with_metrics([&](MetricsFile& metrics) { metrics.epoch(report, score); });
            notes.set(classifier, score, report.epoch);
            if (report.best) output.save(classifier);
            is_stopped = watcher.epoch(report, score);
          },
      .stop = [&] { return is_stopped || watcher.stop(); },
      .checkpoints = [&] { return output.checkpoints(); }};
  TrainedClassifier trained = train_classifier(std::move(train), std::move(dev), options, observer);
  notes.set(trained.classifier, trained.dev, trained.training.best_epoch);
  const TrainingEnd end = trained.training.end;
  output.end(trained,
             end == TrainingEnd::kAllEpochs || end == TrainingEnd::kEarlyStop || is_stopped);
  if (end == TrainingEnd::kDiverged) throw diverged(trained, options.learning_rate);
  return trained;
}

}  // namespace unroll
