#include "unroll/tools/program/report/run_of_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sstream>
#include <system_error>

#include "unroll/core/file.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"

namespace unroll {

namespace {

std::size_t planned_bytes(const TextClassifier& classifier) {
  const auto note = classifier.notes.find(std::string(kMemoryNote));
  if (note == classifier.notes.end()) return 0;
  const TrainingMemory memory = training_memory_from_json(note->second);
  return std::max(memory.reading_bytes, count_memory(classifier, memory).total());
}

/// The flow of the layers before training and after the last epoch that was measured. Lines are
/// "epoch,layer,forget bias,lag,log10 of the norm,…".
std::vector<FlowCurve> read_flow(const std::filesystem::path& file) {
  std::vector<FlowCurve> curves;
  std::istringstream lines(read_file(file));
  std::string line, epoch, layer, bias, lag, norm;
  std::getline(lines, line);  // the names of the columns
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    for (std::string* field : {&epoch, &layer, &bias, &lag, &norm})
      std::getline(fields, *field, ',');
    const std::size_t number = std::strtoul(epoch.c_str(), nullptr, 10);
    if (curves.empty() || curves.back().epoch != number || curves.back().layer != layer)
      curves.push_back({.epoch = number, .layer = layer, .points = {}});
    const double y = norm.empty() ? std::numeric_limits<double>::quiet_NaN()
                                  : std::strtod(norm.c_str(), nullptr);
    curves.back().points.push_back({std::strtod(lag.c_str(), nullptr), y});
  }
  const std::size_t last = curves.empty() ? 0 : curves.back().epoch;
  std::erase_if(curves,
                [&](const FlowCurve& curve) { return curve.epoch != 0 && curve.epoch != last; });
  return curves;
}

/// Whether the notes of the model say that it is the history's linear model.
bool is_linear_of(const RunHistory& history, const TextClassifier& classifier) {
  const auto score = classifier.notes.find("dev_accuracy");
  return history.linear && !classifier.notes.contains("epoch") && score != classifier.notes.end() &&
         score->second == fmt::format("{:.4f}", history.linear->dev_accuracy);
}

bool is_of_other_run(const RunHistory& history, const TextClassifier& classifier,
                     const std::string& hash) {
  if (history.best() == nullptr) return !is_linear_of(history, classifier);
  return !history.hash.empty() && history.hash != hash;
}

void add_model(const std::filesystem::path& file, const TextClassifier& classifier,
               ReportedRun& run) {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(file, ignored);
  run.model_bytes = ignored ? 0 : bytes;
  run.memory_bytes = planned_bytes(classifier);
  run.hash = classifier.hash();
  run.has_other_model = run.history && is_of_other_run(*run.history, classifier, run.hash);
}

}  // namespace

bool is_run(const std::string& folder) {
  const std::filesystem::path path(folder);
  return std::filesystem::exists(path / TextClassifier::kFileName) ||
         std::filesystem::exists(path / MetricsFile::kFileName);
}

ReportedRun run_of_folder(const std::string& folder, const TextClassifier* classifier) {
  const std::filesystem::path path(folder);
  const std::filesystem::path metrics = path / MetricsFile::kFileName;
  const std::filesystem::path settings = path / kSettingsFile;
  ReportedRun run{.name = folder};
  if (std::filesystem::exists(metrics)) run.history = read_history(metrics);
  if (std::filesystem::exists(settings)) {
    run.settings = read_any_settings(settings.string());
    run.settings_text = read_file(settings);
  }
  if (std::filesystem::exists(path / kFlowTable)) run.flow = read_flow(path / kFlowTable);
  if (std::filesystem::exists(path / kFlowPage)) run.flow_page = kFlowPage;
  if (classifier != nullptr) add_model(path / TextClassifier::kFileName, *classifier, run);
  return run;
}

}  // namespace unroll
