/// PredictionScratch: the memory that a prediction needs besides its predictor, kept from one call
/// to the next. One per thread of use.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "unroll/core/thread_tuner.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/text/encoder.h"

namespace unroll {

struct PredictionScratch {
  explicit PredictionScratch(const TextEncoder& encoder)
      : tokenizer(encoder.settings().tokenizer) {}

  Tokenizer tokenizer;
  std::vector<Example> examples;
  std::vector<std::size_t> order;
  Batch batch;
  SequencePredictor<float>::Scratch layers;
  std::optional<ThreadTuner> threads;  ///< for a call that is not itself a part of parallel work
};

}  // namespace unroll
