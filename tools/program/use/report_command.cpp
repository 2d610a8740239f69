#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/evaluate_texts.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/report/run_report.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kReport = "report.html";

struct Flags {
  std::vector<std::string> runs;
  std::string out;
  std::string test;
  bool quiet = false;
  double threshold = TextPredictor::kThreshold;
  ReadOptions columns;
};

std::size_t planned_bytes(const TextClassifier& classifier) {
  const auto note = classifier.notes.find(std::string(kMemoryNote));
  if (note == classifier.notes.end()) return 0;
  const TrainingMemory memory = training_memory_from_json(note->second);
  return std::max(memory.reading_bytes, count_memory(classifier, memory).total());
}

TestResult test_result(const Flags& flags, TextClassifier classifier, Terminal& terminal) {
  const TextPredictor predictor(std::move(classifier));
  const std::vector<Record> records = read_labelled(flags.test, flags.columns, predictor, terminal);
  TestResult result{.file = flags.test, .evaluation = {}, .mistakes = {}};
  const bool one_label = !predictor.classifier().has_any_number_of_labels();
  result.evaluation = evaluate_texts(
      predictor, records, flags.threshold, terminal,
      [&](const Record& record, const Prediction& prediction) {
        if (!one_label || record.label == prediction.label) return;
        result.mistakes.add({record.text, record.label, prediction.label, prediction.probability});
      });
  return result;
}

void add_model(const Flags& flags, const std::filesystem::path& file, Terminal& terminal,
               ReportedRun& run) {
  TextClassifier classifier = load_classifier(file.string());
  run.hash = classifier.hash();
  run.model_bytes = std::filesystem::file_size(file);
  run.memory_bytes = planned_bytes(classifier);
  if (!flags.test.empty()) run.test = test_result(flags, std::move(classifier), terminal);
}

ReportedRun read_run(const Flags& flags, const std::string& name, Terminal& terminal) {
  const std::filesystem::path folder(name);
  const std::filesystem::path model = folder / TextClassifier::kFileName;
  const std::filesystem::path metrics = folder / kMetrics, settings = folder / kSettingsFile;
  ReportedRun run{.name = name};
  if (std::filesystem::exists(metrics)) run.history = read_history(metrics);
  if (std::filesystem::exists(settings)) {
    run.settings = read_any_settings(settings.string());
    run.settings_text = read_file(settings);
  }
  // A run that has just begun has no model yet.
  if (std::filesystem::exists(model) || !flags.test.empty()) add_model(flags, model, terminal, run);
  return run;
}

/// A folder with neither a model nor metrics is no run.
void refuse_strangers(const std::vector<std::string>& runs) {
  for (const std::string& name : runs) {
    const std::filesystem::path folder(name);
    if (std::filesystem::exists(folder / TextClassifier::kFileName) ||
        std::filesystem::exists(folder / kMetrics))
      continue;
    throw ModelError(fmt::format("{} is no run: it holds neither {} nor {}", name,
                                 TextClassifier::kFileName, kMetrics));
  }
}

/// Into the run's folder; of several runs, into the working directory.
std::string report_path(const Flags& flags) {
  if (!flags.out.empty()) return flags.out;
  return flags.runs.size() == 1 ? (std::filesystem::path(flags.runs.front()) / kReport).string()
                                : kReport;
}

void report_command(const Flags& flags) {
  refuse_strangers(flags.runs);
  const std::string path = report_path(flags);
  try_output(path);
  Terminal terminal(flags.quiet);
  std::vector<ReportedRun> runs;
  for (const std::string& name : flags.runs) runs.push_back(read_run(flags, name, terminal));
  write_output(path, run_report(runs));
  if (path != "-") terminal.note(fmt::format("written: {}", path));
}

}  // namespace

void add_report_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "report", "Write a page about training runs: curves, classes, mistakes, settings");
  command->add_option("runs", flags->runs, "Folders of runs; several are drawn on one page")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--out", flags->out,
                   "The page; - is stdout (default: report.html in the folder of a run; of\n"
                   "several runs, in the working directory)")
      ->type_name("FILE");
  CLI::Option* const test =
      command
          ->add_option("--test", flags->test,
                       "Labelled texts; - is stdin: how each class does, and the surest mistakes")
          ->type_name("FILE");
  add_column_flags(*command, flags->columns, test);
  add_threshold_flag(*command, flags->threshold,
                     "Of a model with any number of labels, the least probability of a label");
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    report_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
