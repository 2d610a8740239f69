#include "unroll/tools/python/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/output_folder.h"
#include "unroll/text/labels.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/model_config.h"
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

/// The folder of the model while the training runs.
class Output {
 public:
  Output(const std::string& path, bool overwrite) {
    if (path.empty()) return;
    folder_.emplace(path);
    refuse_occupied(overwrite);
    folder_->prepare(std::array{TextClassifier::kFileName.data()});
  }

  bool has_model() const {
    return folder_ && std::filesystem::exists(folder_->path() / TextClassifier::kFileName);
  }
  void save(const TextClassifier& classifier) const {
    if (folder_) classifier.save(folder_->path());
  }

 private:
  void refuse_occupied(bool overwrite) const {
    if (overwrite || !has_model()) return;
    throw UsageError(
        fmt::format("{} already holds a model; name another folder for out, or give overwrite=True",
                    folder_->path().string()));
  }

  std::optional<OutputFolder> folder_;
};

/// How the model came to be, for `unroll inspect`.
class Notes {
 public:
  Notes(const TrainingJob& job)
      : notes_{{"program", fmt::format("unroll {}, Python", kVersion)},
               {"train", name_of(job.train)},
               {"dev", name_of(job.dev)},
               {"seed", std::to_string(job.settings.options.seed)},
               {"precision", std::string(to_string(job.settings.options.precision))},
               {"class_weight", to_string(job.settings.options.class_weights)}} {}

  void add(const TrainingPlan& plan) {
    notes_[std::string(kMemoryNote)] = to_json(*plan.memory);
    notes_["metric"] = to_string(plan.metric);
  }
  void set(TextClassifier& classifier, const DevScore& dev,
           std::optional<std::size_t> epoch) const {
    for (const auto& [name, text] : notes_) classifier.notes[name] = text;
    classifier.notes["dev_accuracy"] = fmt::format("{:.4f}", dev.accuracy);
    classifier.notes["dev_metric"] = fmt::format("{:.4f}", dev.metric);
    if (epoch) classifier.notes["epoch"] = std::to_string(*epoch + 1);
  }

 private:
  std::map<std::string, std::string> notes_;
};

void warn_of_unknown_labels(const TrainingPlan& plan, const TrainingWatcher& watcher) {
  if (plan.unknown_dev_labels == 0) return;
  watcher.remark(
      {true, fmt::format("{} dev texts have a label that no training text has; they count as "
                         "wrong",
                         plan.unknown_dev_labels)});
}

Error diverged(const TrainingResult& training, double learning_rate) {
  return {ErrorKind::kDiverged,
          fmt::format(
              "training diverged in step {} of epoch {} (lr {}): its loss, gradients or weights "
              "are not finite; try a smaller lr",
              training.failed.step + 1, training.failed.epoch + 1, learning_rate)};
}

}  // namespace

TrainedClassifier run(TrainingJob job, const TrainingWatcher& watcher) {
  const Output output(job.out, job.overwrite);
  const TrainClassifierOptions& options = job.settings.options;
  const std::string dev_name = name_of(job.dev);
  Notes notes(job);
  std::vector<Record> train = records_of(job.train, job.settings.columns, watcher);
  std::vector<Record> dev = records_of(job.dev, job.settings.columns, watcher);
  match_dev_labels(train, dev, dev_name, watcher);
  bool is_stopped = false;
  const ClassifierObserver observer{
      .plan =
          [&](const TrainingPlan& plan, const TextClassifier& classifier) {
            notes.add(plan);
            warn_of_unknown_labels(plan, watcher);
            watcher.plan(plan, classifier);
          },
      .ngrams =
          [&](const NgramReport& report, TextClassifier& classifier) {
            is_stopped = watcher.stop();
            notes.set(classifier, report.score, {});
            // A model that this run replaces stays until there is an epoch.
            if (!options.network || !output.has_model()) output.save(classifier);
          },
      .step = {},
      .epoch =
          [&](const EpochReport& report, const DevScore& score, TextClassifier& classifier) {
            notes.set(classifier, score, report.epoch);
            if (report.best) output.save(classifier);
            is_stopped = watcher.epoch(report, score) || is_stopped;
          },
      .stop = [&] { return is_stopped || watcher.stop(); }};
  TrainedClassifier trained = train_classifier(std::move(train), std::move(dev), options, observer);
  if (trained.training.end == TrainingEnd::kDiverged) {
    throw diverged(trained.training, options.learning_rate);
  }
  std::optional<std::size_t> best;
  if (!trained.training.epochs.empty()) best = trained.training.best_epoch;
  notes.set(trained.classifier, trained.dev, best);
  return trained;
}

}  // namespace unroll
