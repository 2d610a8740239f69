// An untrained classifier of three labels and a few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unroll/tools/classifier/ngram_classifier.h"
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

/// The classifier with a linear model of the n-grams of a text, of some weights.
inline TextClassifier small_fused_classifier() {
  TextClassifier classifier = small_classifier();
  NgramCounter counter({});
  counter.count(std::vector<std::string>{"good", "bad", "film", "很好"});
  SparseCounts rows;
  rows.append(counter.keys(), counter.counts());
  NgramClassifier ngrams({}, NgramIndex(rows, 1), classifier.labels().size());
  for (std::size_t k = 0; k < ngrams.W.size(); ++k) {
    ngrams.W[k] = to_bfloat16(0.125F * static_cast<float>(k % 7) - 0.25F);
  }
  ngrams.idf.fill(1.5F);
  ngrams.b.fill(0.25F);
  classifier.set_ngrams(std::move(ngrams));
  classifier.set_fusion({.network = 0.5, .ngrams = {1.25, 0.75}});
  return classifier;
}

}  // namespace unroll::test
