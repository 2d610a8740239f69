#include "unroll/tools/program/compare/compared_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/split.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/row_answers.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/program/child_program.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/evaluate_texts.h"
#include "unroll/tools/program/report/run_history.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/train/train_flags.h"
#include "unroll/tools/program/train/training_flags.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

/// Flags that change nothing about a run's result (docs/training-runs.md), and where the run is.
constexpr std::array kFree{std::string_view("out"),        std::string_view("threads"),
                           std::string_view("quiet"),      std::string_view("json"),
                           std::string_view("max-memory"), std::string_view("checkpoint-minutes")};

/// Flags that say how a file is read which is no JSON of ours.
constexpr std::array kReading{std::string_view("text-col"),   std::string_view("label-col"),
                              std::string_view("no-header"),  std::string_view("format"),
                              std::string_view("separator"),  std::string_view("quoting"),
                              std::string_view("encoding"),   std::string_view("bad-rows"),
                              std::string_view("weight-col"), std::string_view("label-separator")};

std::string json_line(const Record& record) {
  Json labels = Json::array();
  for (const std::string_view label : labels_of(record)) labels.push_back(label);
  const Json json = {{"label", labels.size() == 1 ? labels[0] : labels},
                     {"text", record.text},
                     {"weight", record.weight}};
  return json.dump() + '\n';
}

/// "hidden 64 there, 128 here", or "" where a run's folder has these settings.
std::string difference(const PlannedRun& run) {
  const Settings there = read_any_settings((run.folder / kSettingsFile).string());
  const std::shared_ptr<CLI::App> train = train_flags();
  const CommandDescription command = describe(*train);
  std::string text;
  for (const FlagDescription& flag : command.flags) {
    const std::string then = value_of(there, flag.name, flag.default_value);
    const std::string now = value_of(run.settings, flag.name, flag.default_value);
    if (then == now || std::ranges::count(kFree, flag.name) > 0) continue;
    text += fmt::format("{}{} {} there, {} here", text.empty() ? "" : "; ", flag.name,
                        in_quotes(then), in_quotes(now));
  }
  return text;
}

/// What a training that goes on has come to.
std::string state_of(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / MetricsFile::kFileName;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return "";
  const RunHistory history = read_history(file);
  if (history.steps.empty()) return "";
  return fmt::format("  epoch {}  loss {:.4f}", history.steps.back().epoch,
                     history.steps.back().loss);
}

/// The labels that a model answers, whether it answers one or any number.
std::vector<std::string_view> answer_of(const TextPredictor& predictor,
                                        const Prediction& prediction) {
  if (!predictor.classifier().has_any_number_of_labels()) return {prediction.label};
  return predictor.labels_of(prediction, TextPredictor::kThreshold);
}

double mean_of(const std::vector<float>& scores) {
  return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
}

}  // namespace

std::vector<Fold> make_folds(std::vector<Record> records, std::size_t count, std::uint64_t seed,
                             const std::filesystem::path& folder) {
  const std::vector<double> fractions(count, 1.0 / static_cast<double>(count));
  const auto parts = stratified_split(records, fractions, seed);
  std::vector<std::string> lines;
  for (const Record& record : records) lines.push_back(json_line(record));
  make_folder(folder);
  std::vector<Fold> folds;
  for (const std::vector<std::size_t>& part : parts) {
    if (part.empty()) {
      throw DataError(fmt::format("{} rows are too few for {} folds", records.size(), count));
    }
    const std::string file = (folder / fmt::format("train-{}.jsonl", folds.size() + 1)).string();
    std::vector<std::string_view> pieces;
    for (std::size_t row = 0; row < records.size(); ++row)
      if (!std::ranges::binary_search(part, row)) pieces.push_back(lines[row]);
    write_file(file, pieces);
    Fold fold{.train = file,
              .test = {.file = fmt::format("fold {}", folds.size() + 1), .records = {}}};
    for (const std::size_t row : part) fold.test.records.push_back(std::move(records[row]));
    folds.push_back(std::move(fold));
  }
  return folds;
}

Settings run_settings(const Variant& variant, std::uint64_t seed, const Fold* fold) {
  Settings settings = variant.settings;
  settings.push_back({"seed", std::to_string(seed), ""});
  if (fold == nullptr) return settings;
  const bool is_weighted = !value_of(settings, "weight-col").empty();
  std::erase_if(settings, [](const Setting& setting) {
    return setting.flag == "train" || std::ranges::count(kReading, setting.flag) > 0;
  });
  settings.push_back({"train", fold->train, ""});
  if (is_weighted) settings.push_back({"weight-col", "weight", ""});
  return settings;
}

ReadOptions read_options_of(const Settings& settings) {
  ReadOptions columns;
  TrainClassifierOptions unused;
  std::string preset;
  CLI::App app("", "train");
  add_training_flags(app, columns, unused, preset);
  Settings reading;
  for (const Setting& setting : settings)
    if (std::ranges::count(kReading, setting.flag) > 0) reading.push_back(setting);
  unroll::apply(reading, app);
  return columns;
}

int make_run(const PlannedRun& run, bool overwrite, const std::string& progress,
             const InterruptGuard& guard, Terminal& terminal) {
  const std::string folder = run.folder.string();
  if (RunFolder::is_finished(run.folder)) {
    const std::string changes = difference(run);
    if (changes.empty()) return 0;
    if (!overwrite) {
      throw mended_by({"overwrite"},
                      UsageError(fmt::format("{} holds a finished run of other settings: {}; name "
                                             "another folder, or replace it",
                                             folder, changes)));
    }
  }
  const std::shared_ptr<CLI::App> train = train_flags();
  ChildProgram program{.arguments = {"train", "--out", folder, "--quiet"},
                       .settings = to_toml(run.settings, describe(*train)),
                       .input = ""};
  if (overwrite) program.arguments.emplace_back("--overwrite");
  return run_program(program, guard, [&] {
    terminal.progress(progress + state_of(run.folder));
    return ChildMay::kGoOn;
  });
}

Metric metric_of(const ComparisonSpec& spec, const PlannedRun& run) {
  if (spec.metric) return *spec.metric;
  const bool has_sets = TextClassifier::load(run.folder).has_any_number_of_labels();
  return {.kind = has_sets ? Metric::Kind::kMicroF1 : Metric::Kind::kAccuracy};
}

void test_run(const PlannedRun& run, const Metric& metric, ComparedVariant& variant,
              Terminal& terminal) {
  const TextPredictor predictor(load_classifier(run.folder.string()));
  const RunHistory history = read_history(run.folder / MetricsFile::kFileName);
  LabelledTexts texts(run.test->records, run.test->file, predictor);
  RowAnswers answers;
  evaluate_texts(predictor, texts, TextPredictor::kThreshold, terminal,
                 [&](const Record& record, const Prediction& prediction) {
                   answers.add(labels_of(record), answer_of(predictor, prediction));
                 });
  variant.scores.runs.push_back(answers.scores(metric));
  variant.right.runs.push_back(answers.right());
  variant.runs.push_back(
      {.folder = run.folder.string(),
       .name = run.name,
       .score = mean_of(variant.scores.runs.back()),
       .accuracy = mean_of(variant.right.runs.back()),
       .rows = answers.rows(),
       .seconds = history.seconds,
       .peak_memory = history.peak_memory,
       .model_bytes = std::filesystem::file_size(run.folder / TextClassifier::kFileName),
       .hash = history.hash});
}

}  // namespace unroll
