// An untrained classifier of three labels and a few words.
#pragma once

#include <utility>

#include "unroll/tools/classifier/text_classifier.h"

namespace unroll::test {

inline TextClassifier small_classifier() {
  Vocabulary vocabulary({{"good", 3}, {"bad", 2}, {"film", 4}}, {});
  SequenceClassifierConfig config{.embedding = 6, .hidden = 5};
  config.vocabulary = vocabulary.size();
  config.classes = 3;
  EncoderSettings settings;
  settings.max_tokens = 7;
  TextClassifier classifier(TextEncoder(settings, std::move(vocabulary)), {"neg", "neu", "pos"},
                            config);
  classifier.model().init(4);
  classifier.notes.emplace("seed", "4");
  return classifier;
}

}  // namespace unroll::test
