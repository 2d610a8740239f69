#include "bench/training/batches.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "unroll/core/file.h"
#include "unroll/core/random.h"
#include "unroll/text/records.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll::bench {
namespace {

constexpr std::uint64_t kSeed = 1;

std::vector<Example> encode(const std::vector<Record>& records, const TextClassifier& classifier) {
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  std::vector<std::vector<std::int32_t>> ids = classifier.encoder().encode(texts);
  std::vector<Example> examples;
  for (std::size_t r = 0; r < records.size(); ++r) {
    examples.push_back({std::move(ids[r]), classifier.label_number(records[r].label)});
  }
  return examples;
}

using Rows = std::vector<std::size_t>;

std::vector<Rows> epoch_of(const std::vector<Example>& examples, BatchOrder order,
                           std::size_t batch_size) {
  Random random(kSeed, "shuffle");
  if (order == BatchOrder::kBucketed) return shuffled_batches(examples, batch_size, random);
  Rows rows(examples.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  random.shuffle(std::span(rows));
  std::vector<Rows> batches;
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_size) {
    const std::size_t end = std::min(begin + batch_size, rows.size());
    batches.emplace_back(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                         rows.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

std::size_t length(const Example& example) {
  return example.ids.size();
}

/// The texts of these rows.
TrainingBatch pick(const std::vector<Example>& examples, const Rows& rows) {
  TrainingBatch batch;
  for (std::size_t row : rows) batch.push_back(examples[row]);
  return batch;
}

}  // namespace

TrainingData read_training_data(const std::string& path) {
  const std::vector<Record> records = read_records(path, {});
  // Training that is stopped before its first step has made vocabulary and model, and no more.
  const ClassifierObserver stops{.plan = {}, .step = {}, .epoch = {}, .stop = [] { return true; }};
  TrainClassifierOptions options;
  options.ngrams = false;
  options.seed = kSeed;
  TextClassifier classifier =
      train_classifier(records, {records.front()}, options, stops).classifier;
  std::vector<Example> examples = encode(records, classifier);
  return {std::move(examples), std::move(classifier)};
}

std::size_t token_count(const std::vector<Example>& examples) {
  std::size_t tokens = 0;
  for (const Example& example : examples) tokens += example.ids.size();
  return tokens;
}

std::vector<TrainingBatch> sample_batches(const std::vector<Example>& examples, BatchOrder order,
                                          std::size_t batch_size, std::size_t count) {
  std::vector<Rows> epoch = epoch_of(examples, order, batch_size);
  const auto padded_size = [&](const Rows& rows) {
    const auto by_length = [&](std::size_t row) { return length(examples[row]); };
    return rows.size() * length(examples[std::ranges::max(rows, {}, by_length)]);
  };
  std::ranges::stable_sort(epoch, {}, padded_size);
  count = std::min(count, epoch.size());
  std::vector<TrainingBatch> sample;
  for (std::size_t part = 0; part < count; ++part) {
    sample.push_back(pick(examples, epoch[(2 * part + 1) * epoch.size() / (2 * count)]));
  }
  return sample;
}

std::vector<TrainingBatch> without_padding(std::vector<TrainingBatch> batches) {
  for (TrainingBatch& batch : batches) {
    const std::size_t shortest = length(std::ranges::min(batch, {}, length));
    for (Example& example : batch) example.ids.resize(shortest);
  }
  return batches;
}

void write_batches(const std::filesystem::path& path, const std::vector<TrainingBatch>& batches) {
  std::string text;
  for (const TrainingBatch& batch : batches) {
    nlohmann::json line = {{"ids", nlohmann::json::array()}, {"labels", nlohmann::json::array()}};
    for (const Example& example : batch) {
      line["ids"].push_back(example.ids);
      line["labels"].push_back(example.label);
    }
    text += line.dump() + '\n';
  }
  write_file(path, text);
}

std::vector<TrainingBatch> read_batches(const std::filesystem::path& path) {
  std::istringstream lines(read_file(path));
  std::vector<TrainingBatch> batches;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    TrainingBatch& batch = batches.emplace_back();
    for (std::size_t row = 0; row < json["ids"].size(); ++row) {
      batch.push_back({json["ids"][row], json["labels"][row]});
    }
  }
  return batches;
}

}  // namespace unroll::bench
