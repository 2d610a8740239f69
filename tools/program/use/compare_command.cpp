#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/hash.h"
#include "unroll/core/output_folder.h"
#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/compare/compared_runs.h"
#include "unroll/tools/program/compare/comparison_page.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/run_settings.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

namespace {

struct CompareFlags {
  std::string spec;
  std::string out;
  bool overwrite = false;
  bool quiet = false;
  bool json = false;
};

/// What the runs of a comparison were trained and tested on, so that no other texts join them.
constexpr const char* kTextsFile = "texts.json";

std::string hash_of(const std::string& path) {
  Hash hash;
  hash.add(read_file(path));
  return hash.digits();
}

/// "compare.toml" has its runs in "compare", in the working directory.
std::string folder_of(const CompareFlags& flags) {
  if (!flags.out.empty()) return flags.out;
  return std::filesystem::path(flags.spec).stem().string();
}

/// What a run needs that ended so: what repeats itself has to be changed first.
std::string advice(const std::string& variant, int status) {
  constexpr std::string_view kGoesOn = "the same command goes on from here";
  constexpr std::string_view kThen =
      "then --overwrite replaces it, and the runs that are done are kept";
  if (status > static_cast<int>(ErrorKind::kRank)) return std::string(kGoesOn);  // a signal
  switch (static_cast<ErrorKind>(status)) {
    case ErrorKind::kDiverged:
      return fmt::format(
          "it would diverge again. Change [variants.{}] or [train], to a smaller lr for instance; "
          "{}",
          variant, kThen);
    case ErrorKind::kUsage:
      return fmt::format("it would end so again. Change [variants.{}] or [train]; {}", variant,
                         kThen);
    case ErrorKind::kData:
    case ErrorKind::kModel:
      return fmt::format("it would end so again until that file is mended; then {}", kGoesOn);
    case ErrorKind::kDisk:
    case ErrorKind::kMemory:
      return fmt::format("once there is room for it, {}", kGoesOn);
    case ErrorKind::kInternal:
    case ErrorKind::kRequirement:
    case ErrorKind::kRank:
      break;
  }
  return std::string(kGoesOn);
}

class Comparing {
 public:
  explicit Comparing(const CompareFlags& flags)
      : flags_(flags),
        spec_(read_comparison_spec(flags.spec, *train_flags())),
        folder_(folder_of(flags)),
        terminal_(flags.quiet) {}

  /// Returns the exit status.
  int run() {
    constexpr const char* kFiles[] = {kTextsFile, kReportFile};
    folder_.prepare(kFiles);
    warn_if_unlocked(folder_, terminal_);
    warn_of_unread_settings("compare", terminal_);
    for (const std::string& warning : spec_.warnings) terminal_.warning(warning);
    keep_texts();
    plan_runs();
    if (const int status = finish_runs()) return status;
    tell(compare(spec_.test, metric_, std::move(variants_), spec_.every_pair));
    return 0;
  }

 private:
  std::filesystem::path path() const { return folder_.path(); }

  /// Runs of these texts alone may be here.
  void keep_texts() {
    nlohmann::json texts = {{"train", hash_of(spec_.train)}};
    if (!spec_.test.empty()) texts["test"] = hash_of(spec_.test);
    const std::string dev = value_of(spec_.variants.front().settings, "dev");
    if (!dev.empty()) texts["dev"] = hash_of(dev);
    const std::filesystem::path file = path() / kTextsFile;
    const auto then = std::filesystem::exists(file)
                          ? nlohmann::json::parse(read_file(file), nullptr, false)
                          : texts;
    if (then != texts && !flags_.overwrite) {
      throw mended_by({"overwrite"},
                      UsageError(fmt::format("{} holds runs on other texts; name another folder, "
                                             "or replace them",
                                             path().string())));
    }
    if (then != texts) forget_runs();
    write_file(file, texts.dump());
  }

  /// Without last.ckpt no run counts as done, whenever it will be looked at.
  void forget_runs() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path()))
      if (entry.path().filename() == RunFolder::kFileName) files.push_back(entry.path());
    for (const std::filesystem::path& file : files) std::filesystem::remove(file);
  }

  /// Seed by seed, so that what is there after an interruption can be compared, too.
  void plan_runs() {
    const ReadOptions columns = read_options_of(spec_.variants.front().settings);
    if (spec_.folds > 0) {
      folds_ = make_folds(read_data(spec_.train, columns, terminal_), spec_.folds,
                          spec_.seeds.front(), path() / kFoldsFolder);
      for (std::size_t k = 0; k < folds_.size(); ++k)
        plan_run(fmt::format("fold {}", k + 1), spec_.seeds.front(), &folds_[k]);
    } else {
      test_ = {.file = spec_.test, .records = read_data(spec_.test, columns, terminal_)};
      for (const std::uint64_t seed : spec_.seeds)
        plan_run(fmt::format("seed {}", seed), seed, nullptr);
    }
    refuse_metric_of_absent_label();
    for (const Variant& variant : spec_.variants) {
      variants_.push_back({.name = variant.name, .settings = variant.settings});
      variants_.back().scores.same_rows = spec_.folds == 0;
      variants_.back().right.same_rows = spec_.folds == 0;
    }
  }

  /// All variants would be as bad.
  void refuse_metric_of_absent_label() const {
    if (!spec_.metric || spec_.metric->kind != Metric::Kind::kLabelF1) return;
    std::set<std::string> labels;
    const auto add = [&](const TestRows& test) {
      for (std::string& label : labels_in(test.records)) labels.insert(std::move(label));
    };
    add(test_);
    for (const Fold& fold : folds_) add(fold.test);
    if (labels.contains(spec_.metric->label)) return;
    throw UsageError(fmt::format(
        "no text of the test has the label {}, whose F1 is to compare variants; labels are {}",
        in_quotes(spec_.metric->label),
        list_of_labels(std::vector<std::string>(labels.begin(), labels.end()))));
  }

  void plan_run(const std::string& name, std::uint64_t seed, const Fold* fold) {
    std::string folder = name;
    std::ranges::replace(folder, ' ', '-');
    for (std::size_t v = 0; v < spec_.variants.size(); ++v) {
      runs_.push_back({.variant = v,
                       .name = name,
                       .folder = path() / spec_.variants[v].name / folder,
                       .settings = run_settings(spec_.variants[v], seed, fold),
                       .test = fold == nullptr ? &test_ : &fold->test});
    }
  }

  int finish_runs() {
    const InterruptGuard guard;
    for (std::size_t k = 0; k < runs_.size(); ++k)
      if (const int status = finish_run(k, guard)) return status;
    return 0;
  }

  int finish_run(std::size_t k, const InterruptGuard& guard) {
    const PlannedRun& run = runs_[k];
    ComparedVariant& variant = variants_[run.variant];
    const std::string name =
        fmt::format("run {}/{}  {}, {}", k + 1, runs_.size(), variant.name, run.name);
    terminal_.progress(name);
    const int status = make_run(run, flags_.overwrite, name, guard, terminal_);
    if (guard.interrupted()) return tell_of_interrupt(guard);
    if (status != 0) return tell_of_failure(run, status);
    if (k == 0) metric_ = metric_of(spec_, run);
    test_run(run, metric_, variant, terminal_);
    const ComparedRun& result = variant.runs.back();
    terminal_.note(
        fmt::format("{}  {:.2f} %{} of {} rows  {}  {}", name, 100 * result.score,
                    metric_.kind == Metric::Kind::kAccuracy ? "" : " " + to_string(metric_),
                    result.rows, duration_text(result.seconds), mib_text(result.peak_memory)));
    return 0;
  }

  int tell_of_interrupt(const InterruptGuard& guard) {
    terminal_.note("interrupted; the same command goes on from here");
    return guard.exit_status();
  }

  int tell_of_failure(const PlannedRun& run, int status) {
    terminal_.warning(
        fmt::format("{} ended with status {}, as told above, and a comparison needs all "
                    "of its runs; {}",
                    run.folder.string(), status, advice(variants_[run.variant].name, status)));
    return status;
  }

  void tell(const Comparison& comparison) {
    const std::string page = (path() / kReportFile).string();
    write_file(page, comparison_page(comparison, path().string()));
    terminal_.clear();
    write_stdout(flags_.json ? with_version(to_json(comparison, page)) + "\n"
                             : to_table(comparison));
    terminal_.note(fmt::format("written: {}", page));
  }

  const CompareFlags& flags_;
  ComparisonSpec spec_;
  OutputFolder folder_;
  Terminal terminal_;
  Metric metric_;
  TestRows test_;
  std::vector<Fold> folds_;
  std::vector<PlannedRun> runs_;
  std::vector<ComparedVariant> variants_;
};

int compare_command(const CompareFlags& flags) {
  require_stdout();
  return Comparing(flags).run();
}

}  // namespace

void add_compare_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<CompareFlags>();
  CLI::App* command = program.add_subcommand(
      "compare", "Train variants with several seeds or folds, and tell whether they differ");
  command
      ->add_option("spec", flags->spec,
                   "What to compare: a file of TOML with the settings of each variant")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--out", flags->out,
                   "Folder of the runs and the page; a comparison that was interrupted goes on\n"
                   "there (default: the name of FILE without its ending, in the working "
                   "directory)")
      ->type_name("DIR");
  command->add_flag("--overwrite", flags->overwrite,
                    "Replace runs whose settings or texts are others now");
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print the result as one JSON object");
  command->callback([flags, &status] { status = compare_command(*flags); });
}

}  // namespace unroll
