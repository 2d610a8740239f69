/// PredictionScratch: the memory that a prediction needs besides its predictor, kept from one call
/// to the next. One per thread of use.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "unroll/core/thread_tuner.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/tools/classifier/ngram_classifier.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

struct PredictionScratch {
  explicit PredictionScratch(const TextClassifier& classifier)
      : tokenizer(classifier.encoder().settings().tokenizer) {
    if (classifier.ngrams() != nullptr) ngrams.emplace(*classifier.ngrams());
  }

  Tokenizer tokenizer;
  std::optional<NgramClassifier::Scratch> ngrams;
  std::vector<Example> examples;
  Tensor<double> margins;  ///< (texts, 2 K) of the n-gram models
  std::vector<float> O;    ///< (K) fused
  std::vector<std::size_t> order;
  Batch batch;
  SequencePredictor<float>::Scratch layers;
  std::optional<ThreadTuner> threads;  ///< for a call that is not itself a part of parallel work
};

}  // namespace unroll
