#include "unroll/tools/classifier/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/output_folder.h"
#include "unroll/core/saved_state.h"
#include "unroll/core/temporary.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/run_identity.h"
#include "unroll/tools/classifier/training_settings.h"

namespace unroll {

namespace {

using Seconds = std::chrono::duration<double>;

/// An epoch's end is the cheapest moment to go on from: no part of an epoch is done again. Ten
/// seconds keep what checkpoints cost below a hundredth of the time.
constexpr Seconds kBetweenEpochs{10};

}  // namespace

/// What a RunFolder is, out of sight of those who use one.
class RunFolder::Run {
 public:
  /// What must be the same when a run goes on, and what is told if it is not.
  struct Description {
    std::string format = "1";
    std::string end;  // "" while the run is unfinished
    std::string settings;
    std::string train, dev, start;  // hashes
    std::string machine;
    std::size_t most_tokens = 0;  // of a part of a batch
    std::uint64_t metrics_bytes = 0;

    void list(SavedState& state);
  };

  Run(std::filesystem::path path, const TrainClassifierOptions& options,
      const RunFolderOptions& run);

  const OutputFolder& folder() const { return folder_; }
  void take_data(const std::string& train_hash, const std::string& dev_hash);
  void begin(const TrainingPlan& plan, const TextClassifier& start);
  Checkpoints checkpoints();
  MetricsFile& metrics() { return *metrics_; }
  void keep();
  void hold(std::string_view file) { marks_.emplace_back(folder_.path() / file); }
  void finish();
  std::optional<Position> goes_on_at();
  bool is_repeated() const { return repeated_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void open_last();
  void compare_machines();
  void refuse(const std::string& what);
  void forget_last();
  void write(SavedState& state);
  bool is_due(bool epoch_is_done) const;

  OutputFolder folder_;
  RunFolderOptions options_;
  bool starts_from_model_;
  Description now_;
  Description then_;                  // of an unfinished run that goes on
  std::shared_ptr<SavedState> last_;  // its checkpoint
  bool repeated_ = false;
  std::optional<MetricsFile> metrics_;
  std::deque<Temporary> marks_;  // files that go if nothing comes of the run
  std::vector<std::string> warnings_;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

void RunFolder::Run::Description::list(SavedState& state) {
  state.add("run.format", format);
  if (format != "1") {
    throw ModelError(fmt::format(
        "{} has the format {}, which this program does not know; use the program that began it",
        kFileName, format));
  }
  state.add("run.end", end);
  state.add("run.settings", settings);
  state.add("run.train", train);
  state.add("run.dev", dev);
  state.add("run.start", start);
  state.add("run.machine", machine);
  state.add("run.most_tokens", most_tokens);
  state.add("run.metrics_bytes", metrics_bytes);
}

RunFolder::Run::Run(std::filesystem::path path, const TrainClassifierOptions& options,
                    const RunFolderOptions& run)
    : folder_(std::move(path)), options_(run), starts_from_model_(options.start != nullptr) {
  now_.settings = to_json(training_settings(options));
  now_.machine = this_machine();
  open_last();
  if (last_ == nullptr) return;
  const std::string changes = difference(training_settings_from_json(then_.settings),
                                         training_settings_from_json(now_.settings));
  if (!changes.empty()) refuse("with other settings: " + changes);
}

/// Looks at what is in the folder.
void RunFolder::Run::open_last() {
  const std::filesystem::path file = folder_.path() / kFileName;
  std::error_code ignored;
  const bool has_model =
      std::filesystem::exists(folder_.path() / TextClassifier::kFileName, ignored);
  if (std::filesystem::exists(file, ignored)) {
    try {
      last_ = std::make_shared<SavedState>(SavedState::open(file));
      then_.list(*last_);
    } catch (const ModelError& error) {
      last_ = nullptr;
      if (!options_.overwrite) throw mended_by({"overwrite"}, ModelError(error.what()));
    }
  }
  const bool is_finished = last_ == nullptr ? has_model : !then_.end.empty();
  if (!is_finished) return;
  last_ = nullptr;
  if (options_.overwrite) return;
  const std::string kept =
      fmt::format("{} already holds a model, which is left as it is; ", folder_.path().string());
  if (starts_from_model_) {
    throw mended_by({"out", "overwrite"}, UsageError(kept + "name another folder, or replace it"));
  }
  throw mended_by({"out", "overwrite", "init"},
                  UsageError(kept + "name another folder, replace it, or begin with its network"));
}

/// The folder holds an unfinished run that is not this one.
void RunFolder::Run::refuse(const std::string& what) {
  if (options_.overwrite) return forget_last();
  throw mended_by({"overwrite"},
                  UsageError(fmt::format("{} holds an unfinished run {}. With what it had then it "
                                         "goes on; otherwise name another folder, or replace it",
                                         folder_.path().string(), what)));
}

void RunFolder::Run::forget_last() {
  last_ = nullptr;
  then_ = {};
}

void RunFolder::Run::take_data(const std::string& train_hash, const std::string& dev_hash) {
  now_.train = train_hash;
  now_.dev = dev_hash;
  if (last_ != nullptr && now_.train != then_.train) refuse("on other training texts");
  if (last_ != nullptr && now_.dev != then_.dev) refuse("with other dev texts");
}

void RunFolder::Run::begin(const TrainingPlan& plan, const TextClassifier& start) {
  now_.start = identity_of(start);
  now_.most_tokens = plan.memory->most_tokens;
  if (last_ != nullptr && now_.start != then_.start) {
    refuse("with another vocabulary, other stop words or other word vectors");
  }
  repeated_ = last_ != nullptr;
  if (!repeated_) {
    for (const std::string_view file : {kFileName, MetricsFile::kFileName}) hold(file);
  }
  metrics_.emplace(folder_.path() / MetricsFile::kFileName, repeated_ ? then_.metrics_bytes : 0);
  metrics_->plan(plan, start);
  if (const auto position = goes_on_at()) metrics_->resume(position->epoch, position->step);
  if (repeated_) return compare_machines();
  SavedState state;
  write(state);
}

/// What may change the last bits.
void RunFolder::Run::compare_machines() {
  if (now_.machine != then_.machine) {
    warnings_.push_back(fmt::format("the run began with the kernels {}, these are {}",
                                    then_.machine, now_.machine));
  }
  if (now_.most_tokens != then_.most_tokens) {
    warnings_.push_back("the run began with other parts of batches (the limit on memory)");
  }
}

Checkpoints RunFolder::Run::checkpoints() {
  Checkpoints checkpoints;
  if (goes_on_at()) checkpoints.begin = last_;
  if (options_.checkpoint_minutes == 0) return checkpoints;
  checkpoints.is_due = [this](bool epoch_is_done) { return is_due(epoch_is_done); };
  checkpoints.write = [this](SavedState& state) {
    metrics_->checkpoint(state.whole("epoch"), state.whole("step"));
    now_.metrics_bytes = metrics_->bytes();
    write(state);
    keep();
  };
  return checkpoints;
}

bool RunFolder::Run::is_due(bool epoch_is_done) const {
  const Seconds passed = std::chrono::steady_clock::now() - written_;
  const Seconds within = std::chrono::duration<double, std::ratio<60>>(options_.checkpoint_minutes);
  return passed >= (epoch_is_done ? std::min(kBetweenEpochs, within) : within);
}

void RunFolder::Run::write(SavedState& state) {
  now_.list(state);
  state.write(folder_.path() / kFileName);
  written_ = std::chrono::steady_clock::now();
}

void RunFolder::Run::keep() {
  for (Temporary& mark : marks_) mark.keep();
}

void RunFolder::Run::finish() {
  keep();
  now_.end = "finished";
  SavedState state;
  write(state);
}

std::optional<RunFolder::Position> RunFolder::Run::goes_on_at() {
  if (last_ == nullptr || !last_->has("epoch")) return std::nullopt;
  Position position;
  last_->add("epoch", position.epoch);
  last_->add("step", position.step);
  last_->add("epochs.score", position.scores);
  return position;
}

std::optional<std::size_t> shards_of_unfinished_run(const std::filesystem::path& path,
                                                    const TrainClassifierOptions& options) {
  const std::filesystem::path file = path / RunFolder::kFileName;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  try {
    SavedState state = SavedState::open(file);
    std::string end, settings;
    state.add("run.end", end);
    state.add("run.settings", settings);
    if (!end.empty()) return std::nullopt;
    const TrainingSettings then = training_settings_from_json(settings);
    TrainClassifierOptions now = options;
    now.shards = shards_in(then);
    return training_settings(now) == then ? std::optional(now.shards) : std::nullopt;
  } catch (const ModelError&) {  // whoever opens the folder tells of it
    return std::nullopt;
  }
}

RunFolder::RunFolder(std::filesystem::path path, const TrainClassifierOptions& options,
                     const RunFolderOptions& run)
    : run_(std::make_unique<Run>(std::move(path), options, run)) {}
RunFolder::~RunFolder() = default;

bool RunFolder::is_finished(const std::filesystem::path& path) {
  try {
    SavedState last = SavedState::open(path / kFileName);
    Run::Description description;
    description.list(last);
    return !description.end.empty();
  } catch (const Error&) {
    return false;
  }
}
const std::filesystem::path& RunFolder::path() const {
  return folder().path();
}
const OutputFolder& RunFolder::folder() const {
  return run_->folder();
}
void RunFolder::take_data(std::span<const Record> train, std::span<const Record> dev) {
  take_data(identity_of(train), identity_of(dev));
}
void RunFolder::take_data(const std::string& train_hash, const std::string& dev_hash) {
  run_->take_data(train_hash, dev_hash);
}
void RunFolder::begin(const TrainingPlan& plan, const TextClassifier& start) {
  run_->begin(plan, start);
}
Checkpoints RunFolder::checkpoints() {
  return run_->checkpoints();
}
MetricsFile& RunFolder::metrics() {
  return run_->metrics();
}
void RunFolder::keep() {
  run_->keep();
}
void RunFolder::hold(std::string_view file) {
  run_->hold(file);
}
void RunFolder::finish() {
  run_->finish();
}
std::optional<RunFolder::Position> RunFolder::goes_on_at() {
  return run_->goes_on_at();
}
bool RunFolder::is_repeated() const {
  return run_->is_repeated();
}
const std::vector<std::string>& RunFolder::warnings() const {
  return run_->warnings();
}

}  // namespace unroll
