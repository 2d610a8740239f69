#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "unroll/core/parallel.h"
#include "unroll/text/folding.h"
#include "unroll/text/visible.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/ngram_classifier.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// Words and labels shown; --json has them all.
constexpr std::size_t kShown = 12;

/// The texts of 0, 1, 2 … `count` − 1.
template <typename ToText>
std::string list_text(std::size_t count, ToText to_text) {
  std::string text;
  for (std::size_t k = 0; k < std::min(count, kShown); ++k) {
    text += (k > 0 ? "  " : "") + to_text(k);
  }
  if (count > kShown) text += fmt::format("  … {} in all", count);
  return text;
}

/// Calls body(name, shape, number of values) for each tensor of the file.
template <typename Body>
void for_each_tensor(const TextClassifier& classifier, Body body) {
  const auto visit = [&](const std::string& name, const auto& tensor) {
    body(name, tensor.shape(), tensor.size());
  };
  if (classifier.has_network()) {
    for (const auto* parameter : classifier.model().parameters()) {
      visit(parameter->name, parameter->value);
    }
  }
  if (const NgramClassifier* ngrams = classifier.ngrams()) {
    visit("ngrams.W", ngrams->W);
    visit("ngrams.b", ngrams->b);
    visit("ngrams.idf", ngrams->idf);
    visit("ngrams.keys", ngrams->index().keys());
  }
}

/// Weights: what training found. The keys of n-grams are none.
std::size_t count_values_of(const TextClassifier& classifier) {
  std::size_t count = 0;
  for_each_tensor(classifier, [&](const std::string& name, const Shape&, std::size_t values) {
    if (name != "ngrams.keys") count += values;
  });
  return count;
}

/// What divides the O of a network alone.
double temperature_of(const TextClassifier& classifier) {
  return 1 / classifier.fusion().network;
}

void print_models(const TextClassifier& classifier) {
  if (classifier.has_network()) {
    const SequenceClassifierConfig& model = classifier.model().config();
    print("model       {} × {}{}, {} pool, dropout {}\n", model.layers,
          model.bidirectional ? "bidirectional " : "", title({model.cell, model.activation}),
          to_string(*model.pool), model.dropout);
  }
  if (classifier.ngrams() == nullptr) print("temperature {:.3f}\n", temperature_of(classifier));
  if (const NgramClassifier* ngrams = classifier.ngrams()) {
    const NgramSettings& settings = ngrams->settings();
    print(
        "n-grams     {} of 1 to {} words, {} to {} letters in a word, 1 to {} in scripts without "
        "spaces\n",
        ngrams->index().size(), settings.words, settings.least_letters, settings.most_letters,
        settings.unspaced);
    const FusionWeights& fusion = classifier.fusion();
    print("fusion      {:.3f} × network + {:.3f} × TF-IDF + {:.3f} × naive Bayes{}\n",
          fusion.network, fusion.ngrams[0], fusion.ngrams[1],
          classifier.has_any_number_of_labels() ? fmt::format(" + {:.3f}", fusion.bias) : "");
  }
}

std::string folding_text(const TokenizerSettings& tokenizer) {
  if (!tokenizer.fold) return "";
  const std::string_view language = to_string(tokenizer.language);
  return fmt::format(", NFKC_Casefold{}{}", language.empty() ? "" : " for ", language);
}

void print_text(const TextClassifier& classifier) {
  const EncoderSettings& text = classifier.encoder().settings();
  const Vocabulary& vocabulary = classifier.encoder().vocabulary();
  const auto label = [&](std::size_t k) { return visible(classifier.labels()[k]); };
  const auto word = [&](std::size_t k) {
    const auto id = static_cast<std::int32_t>(k);
    return fmt::format("{} {}", vocabulary.token(id), vocabulary.count(id));
  };

  print("labels      {}\n", list_text(classifier.labels().size(), label));
  if (classifier.has_any_number_of_labels()) print("            a text has any number of them\n");
  print("tokenizer   {}{}, at most {} tokens, {} stop words\n", to_string(text.tokenizer.kind),
        folding_text(text.tokenizer), text.max_tokens, text.stop_words.words().size());
  print("vocabulary  {} words; with counts: {}\n", vocabulary.size(),
        list_text(vocabulary.size(), word));
  print_models(classifier);
  print("\n{:<24}  {:>12}  {:>12}\n", "tensor", "shape", "values");
  for_each_tensor(classifier, [](const std::string& name, const Shape& shape, std::size_t values) {
    print("{:<24}  {:>12}  {:>12}\n", name, to_string(shape), values);
  });
  print("{:<24}  {:>12}  {:>12}\n", "all", "", count_values_of(classifier));
  print("\n{:<12}  {}\n", "hash", classifier.hash());
  for (const auto& [name, value] : classifier.notes) {
    if (name != kMemoryNote) print("{:<12}  {}\n", name, value);  // --memory shows it
  }
}

void print_json(const TextClassifier& classifier) {
  using Json = nlohmann::ordered_json;
  Json tensors = Json::array();
  for_each_tensor(classifier, [&](const std::string& name, const Shape& shape, std::size_t) {
    tensors.push_back(
        {{"name", name}, {"shape", std::vector<std::size_t>(shape.begin(), shape.end())}});
  });
  Json model, ngrams, temperature;  // null where there is none
  if (classifier.ngrams() == nullptr) temperature = temperature_of(classifier);
  if (classifier.has_network()) model = Json::parse(to_json(classifier.model().config()));
  if (classifier.ngrams() != nullptr)
    ngrams = Json::parse(to_json(classifier.ngrams()->settings(), classifier.fusion()));
  Json encoder = Json::parse(classifier.encoder().to_json());
  encoder["tokenizer"].erase("dictionary");  // megabytes, and packed
  const Json json = {{"labels", classifier.labels()},
                     {"output", to_string(classifier.output())},
                     {"encoder", encoder},
                     {"model", model},
                     {"ngrams", ngrams},
                     {"temperature", temperature},
                     {"tensors", tensors},
                     {"parameters", count_values_of(classifier)},
                     {"hash", classifier.hash()},
                     {"notes", classifier.notes}};
  print("{}\n", with_version(json.dump()));
}

/// How the model was trained, if it says so. Freezes what was frozen then, and rounds as then.
std::optional<TrainingMemory> training_of(TextClassifier& classifier) {
  const auto note = classifier.notes.find(std::string(kMemoryNote));
  if (note == classifier.notes.end()) return std::nullopt;
  const TrainingMemory training = training_memory_from_json(note->second);
  if (classifier.has_network()) {
    classifier.model().embedding().E.frozen = training.frozen_embedding;
    classifier.model().set_precision(training.precision);
  }
  return training;
}

void print_table(const MemoryPlan& plan) {
  for (const MemoryPlan::Part& part : plan.parts()) {
    print("  {:<16}  {:>12}\n", part.name, mib_text(part.bytes));
  }
  print("  {:<16}  {:>12}\n", "all", mib_text(plan.total()));
}

void print_batches(const TrainingMemory& training, bool has_network) {
  const BatchLimits& batch = training.batch;
  if (!has_network) {
    print("training: the linear model alone\n");
    return;
  }
  print("training: batches of up to {} texts, {} tokens, {} of them different{}\n", batch.rows,
        batch.tokens, batch.distinct,
        training.most_tokens == 0 ? ""
                                  : fmt::format(", in parts of {} tokens", training.most_tokens));
}

void print_memory(TextClassifier& classifier) {
  if (const auto training = training_of(classifier)) {
    print_batches(*training, classifier.has_network());
    print_table(count_memory(classifier, *training));
    if (training->reading_bytes > 0) {
      print("before that: {} to read and encode the texts\n", mib_text(training->reading_bytes));
    }
  } else {
    print("training: the model does not say how it was trained\n");
  }
  print("prediction: {} texts of up to {} tokens at once on each thread\n", TextPredictor::kBatch,
        classifier.encoder().settings().max_tokens);
  if (classifier.has_network()) classifier.model().set_precision(Precision::kFull);
  print_table(count_prediction_memory(classifier));
}

nlohmann::ordered_json json_of(const MemoryPlan& plan) {
  nlohmann::ordered_json parts;
  for (const MemoryPlan::Part& part : plan.parts()) parts[part.name] = part.bytes;
  return {{"parts", parts}, {"bytes", plan.total()}};
}

void print_memory_json(TextClassifier& classifier) {
  nlohmann::ordered_json json;
  if (const auto training = training_of(classifier)) {
    json["training"] = json_of(count_memory(classifier, *training));
    json["training"]["reading_bytes"] = training->reading_bytes;
    json["training"]["settings"] = nlohmann::ordered_json::parse(to_json(*training));
  }
  if (classifier.has_network()) classifier.model().set_precision(Precision::kFull);
  json["prediction"] = json_of(count_prediction_memory(classifier));
  json["threads"] = thread_count();
  print("{}\n", with_version(json.dump()));
}

}  // namespace

void add_inspect_command(CLI::App& program, int& status) {
  const auto model = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  const auto memory = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand("inspect", "Show what is in a model");
  command->add_option("model", *model, "Folder of the model")->type_name("DIR")->required();
  command->add_flag("--json", *json, "Print one JSON object, with the whole vocabulary");
  command->add_flag("--memory", *memory,
                    "Show the most memory that its training and its predictions hold");
  add_threads_flag(*command);
  command->callback([model, json, memory, &status] {
    require_stdout();
    TextClassifier classifier = TextClassifier::load(*model);
    if (*memory) {
      *json ? print_memory_json(classifier) : print_memory(classifier);
    } else {
      *json ? print_json(classifier) : print_text(classifier);
    }
    status = 0;
  });
}

}  // namespace unroll
