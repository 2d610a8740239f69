// Labelled texts that a small model learns in a moment.
#pragma once

#include <string>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll::test {

inline std::vector<Record> small_reviews(std::size_t rows) {
  const std::vector<std::string> good{"good", "great", "lovely", "很好", "splendid"};
  const std::vector<std::string> bad{"bad", "awful", "poor", "很差", "dreadful"};
  std::vector<Record> records;
  for (std::size_t k = 0; k < rows; ++k) {
    const bool positive = k % 2 == 1;
    const std::string& word = (positive ? good : bad)[k / 2 % 5];
    records.push_back(
        {"a " + word + " film, number " + std::to_string(k), positive ? "pos" : "neg", k + 1});
  }
  return records;
}

inline TrainClassifierOptions small_options() {
  TrainClassifierOptions options;
  options.model.hidden = 8;
  options.model.embedding = 8;
  options.learning_rate = 0.02;
  options.epochs = 6;
  return options;
}

/// A limit halfway between what training on the records needs whole and a text at a time, in the
/// process as it is now.
inline std::size_t halfway_limit(const std::vector<Record>& records,
                                 const TrainClassifierOptions& options) {
  std::size_t limit = 0;
  const auto measure = [&](const TrainingPlan& plan, const TextClassifier& classifier) {
    TrainingMemory one_text = *plan.memory;
    one_text.most_tokens = one_text.batch.steps;
    limit = (count_memory(classifier.model(), *plan.memory).total() +
             count_memory(classifier.model(), one_text).total()) /
            2;
  };
  const ClassifierObserver stops{
      .plan = measure, .step = {}, .epoch = {}, .stop = [] { return true; }};
  train_classifier(records, {}, options, stops);
  return limit;
}

}  // namespace unroll::test
