#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/evaluate_texts.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string out;
  std::string test;
  bool quiet = false;
  double threshold = TextPredictor::kThreshold;
  ReadOptions columns;
};

std::string joined(std::vector<std::string_view> labels) {
  std::ranges::sort(labels);
  return labels.empty() ? "no label" : fmt::format("{}", fmt::join(labels, ", "));
}

/// For a model with any number of labels: adds the row if its labels are wrong. How sure a mistake
/// is, the surest of its wrong labels tells: one that was predicted, or one that was not.
void add_if_wrong(const Record& record, const Prediction& prediction,
                  const TextPredictor& predictor, double threshold, Mistakes& mistakes) {
  const std::vector<std::string_view> actual = labels_of(record),
                                      predicted = predictor.labels_of(prediction, threshold);
  if (joined(actual) == joined(predicted)) return;
  double sureness = 0;
  for (std::size_t k = 0; k < predictor.labels().size(); ++k) {
    const std::string_view label = predictor.labels()[k];
    const bool was_predicted = std::ranges::count(predicted, label) > 0;
    if (was_predicted == (std::ranges::count(actual, label) > 0)) continue;
    const auto p = static_cast<double>(prediction.probabilities[k]);
    sureness = std::max(sureness, was_predicted ? p : 1 - p);
  }
  mistakes.add({record.text, joined(actual), joined(predicted), sureness});
}

TestResult test_result(const ReportFlags& flags, TextClassifier classifier, Terminal& terminal) {
  const TextPredictor predictor(std::move(classifier));
  LabelledTexts texts(flags.test, flags.columns, predictor, terminal);
  TestResult result{.file = flags.test, .evaluation = {}, .mistakes = {}};
  const bool one_label = !predictor.classifier().has_any_number_of_labels();
  result.evaluation = evaluate_texts(
      predictor, texts, flags.threshold, terminal,
      [&](const Record& record, const Prediction& prediction) {
        if (!one_label) {
          add_if_wrong(record, prediction, predictor, flags.threshold, result.mistakes);
        } else if (record.label != prediction.label) {
          result.mistakes.add(
              {record.text, record.label, prediction.label, prediction.probability});
        }
      });
  return result;
}

ReportedRun read_run(const ReportFlags& flags, const std::string& name, Terminal& terminal) {
  const bool has_model =
      std::filesystem::exists(std::filesystem::path(name) / TextClassifier::kFileName);
  // A run that has just begun has no model yet.
  if (!has_model && flags.test.empty()) return run_of_folder(name, nullptr);
  TextClassifier classifier = load_classifier(name);
  ReportedRun run = run_of_folder(name, &classifier);
  if (!flags.test.empty()) run.test = test_result(flags, std::move(classifier), terminal);
  return run;
}

void refuse_strangers(const std::vector<std::string>& runs) {
  for (const std::string& name : runs) {
    if (is_run(name)) continue;
    throw ModelError(fmt::format("{} is no run: it holds neither {} nor {}", name,
                                 TextClassifier::kFileName, MetricsFile::kFileName));
  }
}

/// Into the run's folder; of several runs, into the working directory.
std::string report_path(const ReportFlags& flags) {
  if (!flags.out.empty()) return flags.out;
  return flags.runs.size() == 1 ? (std::filesystem::path(flags.runs.front()) / kReportFile).string()
                                : kReportFile;
}

/// The path of a file from a page, which may be stdout: then from the working directory.
std::string path_from(const std::string& page, const std::filesystem::path& file) {
  if (page == "-") return file.generic_string();
  const auto folder = std::filesystem::absolute(page).parent_path();
  return std::filesystem::absolute(file).lexically_proximate(folder).generic_string();
}

void report_command(const ReportFlags& flags) {
  refuse_strangers(flags.runs);
  const std::string path = report_path(flags);
  try_output(path);
  Terminal terminal(flags.quiet);
  std::vector<ReportedRun> runs;
  for (const std::string& name : flags.runs) {
    runs.push_back(read_run(flags, name, terminal));
    ReportedRun& run = runs.back();
    if (!run.flow_page.empty())
      run.flow_page = path_from(path, std::filesystem::path(name) / run.flow_page);
  }
  write_output(path, run_report(runs));
  if (path != "-") terminal.note(fmt::format("written: {}", path));
}

}  // namespace

void add_report_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<ReportFlags>();
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
                     "The least probability of a label, for a model with any number of labels");
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    report_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
