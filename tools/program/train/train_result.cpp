#include "unroll/tools/program/train/train_result.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/training_settings.h"
#include "unroll/tools/classifier/version.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/train/train_progress.h"

namespace unroll {

namespace {

/// "accuracy 85.83 %", behind the figure that chose, where that is another one.
std::string result_text(const DevScore& dev, const Metric& metric) {
  const std::string accuracy = fmt::format("accuracy {:.2f} %", 100 * dev.accuracy);
  if (metric.kind == Metric::Kind::kAccuracy) return accuracy;
  if (metric.kind == Metric::Kind::kLoss) return fmt::format("{}, loss {:.4f}", accuracy, dev.loss);
  return fmt::format("{} {}, {}", to_string(metric), share_text(dev), accuracy);
}

std::string what_was_kept(const TrainingResult& training, std::string_view why) {
  const std::size_t epochs = training.epochs.size();
  if (training.best_epoch)
    return fmt::format("best epoch {} of {} ({})", *training.best_epoch + 1, epochs, why);
  if (epochs == 0) return fmt::format("linear model alone ({})", why);
  return fmt::format("linear model alone, since {} ({})",
                     epochs == 1 ? "the one epoch was not as good"
                                 : fmt::format("none of {} epochs was as good", epochs),
                     why);
}

/// Nulls where batches were whole.
nlohmann::ordered_json shards_json(const TrainFlags& flags, const ShardTimes* times) {
  nlohmann::ordered_json json = {{"shards", flags.options.shards},
                                 {"ranks", times == nullptr ? 1 : times->ranks}};
  for (const char* key : {"compute_ms", "exchange_ms", "wait_ms", "exchanged_bytes"})
    json[key] = nullptr;
  if (times == nullptr || times->steps == 0) return json;
  const StepTimes step(*times);
  json["compute_ms"] = step.compute;
  json["exchange_ms"] = step.exchange;
  json["wait_ms"] = step.wait;
  json["exchanged_bytes"] = step.bytes;
  return json;
}

void print_result(const TrainFlags& flags, const TrainedClassifier& trained, std::string_view why,
                  double seconds) {
  const TrainingResult& training = trained.training;
  const auto file = std::filesystem::path(flags.out) / TextClassifier::kFileName;
  if (flags.json) {
    nlohmann::ordered_json ngrams_accuracy;  // null without n-grams
    if (trained.ngrams) ngrams_accuracy = trained.ngrams->score.accuracy;
    nlohmann::ordered_json json = {
        {"model", file.string()},
        {"end", why},
        {"epochs", training.epochs.size()},
        {"best_epoch", training.best_epoch ? *training.best_epoch + 1 : 0},
        {"dev_accuracy", trained.dev.accuracy},
        {"metric", to_string(trained.plan.metric)},
        {"dev_metric", trained.dev.metric},
        {"ngrams", trained.plan.ngrams},
        {"ngrams_dev_accuracy", ngrams_accuracy},
        {"precision", to_string(trained.plan.memory->precision)},
        {"most_tokens", trained.plan.memory->most_tokens},
        {"hash", trained.classifier.hash()},
        {"peak_memory", peak_resident_bytes()},
        {"seconds", seconds}};
    json.update(shards_json(flags, trained.shard_times.get()));
    print("{}\n", with_version(json.dump()));
    return;
  }
  print("{}: dev {}\n", what_was_kept(training, why),
        result_text(trained.dev, trained.plan.metric));
  print("model {} ({:.1f} MB), trained in {}\n", file.string(),
        static_cast<double>(std::filesystem::file_size(file)) / 1e6, duration_text(seconds));
  print("hash  {}\n", trained.classifier.hash());
}

/// What to do about a loss that is not finite.
std::string advice_on_divergence(const TrainFlags& flags, const StepReport& failed) {
  if (failed.epoch > 0 || failed.step > 0) return "try a smaller --lr";
  return fmt::format(
      "--lr is not the cause, since no step was done before: the run begins with numbers that are "
      "too large{}",
      flags.options.vectors.empty() ? "" : fmt::format(" (those of {}?)", flags.options.vectors));
}

Error diverged(const TrainFlags& flags, const TrainedClassifier& trained, bool linear_is_saved) {
  const TrainingResult& training = trained.training;
  const StepReport& failed = training.failed;
  const std::string kept =
      training.best_epoch
          ? fmt::format("epoch {}, the best before that, was kept", *training.best_epoch + 1)
          : (linear_is_saved ? "the linear model of n-grams was kept" : "no model was written");
  return Error(ErrorKind::kDiverged,
               fmt::format("training diverged in step {} of epoch {} (--lr {}): {}; {}; {}",
                           failed.step + 1, failed.epoch + 1, flags.options.learning_rate,
                           trained.divergence, kept, advice_on_divergence(flags, failed)));
}

/// What a run leaves that was interrupted, or whose time is over.
void tell_of_stop(const TrainFlags& flags, bool has_model, std::string_view why,
                  Terminal& terminal) {
  const std::string_view next = flags.run.checkpoint_minutes == 0 ? ""
                                : flags.until_step > 0
                                    ? "; without --until-step the same command goes on from here"
                                    : "; the same command goes on from here";
  if (has_model) return terminal.note(fmt::format("{}{}", why, next));
  terminal.warning(
      fmt::format("{} before the first epoch was done: no new model was written{}", why, next));
}

}  // namespace

bool has_model(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / TextClassifier::kFileName);
}

void set_notes(TextClassifier& classifier, const TrainFlags& flags, const TrainingMemory& memory,
               const Metric& metric, std::optional<std::size_t> epoch, const DevScore& dev) {
  std::map<std::string, std::string> notes{
      {"program", fmt::format("unroll {}", kVersion)},
      {"train", flags.train},
      {"dev", flags.dev.empty() ? "a part held back" : flags.dev},
      {"seed", std::to_string(flags.options.seed)},
      {"precision", precision_note(flags.options.precision, memory.precision)},
      {std::string(kMemoryNote), to_json(memory)},
      {"metric", to_string(metric)},
      {"class_weight", to_string(flags.options.class_weights)},
      {"dev_accuracy", fmt::format("{:.4f}", dev.accuracy)},
      {"dev_metric", fmt::format("{:.4f}", dev.metric)}};
  if (!flags.columns.weight_column.empty()) notes["weight_column"] = flags.columns.weight_column;
  if (epoch) notes["epoch"] = std::to_string(*epoch + 1);
  notes.merge(classifier.notes);
  classifier.notes = std::move(notes);
}

void save_run(const TextClassifier& classifier, const TrainFlags& flags) {
  classifier.save(flags.out);
  write_file(std::filesystem::path(flags.out) / kSettingsFile, flags.settings);
}

void save_again(const TrainFlags& flags, TrainedClassifier& trained) {
  const TrainingResult& training = trained.training;
  if (training.epochs.empty() && trained.classifier.has_network()) return;
  set_notes(trained.classifier, flags, *trained.plan.memory, trained.plan.metric,
            training.best_epoch, trained.dev);
  save_run(trained.classifier, flags);
}

void write_page(const TrainFlags& flags, const TextClassifier& classifier, Terminal& terminal) {
  try {
    const ReportedRun run = run_of_folder(flags.out, &classifier);
    write_file(std::filesystem::path(flags.out) / kReportFile, run_report({&run, 1}));
  } catch (const Error& error) {
    terminal.warning(fmt::format("no {}: {}", kReportFile, error.what()));
  }
}

void finish(const TrainFlags& flags, const TrainedClassifier& trained, bool linear_is_saved,
            std::string_view why, bool is_read, Terminal& terminal, double seconds) {
  const TrainingResult& training = trained.training;
  const bool has_model = !training.epochs.empty() || linear_is_saved;
  if (has_model && is_read) print_result(flags, trained, why, seconds);
  if (training.end == TrainingEnd::kDiverged) throw diverged(flags, trained, linear_is_saved);
  if (training.end == TrainingEnd::kStopped) {
    tell_of_stop(flags, has_model, why, terminal);
  }
}

StepTimes::StepTimes(const ShardTimes& times)
    : compute(1000 * times.compute / static_cast<double>(times.steps)),
      exchange(1000 * times.exchange / static_cast<double>(times.steps)),
      wait(1000 * times.wait / static_cast<double>(times.steps)),
      bytes(static_cast<double>(times.bytes) / static_cast<double>(times.steps)) {}

}  // namespace unroll
