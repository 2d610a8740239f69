#include "unroll/tools/classifier/training_settings.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/kernels/half.h"
#include "unroll/text/folding.h"

namespace unroll {

namespace {

/// Runs of the first release do not have it: their batches are whole.
constexpr const char* kShards = "shards";

/// Numbers get the shortest digits that tell them from their neighbours.
template <typename Value>
std::string text_of(const Value& value) {
  return fmt::format("{}", value);
}

void add_text_settings(const TrainClassifierOptions& options, TrainingSettings& settings) {
  settings["tokenizer"] =
      options.tokenizer ? std::string(to_string(*options.tokenizer)) : "chosen from the text";
  settings["subwords"] = text_of(options.subwords);
  settings["fold"] = text_of(options.fold);
  settings["language"] = to_string(options.language);
  settings["max_tokens"] = text_of(options.max_tokens);
  settings["min_count"] = text_of(options.vocabulary.min_count);
  settings["max_vocabulary"] = text_of(options.vocabulary.max_size);
}

void add_model_settings(const TrainClassifierOptions& options, TrainingSettings& settings) {
  const SequenceClassifierConfig& model = options.model;
  settings["activation"] = to_string(model.activation);
  settings["gru_reset"] = to_string(model.gru_reset);
  settings["hidden"] = text_of(model.hidden);
  settings["layers"] = text_of(model.layers);
  settings["bidirectional"] = text_of(model.bidirectional);
  settings["pool"] = model.pool ? std::string(to_string(*model.pool)) : "none";
  settings["embedding"] = text_of(model.embedding);
  settings["keep_vectors"] = text_of(options.keep_vectors);
  settings["freeze_embedding"] = text_of(options.freeze_embedding);
  settings["dropout"] = text_of(model.dropout);
  settings["recurrent_init"] = to_string(model.init);
  settings["forget_bias"] = text_of(model.forget_bias);
  settings["precision"] = to_string(training_precision(options));
}

void add_optimization_settings(const TrainClassifierOptions& options, TrainingSettings& settings) {
  settings["optimizer"] = to_string(options.optimizer.kind);
  settings["momentum"] = text_of(options.optimizer.momentum);
  settings["nesterov"] = text_of(options.optimizer.nesterov);
  settings["weight_decay"] = text_of(options.optimizer.weight_decay);
  settings["lr"] = text_of(options.learning_rate);
  settings["schedule"] = to_string(options.decay);
  settings["warmup"] = text_of(options.warmup_steps);
  settings["average"] = text_of(options.averaging);
  settings["word_dropout"] = text_of(options.word_dropout);
  settings["clip_norm"] = text_of(options.clip_norm);
  settings["clip_value"] = text_of(options.clip_value);
  settings["batch"] = text_of(options.batch);
  settings["epochs"] = options.epochs > 0 ? text_of(options.epochs) : "by default";
  settings["early_stop"] = options.early_stop ? text_of(*options.early_stop) : "by default";
}

}  // namespace

Precision training_precision(const TrainClassifierOptions& options) {
  SequenceClassifierConfig config = options.model;
  if (options.start && options.start->has_network()) {
    config = options.start->model().config();
  } else if (!options.vectors.empty()) {
    config.embedding = 0;  // not known yet; of odd vectors the lowest layer gains nothing
  }
  return precision_of(options.precision, Passes::kTraining, layer_sizes(config));
}

std::string precision_note(PrecisionChoice choice, Precision precision) {
  const std::string name(to_string(precision));
  return choice == PrecisionChoice::kHalf ? "half: " + name : name;
}

TrainingSettings training_settings(const TrainClassifierOptions& options) {
  TrainingSettings settings{
      {"ngrams", text_of(options.ngrams)},
      {"cell", options.network ? std::string(to_string(options.model.cell)) : "none"},
      {"metric", options.metric ? to_string(*options.metric) : "by default"},
      {"class_weight", to_string(options.class_weights)},
      {"dev_fraction", text_of(options.dev_fraction)},
      {"seed", text_of(options.seed)},
      {kShards, text_of(options.shards)}};
  add_text_settings(options, settings);
  if (options.start) settings["init"] = options.start->hash();
  if (!options.network) return settings;
  add_model_settings(options, settings);
  add_optimization_settings(options, settings);
  return settings;
}

std::size_t shards_in(const TrainingSettings& settings) {
  const std::string& text = settings.at(kShards);
  std::size_t shards = 1;
  std::from_chars(text.data(), text.data() + text.size(), shards);
  return shards;
}

std::string difference(const TrainingSettings& then, const TrainingSettings& now) {
  TrainingSettings all = then;
  all.insert(now.begin(), now.end());
  const auto value = [](const TrainingSettings& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? "none" : found->second;
  };
  std::vector<std::string> changes;
  for (const auto& [name, ignored] : all) {
    const std::string before = value(then, name), after = value(now, name);
    if (before != after) changes.push_back(fmt::format("{} {} then, {} now", name, before, after));
  }
  return fmt::format("{}", fmt::join(changes, "; "));
}

std::string to_json(const TrainingSettings& settings) {
  return nlohmann::json(settings).dump();
}

TrainingSettings training_settings_from_json(const std::string& text) {
  try {
    auto settings = nlohmann::json::parse(text).get<TrainingSettings>();
    settings.try_emplace(kShards, "1");
    return settings;
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(fmt::format("its settings can't be read: {}", error.what()));
  }
}

}  // namespace unroll
