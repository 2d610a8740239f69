#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <deque>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/ranks.h"
#include "unroll/core/saved_state.h"
#include "unroll/core/temporary.h"
#include "unroll/optim/shard_sum.h"
#include "unroll/text/folding.h"
#include "unroll/text/labels.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/text/word_vectors.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/metrics_file.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/classifier/run_identity.h"
#include "unroll/tools/classifier/streamed_texts.h"
#include "unroll/tools/classifier/text_cache.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/classifier/training_settings.h"
#include "unroll/tools/classifier/version.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/event_file.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/memory_left.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/ranks.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/settings.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/signals.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/training_flags.h"

namespace unroll {

namespace {

struct Flags {
  std::string train;
  std::string dev;
  std::string out;
  std::string init;
  RunFolderOptions run;
  bool quiet = false;
  bool json = false;
  bool gradflow = false;
  double max_minutes = 0;          // 0: no limit
  std::size_t until_step = 0;      // 0: no limit
  std::string tensorboard;         // folder; empty: none
  std::string preset = "default";  // its flags are in the options
  std::string settings;            // all settings, as config.toml keeps them
  ReadOptions columns;
  TrainClassifierOptions options;
  bool stream = false;
  std::string cache;  // folder; "": next to out
};

// -------------------------------------------------------------------------------------------------------------
// flags

void add_data_flags(CLI::App& command, Flags& flags) {
  command
      .add_option("--train", flags.train,
                  "Labelled texts: TSV, CSV, JSON lines or __label__ lines; - is stdin")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--dev", flags.dev,
                  "Texts that choose the best epoch (default: a tenth of --train, held back)")
      ->type_name("FILE");
  command.add_option("--out", flags.out, "Folder of the model")->type_name("DIR")->required();
  command.add_flag("--overwrite", flags.run.overwrite, "Replace the model that --out holds");
  command
      .add_option("--checkpoint-minutes", flags.run.checkpoint_minutes,
                  "Minutes between checkpoints, from which the same command goes on after a run\n"
                  "was ended; 0: no checkpoints")
      ->check(real_number(0.0, 1e6))
      ->capture_default_str();
  command
      .add_option("--init", flags.init,
                  "Begin with the network of this model: its vocabulary and labels grow by what\n"
                  "is new")
      ->type_name("DIR");
}

void add_streaming_flags(CLI::App& command, Flags& flags) {
  command.add_flag(
      "--stream", flags.stream,
      "Hold no texts in memory: read --train twice, and put the ids into a cache. That\n"
      "is done in any case where the texts do not fit into --max-memory");
  command
      .add_option("--cache", flags.cache,
                  "Folder of the cache, which later runs on the same texts use\n"
                  "(default: unroll-cache next to --out)")
      ->type_name("DIR");
}

void add_training_column_flags(CLI::App& command, ReadOptions& columns) {
  add_column_flags(command, columns);
  command.add_option("--weight-col", columns.weight_column,
                     "Column of the rows' weights, by name or number: how much each row counts\n"
                     "(default: all alike)");
}

Metric metric_of(const std::string& name) {
  if (auto metric = metric_from(name)) return *std::move(metric);
  throw UsageError(fmt::format(
      "--metric {} is none of accuracy, micro-f1, macro-f1, f1:LABEL and loss", in_quotes(name)));
}

/// The number behind the last = of "label=2"; 0 if it is none that is finite and above 0.
double class_weight_in(std::string_view item) {
  const std::string_view digits = item.substr(std::min(item.rfind('='), item.size() - 1) + 1);
  const char* const end = digits.data() + digits.size();
  double weight = 0;
  const auto [parsed, error] = std::from_chars(digits.data(), end, weight);
  const bool is_weight = error == std::errc() && parsed == end && std::isfinite(weight);
  return is_weight && weight > 0 ? weight : 0;
}

/// Takes the first item off "label=2,other=0.5". A label may hold commas, and =: an item ends at a
/// comma behind a weight.
std::string_view take_class_weight(std::string_view& items) {
  std::size_t end = std::min(items.find(','), items.size());
  while (end < items.size() && class_weight_in(items.substr(0, end)) == 0) {
    end = std::min(items.find(',', end + 1), items.size());
  }
  const std::string_view item = items.substr(0, end);
  items.remove_prefix(std::min(end + 1, items.size()));
  return item;
}

std::map<std::string, double> weights_by_label(std::string_view items) {
  std::map<std::string, double> weights;
  do {
    const std::string_view item = take_class_weight(items);
    const double weight = item.empty() ? 0 : class_weight_in(item);
    const std::string_view label = trim(item.substr(0, item.rfind('=')));
    if (weight == 0 || label.empty()) {
      throw UsageError(fmt::format(
          "--class-weight: {} is not none, balanced or label=weight with a weight above 0, such as "
          "spam=5,ham=1",
          in_quotes(item)));
    }
    if (!weights.emplace(label, weight).second)
      throw UsageError(fmt::format("--class-weight names {} twice", in_quotes(label)));
  } while (!items.empty());
  return weights;
}

ClassWeights class_weights_of(const std::string& text) {
  if (text == "none") return {};
  if (text == "balanced") return {.balanced = true};
  return {.balanced = false, .of_label = weights_by_label(text)};
}

/// What counts, in the loss and between epochs.
void add_importance_flags(CLI::App& command, TrainClassifierOptions& options) {
  command
      .add_option_function<std::string>(
          "--metric", [&options](const std::string& name) { options.metric = metric_of(name); },
          "What the dev texts choose the epoch by: accuracy, micro-f1, macro-f1,\n"
          "f1:LABEL, loss. Accuracy and loss hardly see a label that one text in a\n"
          "hundred has (default: loss; accuracy with --no-ngrams; micro-f1 where texts have\n"
          "any number of labels)")
      ->type_name("accuracy|micro-f1|macro-f1|f1:LABEL|loss");
  command
      .add_option_function<std::string>(
          "--class-weight",
          [&options](const std::string& text) { options.class_weights = class_weights_of(text); },
          "How much the texts of a label count: none (all alike), balanced (all labels\n"
          "weigh the same together), or label=weight,label2=weight2 (others have 1)")
      ->type_name("none|balanced|LABEL=WEIGHT,...")
      ->default_str("none");
}

/// More than a cluster has computers.
constexpr std::size_t kMostShards = 1024;

/// The value of --cell without a network.
constexpr const char* kNoCell = "none";

void add_model_flags(CLI::App& command, TrainClassifierOptions& options) {
  SequenceClassifierConfig& model = options.model;
  std::vector<std::string> cells;
  for (const Cell cell : kAllCells) cells.emplace_back(to_string(cell));
  cells.emplace_back(kNoCell);
  command
      .add_option_function<std::string>(
          "--cell",
          [&options](const std::string& name) {
            options.network = name != kNoCell;
            if (options.network) options.model.cell = *from_name<Cell>(name);
          },
          "Recurrent cell; none: no network, the linear model of n-grams alone")
      ->check(CLI::IsMember(cells))
      ->default_str(std::string(to_string(model.cell)));
  command.add_flag("!--no-ngrams", options.ngrams,
                   "Leave out the linear model of n-grams: the recurrent network alone");
  add_choice(command, "--activation", model.activation, "φ of the RNN");
  add_reset_flag(command, model.gru_reset);
  command.add_option("--hidden", model.hidden, "Hidden size of each direction")
      ->check(whole_number(1, 8192))
      ->capture_default_str();
  command.add_option("--layers", model.layers, "Recurrent layers")
      ->check(whole_number(1, 16))
      ->capture_default_str();
  command
      .add_flag("--bidirectional,!--unidirectional", model.bidirectional,
                "Read texts in both directions (default), or forward only")
      ->default_str("true");
  command
      .add_option_function<std::string>(
          "--pool", [&model](const std::string& name) { model.pool = from_name<Pool>(name); },
          "How the states of all steps become one vector")
      ->check(CLI::IsMember({"max", "mean", "last"}))
      ->default_str(std::string(to_string(*model.pool)));
  command.add_option("--embedding", model.embedding, "Size of word vectors")
      ->check(whole_number(1, 8192))
      ->capture_default_str();
  CLI::Option* vectors =
      command
          .add_option("--vectors", options.vectors,
                      "Word vectors to start from: GloVe, word2vec (text or binary) or\n"
                      "fastText (.vec or .bin), gzip or not")
          ->type_name("FILE");
  command
      .add_option("--keep-vectors", options.keep_vectors,
                  "Let so many of the first, most frequent words of --vectors join the\n"
                  "vocabulary, so that texts may use words that training has not seen.\n"
                  "--freeze-embedding keeps their vectors comparable with the others")
      ->needs(vectors)
      ->check(whole_number(0, 10000000))
      ->capture_default_str();
  command.add_flag("--freeze-embedding", options.freeze_embedding, "Do not train the word vectors");
  command
      .add_option("--dropout", model.dropout,
                  "Share of values that dropout sets to 0; each different word of a batch has\n"
                  "one mask")
      ->check(real_number(0.0, 0.95))
      ->capture_default_str();
  add_choice(command, "--recurrent-init", model.init, "Initial recurrent weights");
  command.add_option("--forget-bias", model.forget_bias, "Initial bias of the LSTM's forget gate")
      ->check(real_number(-100.0, 100.0))
      ->capture_default_str();
}

void add_optimization_flags(CLI::App& command, TrainClassifierOptions& options) {
  add_choice(command, "--optimizer", options.optimizer.kind,
             "Optimizer. lazy-adam moves a word's vector only at steps whose texts contain\n"
             "the word: that is faster with many words, but it is not the same as adam");
  command.add_option("--lr", options.learning_rate, "Learning rate")
      ->check(real_number(1e-8, 1e9))
      ->capture_default_str();
  add_precision_flag(command, options.precision);
  add_choice(command, "--schedule", options.decay, "How the learning rate falls");
  command
      .add_option("--warmup", options.warmup_steps,
                  "Steps over which the learning rate first rises")
      ->check(whole_number(0, 10000000))
      ->capture_default_str();
  command.add_option("--momentum", options.optimizer.momentum, "Momentum of SGD")
      ->check(real_number(0.0, 0.9999))
      ->capture_default_str();
  command.add_flag("--nesterov", options.optimizer.nesterov, "Use Nesterov's form of momentum");
  command.add_option("--weight-decay", options.optimizer.weight_decay, "Weight decay")
      ->check(real_number(0.0, 10.0))
      ->capture_default_str();
  command
      .add_option("--clip-norm", options.clip_norm,
                  "Largest norm of all gradients together; 0 is off")
      ->check(real_number(0.0, 1e9))
      ->capture_default_str();
  command.add_option("--clip-value", options.clip_value, "Largest single gradient value; 0 is off")
      ->check(real_number(0.0, 1e9))
      ->capture_default_str();
  command
      .add_option("--average", options.averaging,
                  "Decay of the moving average of the weights, which becomes the model; 0 is off")
      ->check(real_number(0.0, 0.99999))
      ->capture_default_str();
  command
      .add_option("--word-dropout", options.word_dropout,
                  "Share of words read as unknown while training")
      ->check(real_number(0.0, 0.95))
      ->capture_default_str();
  command.add_option("--batch", options.batch, "Texts per step")
      ->check(whole_number(1, 65536))
      ->capture_default_str();
  command
      .add_option("--shards", options.shards,
                  "Cut each batch into so many parts whose gradients are computed apart and then\n"
                  "added, as so many processes do that mpirun starts; the model is theirs, bit by\n"
                  "bit (default: 1, or the number of processes)")
      ->check(whole_number(1, kMostShards));
  command
      .add_option_function<std::string>(
          "--max-memory",
          [&options](const std::string& size) { options.max_memory = bytes_of_size(size); },
          "The most memory that the process may hold, such as 200M or 1.5G. Large batches\n"
          "are then computed in parts, with the same result. `unroll inspect --memory`\n"
          "shows the plan")
      ->check(memory_size());
  command
      .add_option(
          "--epochs", options.epochs,
          fmt::format(
              "Passes over the data (default: {}, more for small data, until {} steps are done)",
              TrainClassifierOptions::kDefaultEpochs, TrainClassifierOptions::kDefaultSteps))
      ->check(whole_number(1, 100000));
  command
      .add_option("--early-stop", options.early_stop,
                  "End after this many epochs without a better dev accuracy; 0 is off\n"
                  "(default: a third of the epochs, at least 3)")
      ->check(whole_number(0, 100000));
  add_seed_flag(command, options.seed, "Seed of everything random");
}

/// What is the model's that the run starts from can't be chosen.
void refuse_flags_of_start(const CLI::App& command, const TrainClassifierOptions& options) {
  constexpr std::array kFlags{
      "--cell",      "--activation",    "--gru-reset",       "--hidden",    "--layers",
      "--pool",      "--bidirectional", "--unidirectional",  "--embedding", "--dropout",
      "--vectors",   "--forget-bias",   "--recurrent-init",  "--tokenizer", "--dictionary",
      "--subwords",  "--no-fold",       "--user-dictionary", "--language",  "--stopwords",
      "--max-tokens"};
  for (const char* flag : kFlags) {
    refuse_flag(command, flag, options.start != nullptr,
                "is the model's that --init names: leave it out");
  }
}

void refuse_contradictions(const CLI::App& command, const TrainClassifierOptions& options) {
  refuse_flags_of_start(command, options);
  if (options.network) refuse_flags_of_other_cell(command, options.model.cell);
  refuse_flag(command, "--no-ngrams", !options.network,
              "leaves nothing to train with --cell none: leave one of them out");
  if (has_lab()) {
    refuse_flag(command, "--gradflow", !options.network,
                "measures a recurrent network: leave it out, or --cell none");
  }
  constexpr std::string_view kOfJieba = "is jieba's: leave it out, or give --tokenizer jieba";
  refuse_flag(command, "--dictionary", options.tokenizer != TokenizerKind::kJieba, kOfJieba);
  refuse_flag(command, "--user-dictionary", options.tokenizer != TokenizerKind::kJieba, kOfJieba);
  refuse_flag(command, "--subwords", options.tokenizer != TokenizerKind::kSubword,
              "is of subwords: leave it out, or give --tokenizer subword");
  refuse_flag(command, "--language", !options.fold, "says how to fold: leave out one of both");
  const bool is_sgd = options.optimizer.kind == OptimizerKind::kSgd;
  constexpr std::string_view kOfSgd = "is SGD's: leave it out, or give --optimizer sgd";
  refuse_flag(command, "--momentum", !is_sgd, kOfSgd);
  refuse_flag(command, "--nesterov", !is_sgd, kOfSgd);
}

/// Without a network its flags change nothing; one warning names them all.
void warn_of_network_flags(const CLI::App& command, Terminal& terminal) {
  std::vector<std::string_view> idle;
  for (const char* flag : network_flags()) {
    if (command.count(flag) > 0) idle.emplace_back(flag);
  }
  if (idle.empty()) return;
  terminal.warning(fmt::format("{} {} no effect with --cell none: there is no network",
                               fmt::join(idle, ", "), idle.size() == 1 ? "has" : "have"));
}

/// Flags that change nothing in this run.
void warn_of_idle_flags(const CLI::App& command, const TrainClassifierOptions& options,
                        Terminal& terminal) {
  if (!options.network) {
    warn_of_network_flags(command, terminal);
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

/// Warns of flags whose effect depends on how long the run is.
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

// ----------------------------------------------------------------------------------------------------------
// progress

/// How much of the vocabulary a file of word vectors covers, and what was odd about the file.
void tell_of_vectors(const VectorCoverage& vectors, Terminal& terminal) {
  const std::string found =
      fmt::format("{} of {} words have a vector in the file ({:.1f} % of the texts' tokens)",
                  vectors.found, vectors.words, 100 * vectors.token_share);
  if (vectors.found == 0) {
    terminal.warning(found + ": is it of this language, and are its words cut as the texts are?");
  } else {
    terminal.note("        " + found);
  }
  if (vectors.from_subwords > 0) {
    terminal.note(fmt::format("        {} of them by fastText's subwords", vectors.from_subwords));
  }
  if (vectors.kept > 0) {
    terminal.note(fmt::format("        {} more words of the file are kept", vectors.kept));
  }
  if (vectors.nameless > 0) {
    terminal.note(fmt::format("        {} of the file's {} rows have no word and were skipped",
                              vectors.nameless, vectors.rows));
  }
  if (vectors.rows < vectors.promised) {
    terminal.note(fmt::format("        the file's header promises {} rows, it has {}",
                              vectors.promised, vectors.rows));
  }
  if (vectors.broken > 0) {
    terminal.warning(fmt::format("{} of the file's {} vectors can't be read and were skipped; {}",
                                 vectors.broken, vectors.rows, vectors.first_broken));
  }
}

/// "85.83 %", of a metric that is a share.
std::string share_text(const DevScore& dev) {
  return fmt::format("{:.2f} %", 100 * dev.metric);
}

bool hardly_sees_rare_labels(const Metric& metric) {
  return metric.kind == Metric::Kind::kAccuracy || metric.kind == Metric::Kind::kLoss;
}

/// Shows how training goes.
class Progress {
 public:
  explicit Progress(Terminal& terminal) : terminal_(terminal) {}

  void plan(const TrainingPlan& plan, const TextClassifier& classifier) {
    plan_ = plan;
    terminal_.note(fmt::format(
        "data    {} rows to train on, {} {}; {} labels{}; {} tokens an epoch", plan.train_rows,
        plan.dev_rows, plan.dev_held_back ? "of them held back" : "for dev",
        classifier.labels().size(),
        classifier.has_any_number_of_labels() ? ", any number of them a text" : "",
        count_text(static_cast<double>(plan.train_tokens))));
    note_on_rarest(plan);
    notes_on_texts(plan, classifier);
    if (classifier.has_network()) terminal_.note(describe_model(classifier));
    if (plan.ngrams > 0) {
      terminal_.note(fmt::format(
          "ngrams  {} of two texts or more{}", count_text(static_cast<double>(plan.ngrams)),
          plan.ngram_rows == plan.train_rows
              ? ""
              : fmt::format(", in {} rows drawn from all",
                            count_text(static_cast<double>(plan.ngram_rows)))));
    }
    terminal_.note(memory_text(*plan.memory, classifier));
    begun_ = Clock::now();
    if (!classifier.has_network()) return;
    terminal_.note(fmt::format(
        "plan    {} epochs of {} steps{}", plan.epochs, plan.steps_per_epoch,
        plan.early_stop == 0 ? ""
                             : fmt::format(", fewer if {} bring nothing better", plan.early_stop)));
    epoch_begun_ = begun_;
  }

  /// The run was interrupted, and goes on from a checkpoint.
  void resume(const RunFolder::Position& position) {
    steps_before_ = position.epoch * plan_.steps_per_epoch + position.step;
    for (const double score : position.scores) best_shown_ = std::max(best_shown_, score);
    terminal_.note(fmt::format("resume  from {}, step {} of {}, of {}", epoch_text(position.epoch),
                               position.step, plan_.steps_per_epoch, RunFolder::kFileName));
  }

  void ngrams(const NgramReport& report) {
    terminal_.note(fmt::format("linear  C {}{}  {:.1f} s  {}", fmt::join(report.C, " and "),
                               report.words_alone ? " of words" : "", report.seconds,
                               dev_text(report.score)));
    epoch_begun_ = Clock::now();
  }

  void step(const StepReport& report, std::size_t tokens) {
    last_ = report;
    epoch_tokens_ += tokens;
    ++steps_done_;
    terminal_.progress(fmt::format("{}  {:3.0f} %  {}  ETA {}", epoch_text(report.epoch),
                                   percent(report), figures(report.loss), duration_text(eta())));
  }

  /// An epoch that is kept because its loss is lower is not called the best: the figure that is
  /// shown is no better.
  void epoch(const EpochReport& report, const DevScore& dev) {
    const bool is_best = report.score.value > best_shown_;
    best_shown_ = std::max(best_shown_, report.score.value);
    terminal_.note(fmt::format("{}  {}  {}{}", epoch_text(report.epoch), figures(report.mean_loss),
                               dev_text(dev), is_best ? terminal_.highlight("  best") : ""));
    epoch_tokens_ = 0;
    epoch_begun_ = Clock::now();
  }

  double seconds() const { return since(begun_); }

 private:
  using Clock = std::chrono::steady_clock;

  std::string dev_text(const DevScore& dev) const {
    switch (plan_.metric.kind) {
      case Metric::Kind::kAccuracy:
        return "dev " + share_text(dev);
      case Metric::Kind::kLoss:
        return fmt::format("dev {:.2f} % (loss {:.4f})", 100 * dev.accuracy, dev.loss);
      case Metric::Kind::kMicroF1:
      case Metric::Kind::kMacroF1:
      case Metric::Kind::kLabelF1:
        break;
    }
    return fmt::format("dev {} {}", to_string(plan_.metric), share_text(dev));
  }
  static double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
  std::string epoch_text(std::size_t epoch) const {
    const std::string total = std::to_string(plan_.epochs);
    return fmt::format("epoch {:>{}}/{}", epoch + 1, total.size(), total);
  }
  static double percent(const StepReport& report) {
    return 100 * static_cast<double>(report.step + 1) / static_cast<double>(report.steps);
  }
  std::string figures(double loss) const {
    const double speed = static_cast<double>(epoch_tokens_) / std::max(since(epoch_begun_), 1e-3);
    return fmt::format("{:>6} tok/s  loss {:.4f}  |g| {:.2f}  lr {:.1e}", count_text(speed), loss,
                       last_.gradient_norm, last_.learning_rate);
  }
  double eta() const {
    const auto all = static_cast<double>(plan_.epochs * plan_.steps_per_epoch);
    const auto done = static_cast<double>(steps_done_);
    return since(begun_) / done * (all - done - static_cast<double>(steps_before_));
  }

  /// A label that one text in fifty has changes accuracy by less than other labels' noise.
  void note_on_rarest(const TrainingPlan& plan) {
    constexpr double kRare = 0.02;
    const double share =
        static_cast<double>(plan.rarest_rows) / static_cast<double>(plan.train_rows);
    terminal_.note(fmt::format(
        "        the rarest label is {}: {} rows of {} ({:.2g} %), and {} for dev{}",
        in_quotes(plan.rarest_label), plan.rarest_rows, plan.train_rows, 100 * share,
        plan.rarest_dev_rows,
        share < kRare && hardly_sees_rare_labels(plan.metric)
            ? fmt::format("; {} hardly sees it (--metric macro-f1)", to_string(plan.metric))
            : ""));
  }

  void notes_on_texts(const TrainingPlan& plan, const TextClassifier& classifier) {
    const EncoderSettings& text = classifier.encoder().settings();
    terminal_.note(fmt::format("text    tokenizer {}, {} stop words, vocabulary {}",
                               to_string(plan.tokenizer.kind), text.stop_words.words().size(),
                               plan.vocabulary));
    note_on_tokenizer(plan);
    if (plan.cut_texts > 0) {
      terminal_.note(
          fmt::format("        {} texts are longer than {} tokens; the network reads no more "
                      "(--max-tokens)",
                      plan.cut_texts, text.max_tokens));
    }
    if (plan.empty_texts > 0) {
      terminal_.note(fmt::format("        {} texts have no tokens: each is one unknown word",
                                 plan.empty_texts));
    }
    if (plan.vectors) tell_of_vectors(*plan.vectors, terminal_);
    if (plan.unknown_dev_labels > 0) {
      terminal_.warning(
          fmt::format("{} dev rows have a label that no training row has; they count as wrong",
                      plan.unknown_dev_labels));
    }
  }

  /// Why this tokenizer, where that is no matter of course.
  void note_on_tokenizer(const TrainingPlan& plan) {
    const TokenizerReason reason = plan.tokenizer.reason;
    const std::string share = fmt::format("{:.0f} % of the dev texts' ", 100 * plan.unknown_share);
    if (reason == TokenizerReason::kUnspacedCut) {
      terminal_.note(
          "        the words have spaces between them already (--tokenizer icu cuts anew)");
    } else if (reason == TokenizerReason::kMostlyUnknown) {
      terminal_.note(
          "        as words, " + share +
          "tokens would be unknown: so characters are tokens (--tokenizer, --min-count)");
    } else if (plan.unknown_share > 0.5) {
      terminal_.warning(share +
                        "tokens are unknown to the training texts; --tokenizer char or subword, or "
                        "a smaller --min-count, would know more");
    }
  }

  static std::string memory_text(const TrainingMemory& memory, const TextClassifier& classifier) {
    if (!classifier.has_network()) {
      return fmt::format("memory  {} to read the texts and solve", mib_text(memory.reading_bytes));
    }
    const std::string parts =
        memory.most_tokens == 0 ? ""
                                : fmt::format(", in parts of {} tokens to stay within --max-memory",
                                              memory.most_tokens);
    return fmt::format("memory  {} to read the texts, {} to train; batches of up to {} tokens{}",
                       mib_text(memory.reading_bytes),
                       mib_text(count_memory(classifier, memory).total()), memory.batch.tokens,
                       parts);
  }

  std::string describe_model(const TextClassifier& classifier) const {
    const SequenceClassifierConfig& model = classifier.model().config();
    const std::string cell = title({model.cell, model.activation, model.gru_reset});
    return fmt::format("model   embedding {}, {}{}{} {}, {} pool, {} parameters", model.embedding,
                       model.layers > 1 ? fmt::format("{} × ", model.layers) : "",
                       model.bidirectional ? "bidirectional " : "", cell, model.hidden,
                       to_string(*model.pool), count_text(static_cast<double>(plan_.parameters)));
  }

  Terminal& terminal_;
  TrainingPlan plan_;
  StepReport last_;
  double best_shown_ = -std::numeric_limits<double>::infinity();
  std::size_t epoch_tokens_ = 0;
  std::size_t steps_done_ = 0;    // by this process
  std::size_t steps_before_ = 0;  // by those that were interrupted
  Clock::time_point begun_ = Clock::now();
  Clock::time_point epoch_begun_ = begun_;
};

// --------------------------------------------------------------------------------------------------------------
// main

/// What the program says on stderr, in the folder of the run.
constexpr const char* kLogName = "log.txt";

/// --max-minutes, from now on.
class TimeLimit {
 public:
  explicit TimeLimit(double minutes) : minutes_(minutes) {}
  bool is_over() {
    was_reached_ = was_reached_ || (minutes_.count() > 0 && Clock::now() - begun_ >= minutes_);
    return was_reached_;
  }
  bool was_reached() const { return was_reached_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::duration<double, std::ratio<60>> minutes_;
  Clock::time_point begun_ = Clock::now();
  bool was_reached_ = false;
};

/// --until-step: where to stop, and the steps before, to look at. Steps count from 1 over all
/// epochs.
class StepLimit {
 public:
  explicit StepLimit(std::size_t steps) : steps_(steps) {}

  void begin(std::size_t done) { done_ = done; }
  void step(const StepReport& report) {
    if (steps_ == 0) return;
    done_ = number_of(report);
    last_.push_back(report);
    if (last_.size() > kShown) last_.pop_front();
  }
  bool is_reached() const { return steps_ > 0 && done_ >= steps_; }

  /// A line a step, for people.
  std::string last_steps() const {
    std::string text;
    for (const StepReport& step : last_) {
      text += fmt::format("step {:>6}  epoch {:>3}  loss {:.6g}  |g| {:.6g}  lr {:.3g}\n",
                          number_of(step), step.epoch + 1, step.loss, step.gradient_norm,
                          step.learning_rate);
    }
    return text;
  }

 private:
  static constexpr std::size_t kShown = 10;
  static std::size_t number_of(const StepReport& report) {
    return report.epoch * report.steps + report.step + 1;
  }

  std::size_t steps_;
  std::size_t done_ = 0;
  std::deque<StepReport> last_;
};

/// The curves of --tensorboard, where they are wanted. Steps count from 1 over all epochs.
class Curves {
 public:
  explicit Curves(const std::string& folder) {
    if (!folder.empty()) file_.emplace(folder);
  }

  void step(const StepReport& report) {
    if (!file_) return;
    steps_ = report.epoch * report.steps + report.step + 1;
    file_->add(steps_, std::array<NamedNumber, 3>{{{"loss/step", report.loss},
                                                   {"gradient_norm", report.gradient_norm},
                                                   {"learning_rate", report.learning_rate}}});
  }
  void epoch(const EpochReport& report, const DevScore& dev) {
    if (!file_) return;
    file_->add(steps_, std::array<NamedNumber, 4>{{{"loss/train", report.mean_loss},
                                                   {"loss/dev", dev.loss},
                                                   {"dev/accuracy", dev.accuracy},
                                                   {"dev/metric", dev.metric}}});
  }

 private:
  std::optional<EventFile> file_;
  std::size_t steps_ = 0;
};

bool has_model(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / TextClassifier::kFileName);
}

void set_notes(TextClassifier& classifier, const Flags& flags, const TrainingMemory& memory,
               const Metric& metric, std::optional<std::size_t> epoch, const DevScore& dev) {
  std::map<std::string, std::string> notes{
      {"program", fmt::format("unroll {}", kVersion)},
      {"train", flags.train},
      {"dev", flags.dev.empty() ? "a part held back" : flags.dev},
      {"seed", std::to_string(flags.options.seed)},
      {"precision", std::string(to_string(flags.options.precision))},
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

/// A model and the settings that repeat its training.
void save_run(const TextClassifier& classifier, const Flags& flags) {
  classifier.save(flags.out);
  write_file(std::filesystem::path(flags.out) / kSettingsFile, flags.settings);
}

std::string_view ending(const TrainedClassifier& trained, const TimeLimit& limit) {
  if (!trained.classifier.has_network()) return "solved";
  const TrainingEnd end = trained.training.end;
  return end == TrainingEnd::kStopped && limit.was_reached() ? "time is over" : to_string(end);
}

/// "accuracy 85.83 %", behind the figure that chose, where that is another one.
std::string result_text(const DevScore& dev, const Metric& metric) {
  const std::string accuracy = fmt::format("accuracy {:.2f} %", 100 * dev.accuracy);
  if (metric.kind == Metric::Kind::kAccuracy) return accuracy;
  if (metric.kind == Metric::Kind::kLoss) return fmt::format("{}, loss {:.4f}", accuracy, dev.loss);
  return fmt::format("{} {}, {}", to_string(metric), share_text(dev), accuracy);
}

/// Where the time of a step went, in milliseconds, and what a rank sent.
struct StepTimes {
  explicit StepTimes(const ShardTimes& times)
      : compute(1000 * times.compute / static_cast<double>(times.steps)),
        exchange(1000 * times.exchange / static_cast<double>(times.steps)),
        wait(1000 * times.wait / static_cast<double>(times.steps)),
        bytes(static_cast<double>(times.bytes) / static_cast<double>(times.steps)) {}
  double compute, exchange, wait, bytes;
};

/// Nulls where batches were whole.
nlohmann::ordered_json shards_json(const Flags& flags, const ShardTimes* times) {
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

void print_result(const Flags& flags, const TrainedClassifier& trained, std::string_view why,
                  double seconds) {
  const TrainingResult& training = trained.training;
  const auto file = std::filesystem::path(flags.out) / TextClassifier::kFileName;
  const bool has_epoch = !training.epochs.empty();
  if (flags.json) {
    nlohmann::ordered_json ngrams_accuracy;  // null without n-grams
    if (trained.ngrams) ngrams_accuracy = trained.ngrams->score.accuracy;
    nlohmann::ordered_json json = {{"model", file.string()},
                                   {"end", why},
                                   {"epochs", training.epochs.size()},
                                   {"best_epoch", has_epoch ? training.best_epoch + 1 : 0},
                                   {"dev_accuracy", trained.dev.accuracy},
                                   {"metric", to_string(trained.plan.metric)},
                                   {"dev_metric", trained.dev.metric},
                                   {"ngrams", trained.plan.ngrams},
                                   {"ngrams_dev_accuracy", ngrams_accuracy},
                                   {"most_tokens", trained.plan.memory->most_tokens},
                                   {"hash", trained.classifier.hash()},
                                   {"peak_memory", peak_resident_bytes()},
                                   {"seconds", seconds}};
    json.update(shards_json(flags, trained.shard_times.get()));
    print("{}\n", with_version(json.dump()));
    return;
  }
  if (has_epoch) {
    print("best epoch {} of {} ({}): dev {}\n", training.best_epoch + 1, training.epochs.size(),
          why, result_text(trained.dev, trained.plan.metric));
  } else {
    print("linear model alone ({}): dev {}\n", why, result_text(trained.dev, trained.plan.metric));
  }
  print("model {} ({:.1f} MB), trained in {}\n", file.string(),
        static_cast<double>(std::filesystem::file_size(file)) / 1e6, duration_text(seconds));
  print("hash  {}\n", trained.classifier.hash());
}

/// What to do about a loss that is not finite.
std::string advice_on_divergence(const Flags& flags, const StepReport& failed) {
  if (failed.epoch > 0 || failed.step > 0) return "try a smaller --lr";
  return fmt::format(
      "--lr is not the cause, since no step was done before: the run begins with numbers that are "
      "too large{}",
      flags.options.vectors.empty() ? "" : fmt::format(" (those of {}?)", flags.options.vectors));
}

Error diverged(const Flags& flags, const TrainedClassifier& trained, bool linear_is_saved) {
  const TrainingResult& training = trained.training;
  const StepReport& failed = training.failed;
  const std::string kept =
      training.epochs.empty()
          ? (linear_is_saved ? "the linear model of n-grams was kept" : "no model was written")
          : fmt::format("epoch {}, the best before that, was kept", training.best_epoch + 1);
  return Error(ErrorKind::kDiverged,
               fmt::format("training diverged in step {} of epoch {} (--lr {}): {}; {}; {}",
                           failed.step + 1, failed.epoch + 1, flags.options.learning_rate,
                           trained.divergence, kept, advice_on_divergence(flags, failed)));
}

/// What a run leaves that was interrupted, or whose time is over.
void tell_of_stop(const Flags& flags, bool has_model, std::string_view why, Terminal& terminal) {
  const std::string_view next =
      flags.run.checkpoint_minutes > 0 ? "; the same command goes on from here" : "";
  if (has_model) return terminal.note(fmt::format("{}{}", why, next));
  terminal.warning(
      fmt::format("{} before the first epoch was done: no new model was written{}", why, next));
}

/// The model of a run that went on may have been written by the process before, or have been taken
/// away since.
void save_again(const Flags& flags, TrainedClassifier& trained) {
  const TrainingResult& training = trained.training;
  if (training.epochs.empty() && trained.classifier.has_network()) return;
  set_notes(trained.classifier, flags, *trained.plan.memory, trained.plan.metric,
            training.epochs.empty() ? std::nullopt : std::optional(training.best_epoch),
            trained.dev);
  save_run(trained.classifier, flags);
}

/// The page about the run so far. A run does not fail for want of it.
void write_page(const Flags& flags, const TextClassifier& classifier, Terminal& terminal) {
  try {
    const ReportedRun run = run_of_folder(flags.out, &classifier);
    write_file(std::filesystem::path(flags.out) / kReportFile, run_report({&run, 1}));
  } catch (const Error& error) {
    terminal.warning(fmt::format("no {}: {}", kReportFile, error.what()));
  }
}

/// Says how training ended, and `why`. `linear_is_saved`: a model that has no epoch yet. `is_read`:
/// whether somebody waits for the result.
void finish(const Flags& flags, const TrainedClassifier& trained, bool linear_is_saved,
            std::string_view why, bool is_read, Terminal& terminal, double seconds) {
  const TrainingResult& training = trained.training;
  const bool has_model = !training.epochs.empty() || linear_is_saved;
  if (has_model && is_read) print_result(flags, trained, why, seconds);
  if (training.end == TrainingEnd::kDiverged) throw diverged(flags, trained, linear_is_saved);
  if (training.end == TrainingEnd::kStopped) {
    tell_of_stop(flags, has_model, why, terminal);
  }
}

/// The text of a file as it is read, whole; of a packed one, its records tell.
std::size_t content_bytes(const std::string& path, std::span<const Record> records) {
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += record.text.size() + record.label.size() + 2;
  std::error_code unknown;
  const auto on_disk = std::filesystem::file_size(path, unknown);
  return unknown ? bytes : std::max<std::size_t>(bytes, on_disk);
}

/// The process at its largest while files are read: one of them, and all records.
std::size_t reading_bytes(const Flags& flags, std::span<const Record> train,
                          std::span<const Record> dev) {
  const std::size_t train_bytes = bytes_of(train), dev_bytes = bytes_of(dev);
  const std::size_t first = content_bytes(flags.train, train) + train_bytes;
  const std::size_t second =
      dev.empty() ? 0 : train_bytes + content_bytes(flags.dev, dev) + dev_bytes;
  return kProgramBytes + std::max(first, second);
}

/// --embedding may say what the file of --vectors says, and nothing else.
void refuse_other_embedding(const CLI::App& command, const Flags& flags, std::size_t dimension) {
  const std::size_t given = flags.options.model.embedding;
  if (command.count("--embedding") == 0 || given == dimension) return;
  throw UsageError(fmt::format(
      "--embedding {} disagrees with {}, whose vectors have {} values; leave --embedding out",
      given, flags.options.vectors, dimension));
}

/// What a file of word vectors says at its beginning, before any work. A pipe can't be read twice.
void try_vectors(const CLI::App& command, const Flags& flags) {
  const std::string& path = flags.options.vectors;
  std::error_code ignored;
  const bool is_pipe = path == "-" || (std::filesystem::exists(path, ignored) &&
                                       !std::filesystem::is_regular_file(path, ignored));
  if (path.empty() || is_pipe) return;
  refuse_other_embedding(command, flags, WordVectorFile(path).dimension());
}

/// A file that alone is more than the limit is refused. A small one is read whatever the limit is:
/// then the error can say what training needs, too.
ReadOptions read_options(const Flags& flags) {
  constexpr std::size_t kReadAnyway = std::size_t{128} << 20;
  ReadOptions options = flags.columns;
  const std::size_t limit = flags.options.max_memory;
  if (limit > 0) options.most_bytes = std::max(limit, kReadAnyway);
  return options;
}

std::vector<const char*> files_of(const Flags& flags) {
  std::vector<const char*> files{TextClassifier::kFileName.data(), RunFolder::kFileName.data(),
                                 kSettingsFile};
  if (flags.gradflow) files.insert(files.end(), {kFlowTable, kFlowPage});
  return files;
}

/// Values, optimizer, average and best epoch: what a checkpoint holds.
void try_checkpoint(const Flags& flags, const TrainingPlan& plan,
                    const TextClassifier& classifier) {
  const MemoryPlan memory = count_memory(classifier, *plan.memory);
  std::size_t bytes = 0;
  for (const char* part : {"parameters", "optimizer", "average", "best epoch"})
    bytes += memory.bytes(part);
  try {
    try_file(std::filesystem::path(flags.out) / RunFolder::kFileName, bytes);
  } catch (const DiskError& error) {
    throw mended_by({"checkpoint_minutes=0"}, error);
  }
}

/// What a run needs that is known before its first step.
void refuse_hopeless(const Flags& flags, const TrainingPlan& plan,
                     const TextClassifier& classifier) {
  refuse_more_memory_than_left(count_memory(classifier, *plan.memory));
  const auto model = std::filesystem::path(flags.out) / TextClassifier::kFileName;
  try_file(model, classifier.least_file_bytes());
  if (flags.run.checkpoint_minutes > 0 && classifier.has_network())
    try_checkpoint(flags, plan, classifier);
}

/// A few texts with several labels among many may be slips, and they decide what the model is.
void tell_of_label_sets(std::size_t several, std::size_t none, std::size_t first, std::size_t rows,
                        const std::string& file, Terminal& terminal) {
  constexpr double kFew = 0.01;
  if (several + none == 0) return;
  const std::string text = fmt::format(
      "{}:{}: {} of {} rows have several labels, {} have none; this is the first. The model "
      "answers "
      "any number of labels",
      file, first, several, rows, none);
  const bool is_dubious = static_cast<double>(several + none) < kFew * static_cast<double>(rows);
  is_dubious ? terminal.warning(text) : terminal.note(text);
}

void tell_of_label_sets(std::span<const Record> records, const std::string& file,
                        Terminal& terminal) {
  std::size_t several = 0, none = 0, first = 0;
  for (const Record& record : records) {
    several += record.more_labels.empty() ? 0 : 1;
    none += record.label.empty() ? 1 : 0;
    if (several + none == 1 && first == 0) first = record.line;
  }
  tell_of_label_sets(several, none, first, records.size(), file, terminal);
}

/// Dev labels that are training's as numbers become these.
void match_dev_labels(std::span<const std::string> labels, std::span<Record> dev,
                      const Flags& flags, Terminal& terminal) {
  if (dev.empty()) return;
  ReadReport report;
  match_labels(dev, labels, flags.dev, report);
  show(report, terminal);
}

// --------------------------------------------------------------------------------------------------------------
// data

/// What the texts of a file take in memory at most, while they are read: the file, and its records.
/// It is a guess for a packed file.
std::size_t memory_of_texts(const std::string& path) {
  constexpr std::size_t kCopies = 3, kPacked = 4;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  if (unknown) return 0;
  const bool is_packed = path.ends_with(".gz") || path.ends_with(".xz") || path.ends_with(".zst");
  return kProgramBytes + kCopies * (is_packed ? kPacked : 1) * static_cast<std::size_t>(size);
}

/// Texts that fit into a small process are held whatever the limit is.
bool fit_into_memory(const Flags& flags) {
  constexpr std::size_t kHeldAnyway = std::size_t{64} << 20;
  const std::size_t needed = memory_of_texts(flags.train);
  const std::size_t limit =
      flags.options.max_memory > 0 ? flags.options.max_memory : physical_memory();
  return needed <= std::max(limit, kHeldAnyway);
}

/// Shows how far the passes over the texts are.
class ReadingProgress {
 public:
  explicit ReadingProgress(Terminal& terminal) : terminal_(terminal) {}

  void operator()(std::string_view what, std::size_t rows, double share) {
    if (what != what_) begun_ = Clock::now();
    what_ = what;
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    const double rate = static_cast<double>(rows) / std::max(seconds, 1e-3);
    terminal_.progress(fmt::format("{:<10}  {:3.0f} %  {} rows  {} rows/s  ETA {}", what,
                                   100 * share, count_text(static_cast<double>(rows)),
                                   count_text(rate),
                                   duration_text(seconds / std::max(share, 1e-6) - seconds)));
  }

 private:
  using Clock = std::chrono::steady_clock;

  Terminal& terminal_;
  std::string what_;
  Clock::time_point begun_ = Clock::now();
};

void tell_of_cache(const StreamedTexts& texts, Terminal& terminal) {
  if (!texts.damage().empty())
    terminal.warning(fmt::format("the cache is made anew: {}", texts.damage()));
  if (texts.is_cached()) {
    terminal.note(fmt::format("cache   {}: {} rows of an earlier run", texts.path().string(),
                              count_text(static_cast<double>(texts.survey().rows))));
  } else {
    terminal.note(fmt::format("stream  texts are not held; ids go to {}", texts.path().string()));
  }
}

/// Training texts that are not held in memory, read once.
std::unique_ptr<StreamedTexts> stream_texts(const Flags& flags, const ReadOptions& columns,
                                            std::span<const Record> dev, Terminal& terminal) {
  auto texts = std::make_unique<StreamedTexts>(
      flags.train, columns, flags.options,
      StreamingOptions{.cache = flags.cache.empty() ? default_cache(flags.out)
                                                    : std::filesystem::path(flags.cache),
                       .dev_hash = flags.dev.empty() ? "" : identity_of(dev),
                       .progress = ReadingProgress(terminal)});
  const TextSurvey& survey = texts->survey();
  show({.remarks = survey.remarks}, terminal);
  tell_of_cache(*texts, terminal);
  tell_of_label_sets(survey.several, survey.none, survey.first_of_either, survey.rows, flags.train,
                     terminal);
  return texts;
}

/// The texts of a run: those to train on are held, or streamed.
struct RunTexts {
  std::vector<Record> train;
  std::unique_ptr<StreamedTexts> streamed;
  std::vector<Record> dev;
};

RunTexts read_held(const Flags& flags, Terminal& terminal) {
  const ReadOptions columns = read_options(flags);
  RunTexts texts;
  texts.train = read_data(flags.train, columns, terminal);
  if (!flags.dev.empty()) texts.dev = read_data(flags.dev, columns, terminal);
  tell_of_label_sets(texts.train, flags.train, terminal);
  match_dev_labels(labels_in(texts.train), texts.dev, flags, terminal);
  return texts;
}

RunTexts read_streamed(const Flags& flags, Terminal& terminal) {
  const ReadOptions columns = read_options(flags);
  RunTexts texts;
  if (!flags.dev.empty()) texts.dev = read_data(flags.dev, columns, terminal);
  texts.streamed = stream_texts(flags, columns, texts.dev, terminal);
  std::vector<std::string> labels;
  for (const auto& [label, rows] : texts.streamed->survey().labels) labels.push_back(label);
  match_dev_labels(labels, texts.dev, flags, terminal);
  return texts;
}

/// Reads on all ranks, which must find the same. Several hold their texts.
RunTexts read_texts(const Flags& flags, Terminal& terminal, Ranks& ranks) {
  if (flags.stream || !fit_into_memory(flags)) {
    if (ranks.count() == 1) return read_streamed(flags, terminal);
    throw UsageError(
        "several processes hold their texts in memory: leave out --stream and raise --max-memory, "
        "or train with one process, which streams them");
  }
  RunTexts texts;
  agree(ranks,
        {.what = "texts",
         .advice = "give all machines equal copies of --train and --dev, or a "
                   "shared path"},
        [&] {
          texts = read_held(flags, terminal);
          return ranks.count() == 1 ? "" : identity_of(texts.train) + identity_of(texts.dev);
        });
  return texts;
}

void take_texts(const RunTexts& texts, RunFolder& run) {
  if (!texts.streamed) return run.take_data(texts.train, texts.dev);
  run.take_data(texts.streamed->survey().hash, identity_of(texts.dev));
}

void tell_of_resuming(RunFolder& run, Progress& progress, Terminal& terminal) {
  if (!run.is_repeated()) return;
  if (const auto position = run.goes_on_at()) {
    progress.resume(*position);
  } else {
    terminal.note("resume  from the beginning: the run was ended before its first checkpoint");
  }
  for (const std::string& warning : run.warnings()) {
    terminal.warning(warning +
                     ": the model may differ in its last bits from an uninterrupted run's");
  }
}

// -------------------------------------------------------------------------------------------------
// several ranks

/// What the ranks begin with must be the same, and what computes the bits.
void start_alike(const Flags& flags, const TextClassifier& start, Ranks& ranks) {
  if (ranks.count() == 1) return;
  agree(ranks, {.what = "settings", .advice = "give all the same flags and the same settings file"},
        [&] { return to_json(training_settings(flags.options)); });
  agree(ranks,
        {.what = "first values",
         .advice = "dictionaries, stop words, word vectors and --init must "
                   "be the same files, and ICU the same version"},
        [&] { return identity_of(start); });
  agree(ranks,
        {.what = "kernels",
         .advice = "set UNROLL_ISA to an instruction set that all of them have "
                   "(`unroll doctor` lists them)"},
        [&] { return this_machine(); });
}

/// The state of a checkpoint that the first rank has sent, in a file until it was read.
struct SentState {
  explicit SentState(const std::string& bytes)
      : file(std::filesystem::temp_directory_path() / fmt::format("unroll-{}.ckpt", ::getpid())) {
    write_file(file.path(), bytes);
    state = SavedState::open(file.path());
  }

  Temporary file;
  SavedState state;
};

/// Every rank goes on from the first one's checkpoint.
std::shared_ptr<SavedState> share_checkpoint(const Flags& flags, std::shared_ptr<SavedState> own,
                                             Ranks& ranks) {
  if (ranks.count() == 1) return own;
  const auto path = std::filesystem::path(flags.out) / RunFolder::kFileName;
  const std::string bytes = ranks.from_first(own ? read_file(path) : "");
  if (ranks.is_first() || bytes.empty()) return own;
  const auto sent = std::make_shared<SentState>(bytes);
  return {sent, &sent->state};
}

/// What the ranks do that have no folder and say nothing.
int train_along(const Flags& flags, Ranks& ranks) {
  Terminal terminal(true);
  RunTexts data = read_texts(flags, terminal, ranks);
  TrainClassifierOptions options = flags.options;
  if (!options.network) options.vectors.clear();
  options.reading_bytes = reading_bytes(flags, data.train, data.dev);
  const ClassifierObserver observer{
      .plan = [&](const TrainingPlan&,
                  const TextClassifier& start) { start_alike(flags, start, ranks); },
      .step = {},
      .epoch = {},
      .stop = {},
      .checkpoints = [&] { return Checkpoints{.begin = share_checkpoint(flags, nullptr, ranks)}; }};
  train_classifier(std::move(data.train), std::move(data.dev), options, observer, &ranks);
  return 0;
}

/// A step of 8 ranks, say, and what it sent.
void tell_of_ranks(const ShardTimes& times, Terminal& terminal) {
  if (times.ranks == 1 || times.steps == 0) return;
  const StepTimes step(times);
  terminal.note(
      fmt::format("ranks   {}: a step takes {:.2f} ms: {:.2f} to compute, {:.2f} to exchange {}, "
                  "{:.2f} to wait "
                  "for the slowest",
                  times.ranks, step.compute + step.exchange + step.wait, step.compute,
                  step.exchange, mib_text(static_cast<std::size_t>(step.bytes)), step.wait));
}

/// Says at once that a rank is lost, and what is left of the run.
void tell_of_loss(const std::string& loss, const Flags& flags) {
  speak();
  write_stderr(fmt::format(
      "unroll: {}; {}\n", loss,
      flags.run.checkpoint_minutes > 0
          ? "the same command goes on from the last checkpoint, with any number of processes"
          : "there is no checkpoint (--checkpoint-minutes 0)"));
}

int train_command(const Flags& flags, const CLI::App& command, Ranks& ranks) {
  require_stdout();
  TimeLimit limit(flags.max_minutes);
  RunFolder run(flags.out, flags.options, flags.run);
  run.folder().prepare(files_of(flags));
  Terminal terminal(flags.quiet);
  warn_if_unlocked(run.folder(), terminal);
  warn_of_idle_flags(command, flags.options, terminal);
  try_vectors(command, flags);
  RunTexts texts = read_texts(flags, terminal, ranks);
  take_texts(texts, run);
  std::vector<Record>& dev = texts.dev;
  TrainClassifierOptions options = flags.options;
  if (!options.network) options.vectors.clear();
  if (!texts.streamed) options.reading_bytes = reading_bytes(flags, texts.train, dev);
  refuse_flag(command, "--gradflow", texts.streamed && dev.empty(),
              "measures texts that are in memory: give --dev, or leave out --stream");
  Progress progress(terminal);
  Curves curves(flags.tensorboard);
  StepLimit steps(flags.until_step);
  std::unique_ptr<TrainingWatch> watch;
  if (flags.gradflow)
    watch = watch_gradient_flow(flags.out, dev.empty() ? texts.train : dev, terminal);
  TrainingMemory memory;
  Metric metric;
  bool linear_is_saved = false;
  std::optional<InterruptGuard> guard;  // from when there is something to lose
  bool is_saved = false;                // a model of this run is in its folder
  const ClassifierObserver observer{
      .plan =
          [&](const TrainingPlan& plan, const TextClassifier& classifier) {
            if (classifier.has_network()) {
              refuse_other_embedding(command, flags, classifier.model().config().embedding);
            }
            progress.plan(plan, classifier);
            warn_of_idle_flags(plan, flags.options, terminal);
            refuse_hopeless(flags, plan, classifier);
            start_alike(flags, classifier, ranks);
            run.begin(plan, classifier);
            if (!run.is_repeated()) run.hold(kLogName);
            terminal.log_to(run.path() / kLogName, run.is_repeated());
            tell_of_resuming(run, progress, terminal);
            if (const auto position = run.goes_on_at())
              steps.begin(position->epoch * plan.steps_per_epoch + position->step);
            is_saved = run.is_repeated() && has_model(flags.out);
            memory = *plan.memory;
            metric = plan.metric;
            if (watch) watch->measure(0, classifier);
          },
      .ngrams =
          [&](const NgramReport& report, TextClassifier& classifier) {
            guard.emplace();
            progress.ngrams(report);
            run.metrics().linear(report);
            // A model that this run replaces stays until there is an epoch.
            if (options.network && has_model(flags.out)) return;
            set_notes(classifier, flags, memory, metric, {}, report.score);
            run.keep();
            save_run(classifier, flags);
            linear_is_saved = is_saved = true;
          },
      .step =
          [&](const StepReport& report, std::size_t tokens) {
            progress.step(report, tokens);
            run.metrics().step(report, tokens);
            curves.step(report);
            steps.step(report);
          },
      .epoch =
          [&](const EpochReport& report, const DevScore& score, TextClassifier& classifier) {
            progress.epoch(report, score);
            run.metrics().epoch(report, score);
            curves.epoch(report, score);
            if (report.best) {
              // Written at once: whatever ends the run, the best epoch so far is on disk.
              set_notes(classifier, flags, memory, metric, report.epoch, score);
              run.keep();
              save_run(classifier, flags);
              is_saved = true;
            }
            if (watch) watch->measure(report.epoch + 1, classifier);
          },
      .stop =
          [&] {
            if (!guard) guard.emplace();
            return guard->interrupted() || steps.is_reached() || (is_saved && limit.is_over());
          },
      .checkpoints =
          [&] {
            Checkpoints checkpoints = run.checkpoints();
            checkpoints.begin = share_checkpoint(flags, checkpoints.begin, ranks);
            return checkpoints;
          }};
  TrainedClassifier trained =
      texts.streamed
          ? train_classifier(*texts.streamed, std::move(dev), options, observer)
          : train_classifier(std::move(texts.train), std::move(dev), options, observer, &ranks);
  if (trained.shard_times) tell_of_ranks(*trained.shard_times, terminal);
  if (run.is_repeated()) save_again(flags, trained);
  const TrainingEnd end = trained.training.end;
  run.metrics().end(trained);
  if (end == TrainingEnd::kAllEpochs || end == TrainingEnd::kEarlyStop) run.finish();
  if (is_saved) write_page(flags, trained.classifier, terminal);
  // Who sends SIGTERM wants the program to end, even if nobody reads from a full pipe.
  const bool is_read = end != TrainingEnd::kStopped || guard->exit_status() != 128 + SIGTERM;
  if (is_read && !flags.json) write_stdout(steps.last_steps());
  const std::string_view why = steps.is_reached() && end == TrainingEnd::kStopped
                                   ? "--until-step is reached"
                                   : ending(trained, limit);
  finish(flags, trained, linear_is_saved, why, is_read, terminal, progress.seconds());
  return end == TrainingEnd::kStopped && guard->interrupted() ? guard->exit_status() : 0;
}

// ----------------------------------------------------------------------------------------------------------
// settings

constexpr const char* kPurpose = "Train a text classifier";

void add_limit_flag(CLI::App& command, double& max_minutes) {
  command
      .add_option("--max-minutes", max_minutes,
                  "End training after this time, with the best epoch so far. Where there is no\n"
                  "model yet, the first epoch is done before (default: no limit)")
      ->check(real_number(0.0, 1e6));
}

void add_step_flag(CLI::App& command, std::size_t& until_step) {
  command
      .add_option("--until-step", until_step,
                  "Stop behind this step of all epochs, counted from 1, with a checkpoint, and\n"
                  "show loss and gradient norm of the last steps; without the flag the same\n"
                  "command goes on from there")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
}

/// Everything that TrainClassifierOptions has.
void add_option_flags(CLI::App& command, TrainClassifierOptions& options) {
  add_token_flags(command, options);
  add_max_tokens_flag(command, options);
  add_vocabulary_flags(command, options);
  add_model_flags(command, options);
  add_importance_flags(command, options);
  add_optimization_flags(command, options);
}

void add_tensorboard_flag(CLI::App& command, std::string& folder) {
  command
      .add_option("--tensorboard", folder,
                  "Write losses, rate, gradient norm and dev figures for TensorBoard, too, into\n"
                  "a new file of this folder")
      ->type_name("DIR");
}

/// All flags whose values are settings of a run.
void add_train_flags(CLI::App& command, Flags& flags) {
  add_data_flags(command, flags);
  add_streaming_flags(command, flags);
  add_training_flags(command, flags.columns, flags.options, flags.preset);
  add_limit_flag(command, flags.max_minutes);
  add_step_flag(command, flags.until_step);
  add_tensorboard_flag(command, flags.tensorboard);
  add_threads_flag(command);
  add_quiet_flag(command, flags.quiet);
  command.add_flag("--json", flags.json, "Print the result as one JSON object");
  if (!has_lab()) return;
  command.add_flag("--gradflow", flags.gradflow,
                   "Measure after each epoch how far gradients reach, and write\n"
                   "gradflow.csv and gradflow.html into --out");
}

/// As many as the unfinished run has that goes on, or as there are ranks.
std::size_t default_shards(const Flags& flags, Ranks& ranks) {
  const auto then = ranks.is_first() ? shards_of_unfinished_run(flags.out, flags.options)
                                     : std::optional<std::size_t>();
  const std::string shards = ranks.from_first(std::to_string(then.value_or(ranks.count())));
  return std::stoul(shards);
}

/// A rank that is asked to end, as it is when another one has died, first tells why.
void tell_when_lost(const Flags& flags, Ranks& ranks, std::optional<InterruptGuard>& guard) {
  outlive_repeated_signals();
  guard.emplace();
  ranks.end_when([&] { return guard->interrupted(); });
  ranks.when_lost([&](const std::string& loss) { tell_of_loss(loss, flags); });
}

/// All ranks come to the same end, a divergence as well, and leave each other then.
int train_on(const Flags& flags, const CLI::App& command, Ranks& ranks) {
  try {
    const int status =
        ranks.is_first() ? train_command(flags, command, ranks) : train_along(flags, ranks);
    ranks.leave();
    return status;
  } catch (const LostRankError& lost) {
    return lost.exit_status();  // it is told already, by one of the ranks
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kDiverged) {
      ranks.leave();
    } else if (ranks.part_and_first_parts()) {
      return error.exit_status();  // the first rank tells it
    }
    if (ranks.is_first()) throw;
    speak();
    throw mended_by(
        error.options(),
        Error(error.kind(), fmt::format("{}: {}", ranks.name_of(ranks.rank()), error.what())));
  }
}

/// Trains by the settings of all sources.
int run_with(Settings settings) {
  Flags flags;
  CLI::App command(kPurpose, "train");
  add_train_flags(command, flags);
  const CommandDescription description = describe(command);
  unroll::apply(settings, command);
  if (!flags.init.empty()) {
    flags.options.start = std::make_shared<const TextClassifier>(TextClassifier::load(flags.init));
  }
  try {
    refuse_contradictions(command, flags.options);
    std::optional<InterruptGuard> guard;
    const std::unique_ptr<Ranks> ranks = join_ranks(command.count("--threads") > 0);
    if (ranks->count() > 1) tell_when_lost(flags, *ranks, guard);
    if (command.count("--shards") == 0) {
      flags.options.shards = default_shards(flags, *ranks);
      if (flags.options.shards > 1)
        settings.push_back({"shards", std::to_string(flags.options.shards), ""});
    }
    flags.settings = to_toml(settings, description);
    return train_on(flags, command, *ranks);
  } catch (const UsageError& error) {
    throw mended_by(error.options(), UsageError(with_origins(error.what(), settings)));
  }
}

/// `given`: the command with the flags that were typed.
int run_train(const CLI::App& given, const SourceFlags& sources) {
  Flags unused;
  CLI::App command(kPurpose, "train");
  add_train_flags(command, unused);
  const SettingsFile file = settings_file(sources, command);
  const CommandDescription description = describe(command);
  const Settings settings = settings_of(given_settings(given), file.settings, description);
  if (sources.dump) {
    write_stdout(to_toml(settings, description));
    return 0;
  }
  if (!file.path.empty() && value_of(settings, "quiet") != "true") tell_of(file);
  return run_with(settings);
}

}  // namespace

void add_training_flags(CLI::App& command, ReadOptions& columns, TrainClassifierOptions& options,
                        std::string& preset) {
  add_training_column_flags(command, columns);
  add_preset_flag(command, preset);
  add_option_flags(command, options);
}

std::span<const char* const> network_flags() {
  static constexpr std::array kFlags{
      "--activation",   "--gru-reset",        "--keep-vectors", "--hidden",
      "--layers",       "--bidirectional",    "--pool",         "--embedding",
      "--vectors",      "--freeze-embedding", "--dropout",      "--recurrent-init",
      "--forget-bias",  "--optimizer",        "--lr",           "--precision",
      "--schedule",     "--warmup",           "--weight-decay", "--clip-norm",
      "--clip-value",   "--average",          "--batch",        "--shards",
      "--word-dropout", "--epochs",           "--early-stop"};
  return kFlags;
}

std::shared_ptr<CLI::App> train_flags() {
  struct Command {
    Flags flags;
    CLI::App app{kPurpose, "train"};
  };
  const auto command = std::make_shared<Command>();
  add_train_flags(command->app, command->flags);
  return {command, &command->app};
}

void refuse_contradictory_flags(const CLI::App& command, const TrainClassifierOptions& options) {
  refuse_contradictions(command, options);
}

void add_train_command(CLI::App& program, int& status) {
  /// What the command line is read into, for as long as the command lives.
  struct Typed {
    Flags flags;
    SourceFlags sources;
  };
  const auto typed = std::make_shared<Typed>();
  CLI::App* command = program.add_subcommand("train", kPurpose);
  add_train_flags(*command, typed->flags);
  add_source_flags(*command, typed->sources);
  let_others_complete(*command);
  command->callback([typed, command, &status] { status = run_train(*command, typed->sources); });
}

}  // namespace unroll
