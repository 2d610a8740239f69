#include "unroll/tools/classifier/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/optim/shard_sum.h"
#include "unroll/text/jieba_dictionary.h"
#include "unroll/text/subwords.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/classifier/train_ngrams.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const BatchLimits& limits) {
  return {{"rows", limits.rows},
          {"steps", limits.steps},
          {"tokens", limits.tokens},
          {"distinct", limits.distinct}};
}

/// A number that no size computed from it overflows.
std::size_t size_from(const Json& json, const char* key) {
  constexpr std::size_t kMost = std::size_t{1} << 31;
  const auto value = json.at(key).get<std::size_t>();
  if (value <= kMost) return value;
  throw ModelError(fmt::format("its {} is {}, expected at most {}", key, value, kMost));
}

BatchLimits limits_from(const Json& json) {
  return {.rows = size_from(json, "rows"),
          .steps = size_from(json, "steps"),
          .tokens = size_from(json, "tokens"),
          .distinct = size_from(json, "distinct")};
}

/// A choice by its name.
template <typename Enum>
Enum choice_from(const Json& json, const char* key) {
  const auto name = json.at(key).get<std::string>();
  if (const auto choice = from_name<Enum>(name)) return *choice;
  throw ModelError(fmt::format("its {} is {}, which this program does not know", key, name));
}

/// The limits of batches that have at most this many tokens, or one row.
BatchLimits within(const BatchLimits& limits, std::size_t most_tokens) {
  const std::size_t longest = std::max<std::size_t>(limits.steps, 1);
  const std::size_t rows = std::clamp<std::size_t>(most_tokens / longest, 1, limits.rows);
  const std::size_t tokens = std::min(limits.tokens, rows * limits.steps);
  return {.rows = rows,
          .steps = limits.steps,
          .tokens = tokens,
          .distinct = std::min(limits.distinct, tokens)};
}

/// What the heap takes for a block of this size: its length before it, all in sixteens.
std::size_t block_bytes(std::size_t size) {
  return (size + sizeof(std::size_t) + 15) / 16 * 16;
}

/// The bytes on the heap of a string of this length. A short string is its own buffer.
std::size_t heap_bytes(std::size_t length) {
  static const std::size_t own = std::string().capacity();
  return length > own ? block_bytes(length + 1) : 0;
}

/// An entry, its place in the hash table, and what a model's JSON makes of it.
constexpr std::size_t kVocabularyEntryBytes = 370;
constexpr std::size_t kVocabularyCopies = 2;

/// A measured peak varies a little from run to run; a limit that was advised must do again.
constexpr std::size_t kMeasuredWithin = 20;

/// Mebibytes, rounded up to a tenth.
double mib_above(std::size_t bytes) {
  constexpr double kTenthOfMib = (1 << 20) / 10.0;
  return std::ceil(static_cast<double>(bytes) / kTenthOfMib) / 10;
}

TrainingMemory in_parts(TrainingMemory memory, std::size_t most_tokens) {
  memory.most_tokens = most_tokens;
  memory.evaluation = within(memory.evaluation, most_tokens);
  return memory;
}

}  // namespace

std::string to_json(const TrainingMemory& memory) {
  const Json json = {{"batch", json_of(memory.batch)},
                     {"shards", memory.shards},
                     {"shard", json_of(memory.shard)},
                     {"evaluation", json_of(memory.evaluation)},
                     {"most_tokens", memory.most_tokens},
                     {"data_bytes", memory.data_bytes},
                     {"process_bytes", memory.process_bytes},
                     {"ngram_bytes", memory.ngram_bytes},
                     {"reading_bytes", memory.reading_bytes},
                     {"optimizer", to_string(memory.optimizer.kind)},
                     {"momentum", memory.optimizer.momentum},
                     {"average", memory.averaging},
                     {"frozen_embedding", memory.frozen_embedding},
                     {"precision", to_string(memory.precision)}};
  return json.dump();
}

TrainingMemory training_memory_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    TrainingMemory memory;
    memory.batch = limits_from(json.at("batch"));
    memory.evaluation = limits_from(json.at("evaluation"));
    memory.most_tokens = size_from(json, "most_tokens");
    memory.data_bytes = json.at("data_bytes").get<std::size_t>();
    // The first release did not count these.
    memory.process_bytes = json.value("process_bytes", std::size_t{0});
    memory.reading_bytes = json.value("reading_bytes", std::size_t{0});
    memory.ngram_bytes = json.value("ngram_bytes", std::size_t{0});
    memory.optimizer.kind = choice_from<OptimizerKind>(json, "optimizer");
    memory.optimizer.momentum = json.at("momentum").get<double>();
    memory.averaging = json.at("average").get<double>();
    memory.frozen_embedding = json.at("frozen_embedding").get<bool>();
    memory.precision = choice_from<Precision>(json, "precision");
    // Nor had it shards.
    memory.shards = json.value("shards", std::size_t{1});
    memory.shard = json.contains("shard") ? limits_from(json.at("shard")) : memory.batch;
    return memory;
  } catch (const Json::exception& error) {
    throw ModelError(fmt::format("its note on memory can't be read: {}", error.what()));
  }
}

std::size_t bytes_of(std::span<const Record> records) {
  std::size_t bytes = records.size_bytes();
  for (const Record& record : records) {
    bytes += heap_bytes(record.text.capacity()) + heap_bytes(record.label.capacity());
    for (const std::string& label : record.more_labels) {
      bytes += sizeof(std::string) + heap_bytes(label.capacity());
    }
  }
  return bytes;
}

std::size_t bytes_of(const Vocabulary& vocabulary) {
  std::size_t bytes = 0;
  for (std::size_t id = 0; id < vocabulary.size(); ++id) {
    const std::size_t length = vocabulary.token(static_cast<std::int32_t>(id)).size();
    bytes += kVocabularyEntryBytes + length + kVocabularyCopies * heap_bytes(length);
  }
  return bytes;
}

std::size_t bytes_of(const TokenizerSettings& tokenizer) {
  constexpr std::size_t kCopies = 2;  // in the JSON and in the file's text
  std::size_t bytes = 0;
  if (tokenizer.dictionary) {
    bytes += tokenizer.dictionary->bytes() + kCopies * tokenizer.dictionary->packed_bytes();
  }
  if (tokenizer.subwords) bytes += (1 + kCopies) * tokenizer.subwords->bytes();
  return bytes;
}

std::size_t bytes_of(std::span<const Example> examples) {
  // Their order is a list of all, and the batches cut from it are as much again.
  std::size_t bytes = examples.size_bytes() + 2 * examples.size() * sizeof(std::size_t);
  for (const Example& example : examples) {
    bytes += block_bytes(example.ids.capacity() * sizeof(std::int32_t));
  }
  return bytes;
}

std::size_t solving_bytes(const SparseCounts& train, const SparseCounts& dev, std::size_t ngrams,
                          std::size_t machines) {
  constexpr std::size_t kOfMachine = 2 * sizeof(double);  // scale and weight of a column
  constexpr std::size_t kOfRatios = 2 * sizeof(double);   // naive Bayes' counts, or its ratios
  constexpr std::size_t kOfRow = 5 * sizeof(double);      // norm, alpha, C, order, end
  // TF-IDF is solved with each C, naive Bayes also without letters.
  const std::size_t learnt = machines / 2 * 3 * kCosts * ngrams * sizeof(BFloat16);
  const std::size_t a_machine = ngrams * (kOfMachine + kOfRatios) + train.rows() * kOfRow;
  return train.bytes() + dev.bytes() + learnt + std::min(machines, thread_count()) * a_machine;
}

namespace {

bool can_read(std::size_t most_bytes, std::size_t held_bytes, const TrainingMemory& memory) {
  return memory.reading_bytes <= most_bytes &&
         held_bytes <= most_bytes + most_bytes / kMeasuredWithin;
}

/// What every run of training holds until its end.
MemoryPlan count_held(const TrainingMemory& memory) {
  MemoryPlan plan;
  plan.begin_part("process");
  plan.add_bytes(memory.process_bytes);
  plan.begin_part("data");
  plan.add_bytes(memory.data_bytes);
  if (memory.ngram_bytes > 0) {
    plan.begin_part("n-grams");
    plan.add_bytes(memory.ngram_bytes);
  }
  return plan;
}

}  // namespace

std::vector<std::size_t> most_touched_rows(SequenceClassifier<float>& model,
                                           const BatchLimits& limits) {
  std::vector<std::size_t> rows;
  for (const Parameter<float>* parameter : model.trainable_parameters()) {
    const std::size_t all = parameter->value.matrix().rows();
    rows.push_back(parameter == &model.embedding().E ? std::min(all, limits.distinct) : all);
  }
  return rows;
}

void plan_pass(const SequenceClassifier<float>& model, const TrainingMemory& memory,
               SequenceClassifier<float>::Pass& pass, MemoryPlan& plan) {
  if (memory.shards == 1) return model.plan(memory.batch, memory.most_tokens, pass, plan);
  model.plan_shards(memory.batch, memory.shard, memory.most_tokens, pass, plan);
}

void plan_targets(const SequenceClassifierConfig& config, const BatchLimits& limits,
                  Tensor<float>& y, MemoryPlan& plan) {
  if (config.output == OutputKind::kSigmoid) plan.add(y, Shape{limits.rows, config.classes});
}

MemoryPlan count_memory(const TextClassifier& classifier, const TrainingMemory& memory) {
  return classifier.has_network() ? count_memory(classifier.model(), memory) : count_held(memory);
}

MemoryPlan count_memory(const SequenceClassifier<float>& borrowed, const TrainingMemory& memory) {
  // The plan names buffers as those that it could reserve; one that only counts changes nothing.
  auto& model = const_cast<SequenceClassifier<float>&>(borrowed);
  MemoryPlan plan = count_held(memory);
  plan_parameters(model.parameters(), plan);
  const auto optimizer = make_optimizer<float>(memory.optimizer);
  TrainingOptions options;
  options.averaging = memory.averaging;
  count_training(model.trainable_parameters(), *optimizer, options, plan);
  plan.begin_part("batch");
  Batch batch;
  plan_batch(memory.batch, batch, plan);
  SequenceClassifier<float>::Pass pass;
  Tensor<float> y;
  plan_targets(model.config(), memory.batch, y, plan);
  plan_pass(model, memory, pass, plan);
  if (memory.shards > 1) {
    plan.begin_part("shards");
    ShardSum<float>::count(model.trainable_parameters(), most_touched_rows(model, memory.batch),
                           plan);
  }
  plan.begin_part("evaluation");
  plan_batch(memory.evaluation, batch, plan);
  SequencePredictor<float>::count(model, memory.evaluation, 1, plan);
  return plan;
}

void check_memory(std::size_t most_bytes, std::size_t held_bytes, const TrainingMemory& memory) {
  if (can_read(most_bytes, held_bytes, memory)) return;
  throw mended_by({"max_memory", "max_tokens"},
                  MemoryError(fmt::format(
                      "the memory limit is too low: at least {:.1f}M are needed to read the "
                      "texts and solve the linear model; fewer or shorter texts would need "
                      "less",
                      mib_above(std::max(memory.reading_bytes, held_bytes)))));
}

void hold_memory(const SequenceClassifier<float>& model, std::size_t most_bytes,
                 std::size_t held_bytes, TrainingMemory& memory) {
  const auto bytes = [&](std::size_t tokens) {
    return count_memory(model, in_parts(memory, tokens)).total();
  };
  const bool could_read = can_read(most_bytes, held_bytes, memory);
  if (could_read && count_memory(model, memory).total() <= most_bytes) return;
  std::size_t fits = std::max<std::size_t>(memory.batch.steps, 1), too_many = memory.batch.tokens;
  if (!could_read || bytes(fits) > most_bytes) {
    const std::size_t reading = std::max(memory.reading_bytes, held_bytes);
    throw mended_by(
        {"max_memory", "max_tokens", "vocabulary"},
        MemoryError(fmt::format(
            "the memory limit is too low: at least {:.1f}M are needed: {:.1f}M to read and encode "
            "the texts, {:.1f}M to train on one text of {} tokens at a time; fewer texts, a "
            "smaller model, shorter texts or a smaller vocabulary would need less",
            mib_above(std::max(reading, bytes(fits))), mib_above(reading), mib_above(bytes(fits)),
            fits)));
  }
  while (fits + 1 < too_many) {
    const std::size_t tokens = fits + (too_many - fits) / 2;
    (bytes(tokens) <= most_bytes ? fits : too_many) = tokens;
  }
  memory = in_parts(memory, fits);
}

MemoryPlan count_prediction_memory(const TextClassifier& classifier) {
  const std::size_t vocabulary = classifier.encoder().vocabulary().size();
  const std::size_t steps = classifier.encoder().settings().max_tokens;
  const std::size_t rows = TextPredictor::kBatch, tokens = rows * steps;
  const BatchLimits limits{
      .rows = rows, .steps = steps, .tokens = tokens, .distinct = std::min(tokens, vocabulary)};
  MemoryPlan plan;
  plan.begin_part("parameters");
  if (classifier.has_network()) {
    for (const Parameter<float>* parameter : classifier.model().parameters()) {
      plan.add_bytes(parameter->value.size() * sizeof(float));
    }
  }
  if (const NgramClassifier* ngrams = classifier.ngrams()) {
    plan.begin_part("n-grams");
    plan.add_bytes(ngrams->bytes());
  }
  if (!classifier.has_network()) return plan;
  plan.begin_part("prediction");
  for (std::size_t thread = 0; thread < thread_count(); ++thread) {
    Batch batch;
    plan_batch(limits, batch, plan);
  }
  SequencePredictor<float>::count(classifier.model(), limits, thread_count(), plan);
  return plan;
}

}  // namespace unroll
