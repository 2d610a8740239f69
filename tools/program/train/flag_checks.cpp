#include "unroll/tools/program/train/flag_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/stop_words.h"
#include "unroll/text/utf8.h"
#include "unroll/text/word_vectors.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/train/training_flags.h"

namespace unroll {

namespace {

/// One warning names all flags that were given of these.
void warn_of_no_effect(const CLI::App& command, std::span<const char* const> flags,
                       std::string_view why, Terminal& terminal) {
  std::vector<std::string_view> idle;
  for (const char* flag : flags) {
    if (command.count(flag) > 0) idle.emplace_back(flag);
  }
  if (idle.empty()) return;
  terminal.warning(fmt::format("{} {} no effect {}", fmt::join(idle, ", "),
                               idle.size() == 1 ? "has" : "have", why));
}

/// What is the model's that the run starts from can be said again, but not chosen anew.
void refuse_flags_of_start(const CLI::App& command, const TrainClassifierOptions& options) {
  if (options.start == nullptr || !options.start->has_network()) return;
  const SequenceClassifierConfig &mine = options.model, &its = options.start->model().config();
  const EncoderSettings& text = options.start->encoder().settings();
  const auto stop_words = [&] {
    return StopWords::load(options.stop_words, text.tokenizer.folding()).words();
  };
  const std::array agreements{std::pair("--cell", options.network && mine.cell == its.cell),
                              std::pair("--activation", mine.activation == its.activation),
                              std::pair("--gru-reset", mine.gru_reset == its.gru_reset),
                              std::pair("--hidden", mine.hidden == its.hidden),
                              std::pair("--layers", mine.layers == its.layers),
                              std::pair("--pool", mine.pool == its.pool),
                              std::pair("--bidirectional", mine.bidirectional == its.bidirectional),
                              std::pair("--embedding", mine.embedding == its.embedding),
                              std::pair("--dropout", mine.dropout == its.dropout),
                              std::pair("--tokenizer", options.tokenizer == text.tokenizer.kind),
                              std::pair("--no-fold", options.fold == text.tokenizer.fold),
                              std::pair("--language", options.language == text.tokenizer.language),
                              std::pair("--max-tokens", options.max_tokens == text.max_tokens),
                              std::pair("--stopwords", stop_words() == text.stop_words.words())};
  for (const auto& [flag, agrees] : agreements) {
    refuse_flag(command, flag, !agrees,
                "is not what the model has that --init names: leave it out");
  }
}

/// They say how a network, its words or its tokenizer begin, and these are there already.
void warn_of_flags_before_start(const CLI::App& command, Terminal& terminal) {
  constexpr std::array kFlags{"--vectors",    "--forget-bias", "--recurrent-init",
                              "--dictionary", "--subwords",    "--user-dictionary"};
  warn_of_no_effect(command, kFlags, "with --init: the model has it already", terminal);
}

}  // namespace

void refuse_contradictory_flags(const CLI::App& command, const TrainClassifierOptions& options) {
  refuse_flags_of_start(command, options);
  if (options.network) refuse_flags_of_other_cell(command, options.model.cell);
  refuse_flag(command, "--no-ngrams", !options.network,
              "leaves nothing to train with --cell none: leave one of them out");
  if (has_lab()) {
    refuse_flag(command, "--gradflow", !options.network,
                "measures a recurrent network: leave it out, or --cell none");
  }
  refuse_contradictory_token_flags(command, options);
  const bool is_sgd = options.optimizer.kind == OptimizerKind::kSgd;
  constexpr std::string_view kOfSgd = "is SGD's: leave it out, or give --optimizer sgd";
  refuse_flag(command, "--momentum", !is_sgd, kOfSgd);
  refuse_flag(command, "--nesterov", !is_sgd, kOfSgd);
}

void warn_of_idle_flags(const CLI::App& command, const TrainClassifierOptions& options,
                        Terminal& terminal) {
  if (options.start != nullptr) warn_of_flags_before_start(command, terminal);
  if (!options.network) {
    warn_of_no_effect(command, network_flags(), "with --cell none: there is no network", terminal);
    return;
  }
  if (options.freeze_embedding && options.vectors.empty()) {
    terminal.warning(
        "--freeze-embedding without --vectors: the random word vectors stay as they are");
  }
  if (options.optimizer.nesterov && options.optimizer.momentum == 0) {
    terminal.warning("--nesterov has no effect with --momentum 0");
  }
}

void warn_of_idle_flags(const TrainingPlan& plan, const TrainClassifierOptions& options,
                        Terminal& terminal) {
  const std::size_t steps = plan.epochs * plan.steps_per_epoch;
  if (options.network && options.warmup_steps > steps) {
    terminal.warning(fmt::format(
        "--warmup {} is longer than the run of {} steps: the learning rate never reaches --lr",
        options.warmup_steps, steps));
  }
  if (options.network && options.early_stop && *options.early_stop >= plan.epochs) {
    terminal.warning(fmt::format("--early-stop {} has no effect in a run of {} epochs",
                                 *options.early_stop, plan.epochs));
  }
}

void warn_of_idle_separator(const ReadOptions& columns, const TextClassifier& classifier,
                            Terminal& terminal) {
  if (columns.label_separator.empty() || classifier.has_any_number_of_labels()) return;
  terminal.warning(fmt::format(
      "--label-separator {} has no effect: no text has several labels, or none; labels are {}",
      in_quotes(columns.label_separator), list_of_labels(classifier.labels())));
}

void refuse_other_embedding(const CLI::App& command, const TrainClassifierOptions& options,
                            std::size_t dimension) {
  const std::size_t given = options.model.embedding;
  if (command.count("--embedding") == 0 || given == dimension) return;
  throw UsageError(fmt::format(
      "--embedding {} disagrees with {}, whose vectors have {} values; leave --embedding out",
      given, options.vectors, dimension));
}

void try_vectors(const CLI::App& command, const TrainClassifierOptions& options) {
  const std::string& path = options.vectors;
  std::error_code ignored;
  const bool is_pipe = path == "-" || (std::filesystem::exists(path, ignored) &&
                                       !std::filesystem::is_regular_file(path, ignored));
  if (path.empty() || is_pipe) return;
  refuse_other_embedding(command, options, WordVectorFile(path).dimension());
}

}  // namespace unroll
