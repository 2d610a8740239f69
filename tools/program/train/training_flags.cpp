#include "unroll/tools/program/train/training_flags.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/text_flags.h"

namespace unroll {

namespace {

void add_training_column_flags(CLI::App& command, ReadOptions& columns) {
  add_column_flags(command, columns);
  const auto set_column = [&columns](const std::string& column) {
    require_not_empty("--weight-col", column);
    columns.weight_column = column;
  };
  command.add_option_function<std::string>(
      "--weight-col", set_column,
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
                  "End after this many epochs that the dev texts find no better; 0 is off\n"
                  "(default: a third of the epochs, at least 3)")
      ->check(whole_number(0, 100000));
  add_seed_flag(command, options.seed, "Seed of everything random");
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

}  // namespace unroll
