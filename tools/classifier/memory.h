/// What training and prediction hold in memory at most, from the plans that also reserve it, and
/// how training is kept within a limit.
///
/// A training run holds its most either while it reads and encodes the texts or while it trains:
/// the texts are gone by then. Both are counted from the data alone, never measured, so that the
/// same data and limit give the same plan, and the same model to the bit. What can only be measured
/// (how the C library spreads small objects) is checked against the limit, and changes no plan.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/memory_plan.h"
#include "unroll/core/sparse_counts.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/training_loop.h"
#include "unroll/text/batches.h"
#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

/// What the memory of a training run depends on besides its model.
struct TrainingMemory {
  BatchLimits batch;            ///< of training
  std::size_t shards = 1;       ///< into which batches are cut
  BatchLimits shard;            ///< of one of them, where there are several
  BatchLimits evaluation;       ///< of evaluation on the dev texts
  std::size_t most_tokens = 0;  ///< batches are trained on in parts of so many; 0: whole
  std::size_t data_bytes = 0;   ///< the encoded texts and their order, what the network says about
                                ///< the dev texts
  std::size_t process_bytes = 0;  ///< program, libraries and vocabulary
  std::size_t ngram_bytes = 0;    ///< the linear model, and its margins on the dev texts
  std::size_t reading_bytes = 0;  ///< the process at its largest before the first step: while texts
                                  ///< are read and encoded, and while the linear model is solved
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

/// What the program and its libraries take, ICU's dictionaries and a block of tokens included.
inline constexpr std::size_t kProgramBytes = std::size_t{15} << 20;

/// Bytes of texts as they were read.
std::size_t bytes_of(std::span<const Record> records);
/// Bytes of a vocabulary, and of its JSON while a model is written.
std::size_t bytes_of(const Vocabulary& vocabulary);
/// Bytes while a linear model of so many n-grams is solved: the counted texts, and on each thread
/// one of the machines with what it learnt with each C. `machines`: of both models.
std::size_t solving_bytes(const SparseCounts& train, const SparseCounts& dev, std::size_t ngrams,
                          std::size_t machines);
/// Bytes of what a tokenizer has besides: a dictionary or subwords, also as JSON while a model is
/// written.
std::size_t bytes_of(const TokenizerSettings& tokenizer);
/// Bytes of encoded texts and of the numbers that order them.
std::size_t bytes_of(std::span<const Example> examples);

/// For each of a model's trainable parameters, how many rows of its gradient such a batch touches:
/// of the embedding, those of the batch's words.
std::vector<std::size_t> most_touched_rows(SequenceClassifier<float>& model,
                                           const BatchLimits& limits);

/// The pass of a training step, on whole batches or on shards.
void plan_pass(const SequenceClassifier<float>& model, const TrainingMemory& memory,
               SequenceClassifier<float>::Pass& pass, MemoryPlan& plan);

/// What a batch's targets of sigmoids take: y (B, K).
void plan_targets(const SequenceClassifierConfig& config, const BatchLimits& limits,
                  Tensor<float>& y, MemoryPlan& plan);

/// All parts of training this model, whose embedding is frozen if it was or will be in training.
MemoryPlan count_memory(const SequenceClassifier<float>& model, const TrainingMemory& memory);
/// All parts of training the classifier's network, or the one part of a linear model alone.
MemoryPlan count_memory(const TextClassifier& classifier, const TrainingMemory& memory);

/// Makes training batches and evaluation batches so much smaller that all parts together have at
/// most `most_bytes`. Throws MemoryError that says how much the least is. `held_bytes`: the most
/// that the process has held so far, where that was measured.
void hold_memory(const SequenceClassifier<float>& model, std::size_t most_bytes,
                 std::size_t held_bytes, TrainingMemory& memory);
/// Throws MemoryError if a linear model alone needs more than `most_bytes`: nothing makes it less.
void check_memory(std::size_t most_bytes, std::size_t held_bytes, const TrainingMemory& memory);

/// All parts of predicting texts as long as the classifier takes them, on all threads.
MemoryPlan count_prediction_memory(const TextClassifier& classifier);

}  // namespace unroll
