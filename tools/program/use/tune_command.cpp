#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <deque>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/output_folder.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/program/child_program.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/run_settings.h"
#include "unroll/tools/program/settings.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/signals.h"
#include "unroll/tools/program/spooled_inputs.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/train/train_flags.h"
#include "unroll/tools/program/train/training_flags.h"
#include "unroll/tools/program/tune/search_space.h"
#include "unroll/tools/program/tune/trial.h"
#include "unroll/tools/program/usage.h"

namespace unroll {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct TuneFlags {
  std::string train;
  std::string dev;
  std::string out;
  double duration = 300;
  bool overwrite = false;
  bool quiet = false;
  bool json = false;
  // what the flags of training are parsed into: their text is what counts
  ReadOptions columns;
  TrainClassifierOptions options;
  std::string preset = "default";
};

/// Trials, while they are tried.
constexpr const char* kTrialsFolder = "trials";

/// Candidates that begin a bracket, the part of them that goes on, and by how many times as many
/// epochs.
constexpr std::size_t kCandidates = 9;
constexpr std::size_t kPart = 3;
/// The share of the time that the defaults may take before anything else is tried.
constexpr double kForDefaults = 0.5;

/// The search, by rounds of successive halving (Jamieson & Talwalkar 2016).
class Tuning {
 public:
  Tuning(const TuneFlags& flags, Settings given)
      : flags_(flags),
        given_(std::move(given)),
        command_(describe(*train_flags())),
        begun_(Clock::now()),
        folder_(flags.out),
        terminal_(flags.quiet) {}

  /// Returns the exit status.
  int run() {
    refuse_model();
    refuse_contradictions(all_settings(given_));
    constexpr const char* kFiles[] = {TextClassifier::kFileName.data(), kSettingsFile, kReportFile};
    folder_.prepare(kFiles);
    warn_if_unlocked(folder_, terminal_);
    warn_of_unread_settings("tune", terminal_);
    inputs_.emplace(given_, path());
    const TakenAway trials(trials_folder());
    guard_.emplace();
    if (has_linear_trial()) try_linear();
    if (may_go_on()) try_defaults();
    while (may_go_on() && !is_exhausted_) try_bracket();
    const int status = guard_->interrupted() ? guard_->exit_status() : 0;
    guard_.reset();  // what waits for a reader may be ended
    tell(status == 128 + SIGTERM);
    return status;
  }

 private:
  /// A folder that does not outlive the search, however it ends.
  struct TakenAway {
    explicit TakenAway(std::filesystem::path path) : folder(std::move(path)) { remove(); }
    ~TakenAway() { remove(); }
    TakenAway(const TakenAway&) = delete;
    TakenAway& operator=(const TakenAway&) = delete;
    void remove() const {
      std::error_code ignored;
      std::filesystem::remove_all(folder, ignored);
    }
    std::filesystem::path folder;
  };

  std::filesystem::path path() const { return folder_.path(); }
  std::filesystem::path trials_folder() const { return path() / kTrialsFolder; }

  void refuse_model() const {
    std::error_code ignored;
    if (flags_.overwrite || !std::filesystem::exists(path() / TextClassifier::kFileName, ignored))
      return;
    throw mended_by({"out", "overwrite"},
                    UsageError(fmt::format("{} already holds a model, which is left as it is; name "
                                           "another folder, or replace it",
                                           path().string())));
  }

  // ------------------------------------------------------------------------------------------ time

  double seconds() const { return Seconds(Clock::now() - begun_).count(); }
  double seconds_left() const { return flags_.duration - seconds(); }
  bool may_go_on() const { return seconds_left() > 0 && !guard_->interrupted(); }

  // ---------------------------------------------------------------------------------------- trials

  Trial& add_trial(Settings own) {
    const std::size_t number = trials_.size() + 1;
    own = searched(std::move(own));
    tried_.insert(text_of(own));
    trials_.push_back({.number = number,
                       .own = std::move(own),
                       .folder = trials_folder() / fmt::format("{:03}", number)});
    return trials_.back();
  }

  /// Those that are not the same for all trials.
  Settings searched(Settings own) const {
    std::erase_if(own, [this](const Setting& setting) {
      return is_given(setting.flag) || (setting.flag == "embedding" && is_given("vectors"));
    });
    return own;
  }

  /// What holds for a trial that has these of its own.
  Settings all_settings(const Settings& own) const {
    Settings settings = unroll::settings_of(given_, {}, command_);
    for (const Setting& setting : own) {
      std::erase_if(settings, [&](const Setting& other) { return other.flag == setting.flag; });
      settings.push_back(setting);
    }
    return settings;
  }

  /// What the trial's training is told, but for --out.
  Settings settings_of(const Trial& trial) const { return without_idle(all_settings(trial.own)); }

  /// Equal for settings that train the same model.
  std::string text_of(const Settings& own) const {
    return to_toml(without_idle(all_settings(own)), command_);
  }

  /// A step at which so many epochs are done.
  std::size_t step_of(const Trial& trial, std::size_t epochs) const {
    const std::size_t batch = std::stoul(value_of(settings_of(trial), "batch", "64"));
    return epochs * ((rows_ + batch - 1) / batch);
  }

  /// Trains until so many epochs are done (0: to the end) or time is over.
  void train(Trial& trial, std::size_t epochs, double until) {
    if (trial.is_over || (epochs > 0 && trial.epochs >= epochs)) return;
    const int status = run_program(program_of(trial, epochs), *guard_, [&] {
      show_progress(trial);
      return may_continue(trial, until);
    });
    look_at(trial);
    if (trial.dev && best_ == nullptr) begin_with(trial);
    if (status != 0 && !trial.dev && best_ == nullptr && !guard_->interrupted())
      refuse_hopeless(status);
    // What failed, diverged for instance, has nothing to go on with; its best epoch counts.
    trial.is_over = trial.is_over || (status != 0 && !was_ended(status));
    note_on(trial);
    keep_if_best(trial);
  }

  ChildProgram program_of(const Trial& trial, std::size_t epochs) const {
    ChildProgram program{.arguments = {"train", "--out", trial.folder.string(), "--quiet"},
                         .settings = to_toml(inputs_->in(settings_of(trial)), command_),
                         .input = inputs_->input()};
    if (epochs > 0) {
      program.arguments.emplace_back("--until-step");
      program.arguments.push_back(std::to_string(step_of(trial, epochs)));
    }
    return program;
  }

  static bool was_ended(int status) { return status > 128; }

  /// The first model is waited for, however long it takes. Others end with the time; those that may
  /// go on later get the time for a checkpoint.
  ChildMay may_continue(const Trial& trial, double until) const {
    if (best_ == nullptr && !has_score(trial)) return ChildMay::kGoOn;
    if (seconds_left() <= 0) return best_ == nullptr ? ChildMay::kEnd : ChildMay::kDie;
    return seconds() >= until ? ChildMay::kEnd : ChildMay::kGoOn;
  }

  static bool has_score(Trial trial) {
    look_at(trial);
    return trial.dev.has_value();
  }

  /// A first trial that fails tells what all others would: wrong data, a full disk.
  [[noreturn]] static void refuse_hopeless(int status) {
    throw Error(static_cast<ErrorKind>(std::min(status, static_cast<int>(ErrorKind::kMemory))),
                "the first trial ended as told above: there is nothing to tune");
  }

  void keep_if_best(const Trial& trial) {
    if (!trial.dev) return;
    if (best_ != nullptr && !is_better(trial, kept_, metric_)) return;
    best_ = &trial;
    kept_ = trial;
    keep(trial, settings_of(trial), path());
  }

  /// The first trial tells by what all are chosen, and that the folder will hold something.
  void begin_with(const Trial& trial) {
    const RunHistory history = read_history(trial.folder / MetricsFile::kFileName);
    metric_ = metric_from(history.metric).value_or(Metric{});
    rows_ = history.rows;
    space_.emplace(search_space(trial));
    terminal_.log_to(path() / kLogName, false);
  }

  // ------------------------------------------------------------------------------------- the
  // search

  bool is_given(std::string_view flag) const {
    return std::ranges::count(given_, flag, &Setting::flag) > 0;
  }

  /// Whether it is one of the models that are wanted, and not all of them.
  bool has_linear_trial() const {
    return !is_given("cell") && !is_given("no-ngrams") && !is_linear(all_settings({}));
  }
  static bool is_linear(const Settings& settings) { return value_of(settings, "cell") == "none"; }

  /// The linear model takes seconds, and is there whatever comes.
  void try_linear() { train(add_trial(preset_settings("fast")), 0, flags_.duration); }

  void try_defaults() { train(add_trial({}), 0, kForDefaults * flags_.duration); }

  /// What may be drawn, by the tokenizer that was chosen for the first trial.
  SearchSpace search_space(const Trial& first) const {
    Settings fixed = given_;
    if (is_given("vectors")) fixed.push_back({"embedding", "", ""});  // their size
    if (is_linear(all_settings({}))) {
      for (const std::string& idle : idle_flags(all_settings({}))) fixed.push_back({idle, "", ""});
      fixed.push_back({"cell", "none", ""});
    }
    const TextClassifier classifier = TextClassifier::load(first.folder);
    return {fixed, classifier.encoder().settings().tokenizer.kind, flags_.options.seed};
  }

  /// Candidates of one epoch; the better ones get more and more, the last one all that it wants.
  void try_bracket() {
    std::vector<Trial*> alive;
    for (std::size_t left = candidates(); left > 0 && may_go_on(); --left) {
      const std::optional<Settings> candidate = next_candidate();
      is_exhausted_ = !candidate;
      if (is_exhausted_) {
        terminal_.note("nothing is left to try: what was given leaves few settings to search");
        break;
      }
      alive.push_back(&add_trial(*candidate));
      train(*alive.back(), 1, flags_.duration);
    }
    if (alive.empty()) return;
    for (std::size_t epochs = kPart; may_go_on(); epochs *= kPart) {
      std::ranges::stable_sort(
          alive, [&](const Trial* a, const Trial* b) { return is_better(*a, *b, metric_); });
      drop(alive, std::max<std::size_t>(1, alive.size() / kPart));
      const bool is_last = alive.size() == 1;
      for (Trial* trial : alive)
        if (may_go_on()) train(*trial, is_last ? 0 : epochs, flags_.duration);
      if (is_last) break;
    }
    for (const Trial* trial : alive) forget(*trial);
  }

  /// Nothing where all that may be drawn was tried, as it seems after many draws.
  std::optional<Settings> next_candidate() {
    constexpr std::size_t kDraws = 200;
    const auto is_new = [&](const Settings& own) { return !tried_.contains(text_of(own)); };
    if (drawn_ == 0) {
      const Settings best = searched(preset_settings("best"));
      if (is_new(best)) return best;
    }
    for (std::size_t k = 0; k < kDraws; ++k) {
      const Settings own = searched(space_->draw(drawn_++, kept_.own));
      if (is_new(own)) return own;
    }
    return std::nullopt;
  }

  /// Fewer where an epoch is long: a bracket that is not brought to its end has tried nothing.
  std::size_t candidates() const {
    double epoch = 0;
    for (const Trial& trial : trials_)
      if (trial.epochs > 0)
        epoch = std::max(epoch, trial.seconds / static_cast<double>(trial.epochs));
    constexpr double kEpochsOfEach = 4;  // about: 1, 3 of a third of them, and so on
    return seconds_left() > kCandidates * kEpochsOfEach * epoch ? kCandidates : kPart;
  }

  static void drop(std::vector<Trial*>& alive, std::size_t kept) {
    for (std::size_t k = kept; k < alive.size(); ++k) forget(*alive[k]);
    alive.resize(kept);
  }
  static void forget(const Trial& trial) {
    std::error_code ignored;
    std::filesystem::remove_all(trial.folder, ignored);
  }

  // ------------------------------------------------------------------------------------------
  // words

  std::string score_text(const Trial& trial) const {
    if (!trial.dev) return "no model yet";
    const bool is_shown = metric_.kind != Metric::Kind::kAccuracy;
    return fmt::format("dev {:.2f} %{}", 100 * trial.dev->accuracy,
                       !is_shown ? ""
                       : metric_.kind == Metric::Kind::kLoss
                           ? fmt::format(" (loss {:.4f})", trial.dev->loss)
                           : fmt::format(" ({} {:.4f})", to_string(metric_), trial.dev->metric));
  }

  void show_progress(const Trial& trial) {
    terminal_.progress(fmt::format("trial {}  {}  {} left", trial.number, settings_text(trial),
                                   duration_text(std::max(0.0, seconds_left()))));
  }

  void note_on(const Trial& trial) {
    const bool is_best = trial.dev && (best_ == nullptr || is_better(trial, kept_, metric_));
    terminal_.note(fmt::format("{}  trial {:>3}  epochs {:>2}  {}  {}{}", duration_text(seconds()),
                               trial.number, trial.epochs, score_text(trial), settings_text(trial),
                               is_best ? terminal_.highlight("  best") : ""));
  }

  std::string result_text(const std::string& hash) const {
    return fmt::format("best of {} trials, number {}: {}\nsettings  {}\nmodel {}\nhash  {}\n",
                       trials_.size(), kept_.number, score_text(kept_), settings_text(kept_),
                       (path() / TextClassifier::kFileName).string(), hash);
  }

  nlohmann::ordered_json json_of(const TextClassifier& classifier) const {
    nlohmann::ordered_json json = {{"model", (path() / TextClassifier::kFileName).string()},
                                   {"metric", to_string(metric_)},
                                   {"dev_accuracy", kept_.dev->accuracy},
                                   {"dev_metric", kept_.dev->metric},
                                   {"dev_loss", kept_.dev->loss},
                                   {"trials", trials_.size()},
                                   {"best_trial", kept_.number},
                                   {"epochs", kept_.best_epoch},
                                   {"settings", settings_text(kept_)}};
    json["hash"] = classifier.hash();
    json["seconds"] = seconds();
    return json;
  }

  /// The page about the winner, and what it is. Who sends SIGTERM wants the program to end, even if
  /// nobody reads from a full pipe: then stdout gets what it takes at once, or nothing.
  void tell(bool at_once) {
    if (best_ == nullptr) {
      terminal_.warning("ended before there was a model: nothing was written");
      return;
    }
    const TextClassifier classifier = TextClassifier::load(path());
    const ReportedRun run = run_of_folder(path().string(), &classifier);
    write_file(path() / kReportFile, run_report({&run, 1}));
    terminal_.clear();
    const std::string result = flags_.json ? with_version(json_of(classifier).dump()) + "\n"
                                           : result_text(classifier.hash());
    if (!at_once || stdout_takes(result.size())) write_stdout(result);
    if (flags_.json) return;
    terminal_.note(fmt::format("`unroll train --config {} --out DIR` trains it again",
                               shell_word((path() / kSettingsFile).string())));
  }

  const TuneFlags& flags_;
  Settings given_;
  CommandDescription command_;  // train
  Clock::time_point begun_;
  OutputFolder folder_;
  Terminal terminal_;
  std::optional<InterruptGuard> guard_;
  std::optional<SpooledInputs> inputs_;
  std::deque<Trial> trials_;  // which keep their places
  std::set<std::string> tried_;
  bool is_exhausted_ = false;
  std::size_t rows_ = 0;  // to train on
  std::size_t drawn_ = 0;
  std::optional<SearchSpace> space_;
  const Trial* best_ = nullptr;
  Trial kept_;  // the best one as it was when its model was kept
  Metric metric_;
};

/// Every trial is chosen by the same figure. Without n-grams the default would be accuracy, which
/// would not be comparable.
Settings settings_for_all(const CLI::App& command) {
  constexpr std::array kOfTuning{std::string_view("out"),       std::string_view("duration"),
                                 std::string_view("overwrite"), std::string_view("quiet"),
                                 std::string_view("json"),      std::string_view("help")};
  Settings given = given_settings(command);
  std::erase_if(given, [&](const Setting& setting) {
    return std::ranges::count(kOfTuning, setting.flag) > 0;
  });
  return given;
}

int tune_command(const TuneFlags& flags, const CLI::App& command) {
  require_stdout();
  return Tuning(flags, settings_for_all(command)).run();
}

void add_tune_flags(CLI::App& command, TuneFlags& flags) {
  command.add_option("--train", flags.train, "Labelled texts, as of `unroll train`")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--dev", flags.dev,
                  "Texts that choose settings and epoch (default: a tenth of --train, held back)")
      ->type_name("FILE");
  command.add_option("--out", flags.out, "Folder of the best model")->type_name("DIR")->required();
  command.add_option("--duration", flags.duration, "Seconds that the search may take")
      ->check(real_number(1.0, 1e7))
      ->capture_default_str();
  command.add_flag("--overwrite", flags.overwrite, "Replace the model that --out holds");
  add_training_flags(command, flags.columns, flags.options, flags.preset);
  add_threads_flag(command);
  add_quiet_flag(command, flags.quiet);
  command.add_flag("--json", flags.json, "Print the result as one JSON object");
}

}  // namespace

void add_tune_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<TuneFlags>();
  CLI::App* command =
      program.add_subcommand("tune", "Search for good settings within a time, and train with them");
  add_tune_flags(*command, *flags);
  command->callback([flags, command, &status] { status = tune_command(*flags, *command); });
}

}  // namespace unroll
