/// What training and prediction hold in memory at most, from the plans that also reserve it, and
/// how training is kept within a limit. The program itself, its libraries and the texts as they
/// were read are not in it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/memory_plan.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/training_loop.h"
#include "unroll/text/batches.h"
#include "unroll/tools/text_classifier.h"

namespace unroll {

/// What the memory of a training run depends on beside its model.
struct TrainingMemory {
  BatchLimits batch;            ///< of training
  BatchLimits evaluation;       ///< of evaluation on the dev texts
  std::size_t most_tokens = 0;  ///< batches are trained on in parts of so many; 0: whole
  std::size_t data_bytes = 0;   ///< the encoded texts
  OptimizerConfig optimizer;
  double averaging = 0;
  bool frozen_embedding = false;
  Precision precision = Precision::kFull;
};

/// The note of a model that has this as JSON.
inline constexpr std::string_view kMemoryNote = "memory";

/// One line of JSON, for a model's notes.
std::string to_json(const TrainingMemory& memory);
/// Throws ModelError for anything that to_json would not write.
TrainingMemory training_memory_from_json(std::string_view json);

/// Bytes of encoded texts.
std::size_t bytes_of(std::span<const Example> examples);

/// All parts of training this model, whose embedding is frozen if it was or will be in training.
MemoryPlan count_memory(const SequenceClassifier<float>& model, const TrainingMemory& memory);

/// Makes training batches and evaluation batches so much smaller that all parts together have at
/// most `most_bytes`. Throws MemoryError that says how much the least is.
void hold_memory(const SequenceClassifier<float>& model, std::size_t most_bytes,
                 TrainingMemory& memory);

/// All parts of predicting texts as long as the classifier takes them, on all threads.
MemoryPlan count_prediction_memory(const TextClassifier& classifier);

}  // namespace unroll
