#include <fmt/format.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/ranks.h"
#include "unroll/optim/shard_sum.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/classifier/run_identity.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/event_file.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/memory_left.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/ranks.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/settings.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/signals.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/train/flag_checks.h"
#include "unroll/tools/program/train/plan_notes.h"
#include "unroll/tools/program/train/run_limits.h"
#include "unroll/tools/program/train/run_ranks.h"
#include "unroll/tools/program/train/run_texts.h"
#include "unroll/tools/program/train/train_flags.h"
#include "unroll/tools/program/train/train_progress.h"
#include "unroll/tools/program/train/train_result.h"

namespace unroll {

namespace {

/// The curves of --tensorboard, where they are wanted. Steps count from 1 over all epochs.
class Curves {
 public:
  explicit Curves(const std::string& folder) {
    if (!folder.empty()) file_.emplace(folder);
  }

  void step(const StepReport& report) {
    if (!file_) return;
    steps_ = report.epoch * report.steps + report.step + 1;
    file_->add(steps_, std::array<NamedNumber, 3>{{{"loss/step", report.loss},
                                                   {"gradient_norm", report.gradient_norm},
                                                   {"learning_rate", report.learning_rate}}});
  }
  void epoch(const EpochReport& report, const DevScore& dev) {
    if (!file_) return;
    file_->add(steps_, std::array<NamedNumber, 4>{{{"loss/train", report.mean_loss},
                                                   {"loss/dev", dev.loss},
                                                   {"dev/accuracy", dev.accuracy},
                                                   {"dev/metric", dev.metric}}});
  }

 private:
  std::optional<EventFile> file_;
  std::size_t steps_ = 0;
};

std::vector<const char*> files_of(const TrainFlags& flags) {
  std::vector<const char*> files{TextClassifier::kFileName.data(), RunFolder::kFileName.data(),
                                 kSettingsFile, kReportFile};
  if (flags.gradflow) files.insert(files.end(), {kFlowTable, kFlowPage});
  return files;
}

/// Values, optimizer, average and best epoch: what a checkpoint holds.
void try_checkpoint(const TrainFlags& flags, const TrainingPlan& plan,
                    const TextClassifier& classifier) {
  const MemoryPlan memory = count_memory(classifier, *plan.memory);
  std::size_t bytes = 0;
  for (const char* part : {"parameters", "optimizer", "average", "best epoch"})
    bytes += memory.bytes(part);
  try {
    try_file(std::filesystem::path(flags.out) / RunFolder::kFileName, bytes);
  } catch (const DiskError& error) {
    throw mended_by({"checkpoint_minutes=0"}, error);
  }
}

/// What a run needs that is known before its first step.
void refuse_hopeless(const TrainFlags& flags, const TrainingPlan& plan,
                     const TextClassifier& classifier) {
  refuse_more_memory_than_left(count_memory(classifier, *plan.memory));
  const auto model = std::filesystem::path(flags.out) / TextClassifier::kFileName;
  try_file(model, classifier.least_file_bytes());
  if (flags.run.checkpoint_minutes > 0 && classifier.has_network())
    try_checkpoint(flags, plan, classifier);
}

void take_texts(const RunTexts& texts, RunFolder& run) {
  if (!texts.streamed) return run.take_data(texts.train, texts.dev);
  run.take_data(texts.streamed->survey().hash, identity_of(texts.dev));
}

TrainClassifierOptions options_for(const TrainFlags& flags, const RunTexts& texts) {
  TrainClassifierOptions options = flags.options;
  if (!options.network) options.vectors.clear();
  if (!texts.streamed) options.reading_bytes = reading_bytes(flags, texts);
  return options;
}

TrainedClassifier train_on(RunTexts texts, const TrainClassifierOptions& options,
                           const ClassifierObserver& observer, Ranks& ranks) {
  if (texts.streamed)
    return train_classifier(*texts.streamed, std::move(texts.dev), options, observer, &ranks);
  return train_classifier(std::move(texts.train), std::move(texts.dev), options, observer, &ranks);
}

/// What the ranks do that have no folder and say nothing.
int train_along(const TrainFlags& flags, Ranks& ranks) {
  Terminal terminal(true);
  RunTexts data = read_texts(flags, terminal, ranks);
  const TrainClassifierOptions options = options_for(flags, data);
  const ClassifierObserver observer{
      .plan = [&](const TrainingPlan&,
                  const TextClassifier& start) { start_alike(flags, start, ranks); },
      .step = {},
      .epoch = {},
      .stop = {},
      .checkpoints = [&] { return Checkpoints{.begin = share_checkpoint(flags, nullptr, ranks)}; }};
  train_on(std::move(data), options, observer, ranks);
  return 0;
}

/// One run of the command, told by training what happens.
class TrainRun {
 public:
  TrainRun(const TrainFlags& flags, const CLI::App& command, Ranks& ranks)
      : flags_(flags),
        command_(command),
        ranks_(ranks),
        limit_(flags.max_minutes),
        steps_(flags.until_step),
        run_(flags.out, flags.options, flags.run),
        terminal_(flags.quiet),
        progress_(terminal_),
        curves_(flags.tensorboard) {}

  /// → exit status.
  int train();

 private:
  RunTexts read();
  ClassifierObserver observer();
  void begin(const TrainingPlan& plan, const TextClassifier& classifier);
  void take_linear_model(const NgramReport& report, TextClassifier& classifier);
  void take_step(const StepReport& report, std::size_t tokens);
  void take_epoch(const EpochReport& report, const DevScore& score, TextClassifier& classifier);
  void save(TextClassifier& classifier, std::optional<std::size_t> epoch, const DevScore& score);
  bool must_stop();
  Checkpoints checkpoints();
  int end(TrainedClassifier trained);
  std::string_view ending(const TrainedClassifier& trained) const;

  const TrainFlags& flags_;
  const CLI::App& command_;
  Ranks& ranks_;
  TimeLimit limit_;
  StepLimit steps_;
  RunFolder run_;
  Terminal terminal_;
  TrainProgress progress_;
  Curves curves_;
  std::unique_ptr<TrainingWatch> watch_;
  std::optional<InterruptGuard> guard_;  // from when there is something to lose
  TrainingMemory memory_;
  Metric metric_;
  bool linear_is_saved_ = false;
  bool is_saved_ = false;    // the folder has a model that this run wrote
  bool has_result_ = false;  // the run would have a model if it ended now
};

int TrainRun::train() {
  require_stdout();
  run_.folder().prepare(files_of(flags_));
  warn_if_unlocked(run_.folder(), terminal_);
  warn_of_idle_flags(command_, flags_.options, terminal_);
  try_vectors(command_, flags_.options);
  RunTexts texts = read();
  const TrainClassifierOptions options = options_for(flags_, texts);
  const ClassifierObserver told = observer();
  return end(train_on(std::move(texts), options, told, ranks_));
}

RunTexts TrainRun::read() {
  RunTexts texts = read_texts(flags_, terminal_, ranks_);
  take_texts(texts, run_);
  const bool has_dev = !texts.dev.empty();
  refuse_flag(command_, "--gradflow", texts.streamed && !has_dev,
              "measures texts that are in memory: give --dev, or leave out --stream");
  if (flags_.gradflow)
    watch_ = watch_gradient_flow(flags_.out, has_dev ? texts.dev : texts.train, terminal_);
  return texts;
}

ClassifierObserver TrainRun::observer() {
  return {
      .plan = [this](const auto&... told) { begin(told...); },
      .ngrams = [this](const NgramReport& report,
                       TextClassifier& model) { take_linear_model(report, model); },
      .step = [this](const StepReport& report, std::size_t tokens) { take_step(report, tokens); },
      .epoch = [this](const EpochReport& report, const DevScore& score,
                      TextClassifier& model) { take_epoch(report, score, model); },
      .stop = [this] { return must_stop(); },
      .checkpoints = [this] { return checkpoints(); }};
}

void TrainRun::begin(const TrainingPlan& plan, const TextClassifier& classifier) {
  if (classifier.has_network())
    refuse_other_embedding(command_, flags_.options, classifier.model().config().embedding);
  note_plan(plan, classifier, flags_.options.class_weights, terminal_);
  warn_of_idle_separator(flags_.columns, classifier, terminal_);
  if (flags_.options.precision == PrecisionChoice::kHalf)
    terminal_.note(fmt::format("half precision here: {}", to_string(plan.memory->precision)));
  warn_of_idle_flags(plan, flags_.options, terminal_);
  refuse_hopeless(flags_, plan, classifier);
  start_alike(flags_, classifier, ranks_);
  run_.begin(plan, classifier);
  if (!run_.is_repeated()) run_.hold(kLogName);
  terminal_.log_to(run_.path() / kLogName, run_.is_repeated());
  progress_.begin(plan, classifier.labels().size());
  progress_.resume(run_);
  const auto position = run_.goes_on_at();
  if (position) steps_.begin(position->epoch * plan.steps_per_epoch + position->step);
  is_saved_ = run_.is_repeated() && has_model(flags_.out);
  has_result_ = position && position->epoch > 0;
  memory_ = *plan.memory;
  metric_ = plan.metric;
  if (watch_) watch_->measure(0, classifier);
  if (classifier.ngrams() != nullptr) progress_.solving();
}

void TrainRun::take_linear_model(const NgramReport& report, TextClassifier& classifier) {
  guard_.emplace();
  progress_.ngrams(report);
  run_.metrics().linear(report);
  // A model that this run replaces stays until an epoch is as good as the linear model, or to the
  // end.
  if (flags_.options.network && has_model(flags_.out)) return;
  save(classifier, {}, report.score);
  linear_is_saved_ = true;
}

void TrainRun::take_step(const StepReport& report, std::size_t tokens) {
  progress_.step(report, tokens);
  run_.metrics().step(report, tokens);
  curves_.step(report);
  steps_.step(report);
}

void TrainRun::take_epoch(const EpochReport& report, const DevScore& score,
                          TextClassifier& classifier) {
  progress_.epoch(report, score);
  run_.metrics().epoch(report, score);
  curves_.epoch(report, score);
  // Written at once: whatever ends the run, the best epoch so far is on disk.
  if (report.best) save(classifier, report.epoch, score);
  has_result_ = true;
  if (watch_) watch_->measure(report.epoch + 1, classifier);
}

void TrainRun::save(TextClassifier& classifier, std::optional<std::size_t> epoch,
                    const DevScore& score) {
  set_notes(classifier, flags_, memory_, metric_, epoch, score);
  run_.keep();
  save_run(classifier, flags_);
  is_saved_ = has_result_ = true;
}

bool TrainRun::must_stop() {
  if (!guard_) guard_.emplace();
  return guard_->interrupted() || steps_.is_reached() || (has_result_ && limit_.is_over());
}

Checkpoints TrainRun::checkpoints() {
  Checkpoints checkpoints = run_.checkpoints();
  checkpoints.begin = share_checkpoint(flags_, checkpoints.begin, ranks_);
  return checkpoints;
}

int TrainRun::end(TrainedClassifier trained) {
  terminal_.clear();
  if (trained.shard_times) tell_of_ranks(*trained.shard_times, terminal_);
  if (run_.is_repeated()) save_again(flags_, trained);
  // Where the run replaces a model, the linear one is not written yet.
  if (trained.keeps_linear() && !is_saved_) save(trained.classifier, {}, trained.dev);
  linear_is_saved_ = linear_is_saved_ || trained.keeps_linear();
  const TrainingEnd end = trained.training.end;
  run_.metrics().end(trained);
  // Before the run is called finished: the same command then mends what a kill leaves of a page.
  if (is_saved_) write_page(flags_, trained.classifier, terminal_);
  if (end == TrainingEnd::kAllEpochs || end == TrainingEnd::kEarlyStop) run_.finish();
  // Who sends SIGTERM wants the program to end, even if nobody reads from a full pipe.
  const bool is_read = end != TrainingEnd::kStopped || guard_->exit_status() != 128 + SIGTERM;
  if (is_read && !flags_.json) write_stdout(steps_.last_steps());
  finish(flags_, trained, linear_is_saved_, ending(trained), is_read, terminal_,
         progress_.seconds());
  return end == TrainingEnd::kStopped && guard_->interrupted() ? guard_->exit_status() : 0;
}

std::string_view TrainRun::ending(const TrainedClassifier& trained) const {
  const TrainingEnd end = trained.training.end;
  if (end == TrainingEnd::kStopped && steps_.is_reached()) return "--until-step is reached";
  if (trained.is_solved()) return "solved";
  return end == TrainingEnd::kStopped && limit_.was_reached() ? "time is over" : to_string(end);
}

/// As many as the unfinished run has that goes on, or as there are ranks.
std::size_t default_shards(const TrainFlags& flags, Ranks& ranks) {
  const auto then = ranks.is_first() ? shards_of_unfinished_run(flags.out, flags.options)
                                     : std::optional<std::size_t>();
  const std::string shards = ranks.from_first(std::to_string(then.value_or(ranks.count())));
  return std::stoul(shards);
}

/// A rank that is asked to end, as it is when another one has died, first tells why.
void tell_when_lost(const TrainFlags& flags, Ranks& ranks, std::optional<InterruptGuard>& guard) {
  outlive_repeated_signals();
  guard.emplace();
  ranks.end_when([&] { return guard->interrupted(); });
  ranks.when_lost([&](const std::string& loss) { tell_of_loss(loss, flags); });
}

/// All ranks come to the same end, a divergence as well, and leave each other then.
int train_on(const TrainFlags& flags, const CLI::App& command, Ranks& ranks) {
  try {
    const int status =
        ranks.is_first() ? TrainRun(flags, command, ranks).train() : train_along(flags, ranks);
    ranks.leave();
    return status;
  } catch (const LostRankError& lost) {
    return lost.exit_status();  // it is told already, by one of the ranks
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kDiverged) {
      ranks.leave();
    } else if (ranks.part_and_first_parts()) {
      return error.exit_status();  // the first rank tells it
    }
    if (ranks.is_first()) throw;
    speak();
    throw mended_by(
        error.options(),
        Error(error.kind(), fmt::format("{}: {}", ranks.name_of(ranks.rank()), error.what())));
  }
}

/// Trains by the settings of all sources.
int run_with(Settings settings) {
  TrainFlags flags;
  CLI::App command(kTrainPurpose, "train");
  add_train_flags(command, flags);
  const CommandDescription description = describe(command);
  unroll::apply(settings, command);
  if (!flags.init.empty()) {
    flags.options.start = std::make_shared<const TextClassifier>(TextClassifier::load(flags.init));
  }
  try {
    refuse_contradictory_flags(command, flags.options);
    std::optional<InterruptGuard> guard;
    const std::unique_ptr<Ranks> ranks = join_ranks(command.count("--threads") > 0);
    if (ranks->count() > 1) tell_when_lost(flags, *ranks, guard);
    if (command.count("--shards") == 0) {
      flags.options.shards = default_shards(flags, *ranks);
      if (flags.options.shards > 1)
        settings.push_back({"shards", std::to_string(flags.options.shards), ""});
    }
    flags.settings = to_toml(settings, description);
    return train_on(flags, command, *ranks);
  } catch (const UsageError& error) {
    throw mended_by(error.options(), UsageError(with_origins(error.what(), settings)));
  }
}

/// `given`: the command with the flags that were typed.
int run_train(const CLI::App& given, const SourceFlags& sources) {
  TrainFlags unused;
  CLI::App command(kTrainPurpose, "train");
  add_train_flags(command, unused);
  const SettingsFile file = settings_file(sources, command);
  const CommandDescription description = describe(command);
  const Settings settings = settings_of(given_settings(given), file.settings, description);
  if (sources.dump) {
    write_stdout(to_toml(settings, description));
    return 0;
  }
  if (!file.path.empty() && value_of(settings, "quiet") != "true") tell_of(file);
  return run_with(settings);
}

}  // namespace

void add_train_command(CLI::App& program, int& status) {
  /// What the command line is read into, for as long as the command lives.
  struct Typed {
    TrainFlags flags;
    SourceFlags sources;
  };
  const auto typed = std::make_shared<Typed>();
  CLI::App* command = program.add_subcommand("train", kTrainPurpose);
  add_train_flags(*command, typed->flags);
  add_source_flags(*command, typed->sources);
  let_others_complete(*command);
  command->callback([typed, command, &status] { status = run_train(*command, typed->sources); });
}

}  // namespace unroll
