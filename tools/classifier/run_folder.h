/// RunFolder: the folder of a training run that outlives its process.
///
///     RunFolder run("runs/a", options);             // throws if the folder holds another run
///     run.take_data(train, dev);
///     ClassifierObserver observer{
///         .plan = [&](const TrainingPlan& plan, const TextClassifier& start) { run.begin(plan,
///         start); }, .epoch = [&](const EpochReport& report, const DevScore&, TextClassifier&
///         classifier) {
///           run.keep();
///           if (report.best) classifier.save(run.path());
///         },
///         .checkpoints = [&] { return run.checkpoints(); }};
///     const TrainedClassifier trained = train_classifier(train, dev, options, observer);
///     trained.classifier.save(run.path());
///     run.finish();
///
/// While the run is unfinished, the folder holds last.ckpt: what the run goes on from, and what
/// must be the same then: settings, texts, and what training starts from. If the same lines run
/// again, they go on from there and end with the bits of a run that was never interrupted.
/// Afterwards last.ckpt tells that the run is finished, and whose run it was. docs/training-runs.md
/// says more.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class MetricsFile;
class OutputFolder;

struct RunFolderOptions {
  /// A run that is finished, or that is another one, is replaced. An unfinished run of the same
  /// settings and texts goes on all the same: it gives the same bits sooner.
  bool overwrite = false;
  /// Between checkpoints within an epoch; at the end of an epoch there is one if the last one is
  /// older than ten seconds, or than this. 0: none at all.
  double checkpoint_minutes = 5;
};

/// The shards of the unfinished run in this folder, if all its other settings are `options`: a run
/// keeps its shards, however many processes go on with it.
std::optional<std::size_t> shards_of_unfinished_run(const std::filesystem::path& path,
                                                    const TrainClassifierOptions& options);

class RunFolder {
 public:
  static constexpr std::string_view kFileName = "last.ckpt";

  /// Makes and locks the folder. Throws UsageError if it holds a finished run, an unfinished one of
  /// other settings, or a model; ModelError if last.ckpt is damaged. Throws what OutputFolder
  /// throws.
  RunFolder(std::filesystem::path path, const TrainClassifierOptions& options,
            const RunFolderOptions& run = {});
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const;
  const OutputFolder& folder() const;

  /// Whether the folder holds a run that has come to its end. One without last.ckpt, or with a
  /// damaged one, does not.
  static bool is_finished(const std::filesystem::path& path);

  /// Throws UsageError if an unfinished run had other texts. Whatever file they come from, equal
  /// records are equal texts.
  void take_data(std::span<const Record> train, std::span<const Record> dev);
  /// Records that are not held are known by what a RecordHash (unroll/text/record_hash.h) says.
  void take_data(const std::string& train_hash, const std::string& dev_hash);
  /// Marks the folder as that of an unfinished run. `start` is the classifier before its first
  /// step. Throws UsageError if an unfinished run started from something else.
  void begin(const TrainingPlan& plan, const TextClassifier& start);
  /// How the run is kept. This and `metrics` may be called after `begin`.
  Checkpoints checkpoints();
  /// What happens in the run is to be told to it; it knows of checkpoints.
  MetricsFile& metrics();
  /// The folder is about to hold something of this run: from now on its files stay even if the run
  /// fails. To be called ahead of saving a model, so that none is ever there without last.ckpt.
  void keep();
  /// A file of the run that stays only if something comes of the run, as last.ckpt does.
  void hold(std::string_view file);
  void finish();

  /// An epoch, its next step, both from 0, and the scores of the epochs that are done.
  struct Position {
    std::size_t epoch = 0;
    std::size_t step = 0;
    std::vector<double> scores;
  };
  /// Where an unfinished run goes on, if it had come so far that there is a checkpoint.
  std::optional<Position> goes_on_at();
  /// Whether an unfinished run is done anew or goes on.
  bool is_repeated() const;
  /// Why the bits may be others than those of an uninterrupted run, if they may.
  const std::vector<std::string>& warnings() const;

 private:
  class Run;
  std::unique_ptr<Run> run_;
};

}  // namespace unroll
