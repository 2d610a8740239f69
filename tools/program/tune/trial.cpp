#include "unroll/tools/program/tune/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <system_error>

#include "unroll/core/file.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

namespace {

DevScore score_of(const RunHistory::Epoch& epoch) {
  return {.accuracy = epoch.dev_accuracy, .metric = epoch.dev_metric, .loss = epoch.dev_loss};
}

void set(Settings& settings, const std::string& flag, std::string value) {
  std::erase_if(settings, [&](const Setting& setting) { return setting.flag == flag; });
  settings.push_back({flag, std::move(value), ""});
}

/// A run of so many epochs ends with the trial's model, whatever a longer one tried behind it: the
/// rate does not depend on how many there are.
Settings repeating(Settings settings, std::size_t epochs, const std::filesystem::path& out) {
  set(settings, "out", out.string());
  if (epochs == 0) return settings;
  set(settings, "epochs", std::to_string(epochs));
  set(settings, "early-stop", "0");
  return settings;
}

}  // namespace

void look_at(Trial& trial) {
  const std::filesystem::path metrics = trial.folder / MetricsFile::kFileName;
  std::error_code ignored;
  if (!std::filesystem::exists(trial.folder / TextClassifier::kFileName, ignored) ||
      !std::filesystem::exists(metrics, ignored))
    return;
  const RunHistory history = read_history(metrics);
  trial.seconds = history.seconds;
  trial.epochs = history.epochs.size();
  trial.is_over = RunFolder::is_finished(trial.folder);
  if (const RunHistory::Epoch* best = history.best()) {
    trial.best_epoch = best->epoch;
    trial.dev = score_of(*best);
  } else if (history.linear && (trial.is_over || trial.epochs > 0)) {
    trial.dev = score_of(*history.linear);
  }
}

bool is_better(const Trial& a, const Trial& b, const Metric& metric) {
  if (!a.dev || !b.dev) return a.dev.has_value() && !b.dev.has_value();
  return a.dev->by(metric).better_than(b.dev->by(metric));
}

std::string settings_text(const Trial& trial) {
  std::string text;
  for (const Setting& setting : trial.own)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", setting.flag, setting.value);
  return text.empty() ? "defaults" : text;
}

void keep(const Trial& trial, const Settings& all, const std::filesystem::path& out) {
  const std::shared_ptr<CLI::App> train = train_flags();
  const std::string model = read_file(trial.folder / TextClassifier::kFileName);
  const std::string metrics = read_file(trial.folder / MetricsFile::kFileName);
  const std::string text =
      to_toml(repeating(all, trial.best_epoch > 0 ? trial.best_epoch : trial.epochs, out),
              describe(*train));
  write_files(std::array{NewFile{out / TextClassifier::kFileName, model},
                         NewFile{out / MetricsFile::kFileName, metrics},
                         NewFile{out / kSettingsFile, text}});
}

}  // namespace unroll
