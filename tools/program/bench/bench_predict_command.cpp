#include <fmt/format.h>

#include <memory>

#include "unroll/core/parallel.h"
#include "unroll/kernels/isa.h"
#include "unroll/tools/lab/race/prediction_speed.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// Without --texts: short texts, as of a sentence or a title.
constexpr std::size_t kTexts = 512;
constexpr std::size_t kWords = 20;

struct BenchPredictFlags {
  std::string model;
  std::string texts;
  PredictionSpeedSettings settings;
  bool json = false;
  bool quiet = false;
};

std::vector<std::string> texts_of(const BenchPredictFlags& flags) {
  const TextClassifier classifier = load_classifier(flags.model);
  if (!flags.texts.empty()) return read_lines(flags.texts);
  return random_texts(classifier.encoder().vocabulary(), kTexts, kWords, 1);
}

void predict_speed_command(const BenchPredictFlags& flags) {
  require_stdout();
  const std::vector<std::string> texts = texts_of(flags);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Terminal terminal(flags.quiet);
  const auto progress = [&](const std::string& text) { terminal.progress(text); };
  const auto rows = measure_prediction(flags.model, views, flags.settings, progress);
  terminal.clear();
  if (flags.json) {
    write_stdout(prediction_json(rows));
    return;
  }
  const std::string source =
      flags.texts.empty() ? fmt::format("random texts of {} words", kWords) : flags.texts;
  print(
      "{}\n{}, {} thread{}, {}.\n"
      "products: when words are multiplied by U. texts: how many a call gets. p50,\n"
      "p99: the time of a call, from texts to labels. made: the time to pack the\n"
      "weights and to multiply the vocabulary. MiB: its products (`unroll predict\n"
      "--word-table`).\n",
      prediction_table(rows), source, thread_count(), thread_count() == 1 ? "" : "s",
      to_string(active_isa()));
}

}  // namespace

void add_bench_predict_command(CLI::App& bench, int& status) {
  const auto flags = std::make_shared<BenchPredictFlags>();
  CLI::App* command = bench.add_subcommand(
      "predict", "Measure a trained model: the time of one text, and texts per second");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  command
      ->add_option(
          "--texts", flags->texts,
          "Texts, one on each line; - is stdin (default: random texts of the model's words)")
      ->type_name("FILE");
  command->add_option("--batches", flags->settings.batches, "How many texts a call gets, a list")
      ->delimiter(',')
      ->check(whole_number(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--seconds", flags->settings.seconds, "Run for about this long")
      ->check(real_number(0.0, 36000.0))
      ->capture_default_str();
  add_threads_flag(*command);
  command->add_flag("--json", flags->json, "Print the rows as one JSON array");
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    predict_speed_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
