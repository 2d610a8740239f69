/// Training a TextClassifier from labelled records: the pipeline behind `unroll train`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "unroll/optim/optimizer.h"
#include "unroll/optim/schedule.h"
#include "unroll/optim/training_loop.h"
#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

struct TrainingMemory;

/// Everything that can be chosen. What is left to the program (0 or no value) it decides from the
/// data and says so.
struct TrainClassifierOptions {
  // text
  std::optional<TokenizerKind> tokenizer;  ///< none: chosen from the text
  std::string dictionary;                  ///< of jieba; "": the one of the installed jieba
  std::string user_dictionary;             ///< of jieba, words of a user; "": none
  std::size_t subwords = 8000;             ///< the most pieces of the tokenizer subword
  bool fold = true;
  FoldLanguage language = FoldLanguage::kAny;  ///< of folding
  std::string stop_words = "none";
  std::size_t max_tokens = 400;
  Vocabulary::Limits vocabulary{.min_count = 2};
  // model; vocabulary and classes follow from the data
  SequenceClassifierConfig model;
  std::string vectors;  ///< a file of word vectors, or ""; their dimension is then the embedding's
  bool freeze_embedding = false;
  Precision precision = Precision::kFull;  ///< of training and of the evaluation on dev texts
  // optimization
  OptimizerConfig optimizer;
  double learning_rate = 1e-3;
  Decay decay = Decay::kConstant;
  std::size_t warmup_steps = 0;
  double averaging = 0.995;   ///< decay of the parameters' moving average; 0 is off
  double word_dropout = 0.1;  ///< share of words read as unknown in training
  double clip_norm = 5;
  double clip_value = 0;
  std::size_t batch = 64;
  std::size_t epochs = 0;  ///< 0: as many as give kDefaultSteps steps, at least kDefaultEpochs
  std::optional<std::size_t>
      early_stop;              ///< epochs; 0 is off; none: a third of the epochs, at least 3
  std::size_t max_memory = 0;  ///< bytes of the whole process; 0: no limit
  std::size_t reading_bytes =
      0;  ///< the process at its largest while records are read; 0: not counted
  // data
  double dev_fraction = 0.1;  ///< held back from the training records if there are no dev records
  std::uint64_t seed = 1;

  static constexpr std::size_t kDefaultEpochs = 10;
  static constexpr std::size_t kDefaultSteps = 1500;
};

/// What training found in the data and decided, before the first step.
struct TrainingPlan {
  std::size_t train_rows = 0;
  std::size_t dev_rows = 0;
  bool dev_held_back = false;
  std::size_t train_tokens = 0;  ///< an epoch's
  std::size_t cut_texts = 0;     ///< of both parts, longer than max_tokens
  std::size_t empty_texts = 0;   ///< without tokens: one unknown word
  std::size_t unknown_dev_labels = 0;
  TokenizerChoice tokenizer;
  double unknown_share = 0;  ///< of the dev texts' tokens; with the reason kMostlyUnknown, of what
                             ///< they would have been
  std::size_t vocabulary = 0;
  std::size_t vectors_found = 0;
  std::size_t parameters = 0;
  std::size_t epochs = 0;
  std::size_t early_stop = 0;
  std::size_t steps_per_epoch = 0;
  /// With the parts of batches that the limit asks for (unroll/tools/classifier/memory.h); not
  /// null.
  std::shared_ptr<TrainingMemory> memory;
};

struct ClassifierObserver {
  std::function<void(const TrainingPlan&, const TextClassifier&)> plan;
  std::function<void(const StepReport&, std::size_t tokens)> step;  ///< tokens of that step
  /// The classifier is the one of this epoch; called after it was evaluated.
  std::function<void(const EpochReport&, TextClassifier&)> epoch;
  std::function<bool()> stop;
};

struct TrainedClassifier {
  TextClassifier classifier;  ///< of the best epoch
  TrainingPlan plan;
  TrainingResult training;
};

/// The records are taken over: a text is freed as soon as it is encoded. Throws DataError if they
/// have fewer than two labels, MemoryError if the memory does not suffice.
TrainedClassifier train_classifier(std::vector<Record> train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer = {});

}  // namespace unroll
