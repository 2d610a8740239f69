// Labelled texts that a small model learns in a moment.
#pragma once

#include <string>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/train_classifier.h"

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

}  // namespace unroll::test
