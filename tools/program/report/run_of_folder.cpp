#include "unroll/tools/program/report/run_of_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "unroll/core/file.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
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

void add_model(const std::filesystem::path& file, const TextClassifier& classifier,
               ReportedRun& run) {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(file, ignored);
  run.model_bytes = ignored ? 0 : bytes;
  run.memory_bytes = planned_bytes(classifier);
  run.hash = classifier.hash();
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
  if (classifier != nullptr) add_model(path / TextClassifier::kFileName, *classifier, run);
  return run;
}

}  // namespace unroll
