/// Training a TextClassifier from labelled records: the pipeline behind `unroll train`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/optim/optimizer.h"
#include "unroll/optim/schedule.h"
#include "unroll/optim/training_loop.h"
#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

class Ranks;
class StreamedTexts;
struct ShardTimes;
struct TrainingMemory;

/// How texts become ids, as far as somebody can choose it before a vocabulary is made.
struct TextOptions {
  std::optional<TokenizerKind> tokenizer;      ///< none: chosen from the text
  std::string dictionary;                      ///< jieba's; "": that of the installed jieba
  std::string user_dictionary;                 ///< a user's words for jieba; "": none
  std::size_t subwords = 8000;                 ///< the most pieces of the tokenizer subword
  bool fold = true;                            ///< NFKC_Casefold
  FoldLanguage language = FoldLanguage::kAny;  ///< of the folding
  std::string stop_words = "none";             ///< none, zh, en, or a file
  std::size_t max_tokens = 400;                ///< longer texts are cut
  Vocabulary::Limits vocabulary{.min_count = 2};
};

/// The figure by which dev texts choose an epoch (metric.h).
struct Metric {
  enum class Kind : std::uint8_t { kAccuracy, kMicroF1, kMacroF1, kLabelF1, kLoss };
  Kind kind = Kind::kAccuracy;
  std::string label = {};  ///< whose F1, of kLabelF1
};

/// "accuracy", "micro-f1", "macro-f1", "f1:LABEL", "loss".
std::string to_string(const Metric& metric);
std::optional<Metric> metric_from(std::string_view name);

/// How good answers about the dev rows are.
struct DevScore {
  double accuracy = 0;
  double metric = 0;  ///< the figure that was asked for
  double loss = 0;    ///< mean over the rows that have a label, each times its weight

  /// What the training loop compares: higher is better.
  Score by(const Metric& metric) const;
};

/// How much the texts of each label count (weights.h).
struct ClassWeights {
  /// The texts of all labels together weigh the same: label k has n / (K n_k), for n texts of K
  /// labels, n_k of them with label k, each counted with the weight of its row.
  bool balanced = false;
  /// Positive and finite; a label that is not here has 1.
  std::map<std::string, double> of_label = {};
};

/// "none", "balanced", "ham=0.5,spam=5".
std::string to_string(const ClassWeights& weights);

/// Everything that can be chosen, how texts become ids included. What is left to the program (0 or
/// no value) it decides from the data and says so. What changes the result is also in
/// training_settings.cpp, so that a run that goes on is the run that was interrupted.
struct TrainClassifierOptions : TextOptions {
  /// A trained classifier whose network the new one begins with, or null. The text settings and the
  /// network's configuration are then its own, and those below do not count. Its vocabulary and its
  /// labels grow by what is new in the data (unroll/tools/classifier/grown.h).
  std::shared_ptr<const TextClassifier> start;
  // model; vocabulary and classes follow from the data
  bool ngrams = true;   ///< a linear model of n-grams takes part in the answers
  bool network = true;  ///< a recurrent network does; one of the two must
  SequenceClassifierConfig model;
  std::string vectors;  ///< a file of word vectors, or ""; their dimension is then the embedding's
  std::size_t keep_vectors = 0;  ///< so many of the file's first words join the vocabulary
  bool freeze_embedding = false;
  PrecisionChoice precision =
      PrecisionChoice::kFull;  ///< of training and the dev texts' evaluation
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
  std::size_t shards = 1;  ///< whose gradients are computed for themselves and then added
                           ///< (unroll/optim/shard_sum.h)
  std::size_t epochs = 0;  ///< 0: as many as give kDefaultSteps steps, at least kDefaultEpochs
  std::optional<std::size_t>
      early_stop;              ///< epochs; 0 is off; none: a third of the epochs, at least 3
  std::size_t max_memory = 0;  ///< bytes of the whole process; 0: no limit
  std::size_t reading_bytes =
      0;  ///< the process at its largest while records are read; 0: not counted
  // data
  /// The dev texts' figure that chooses the epoch; none: the loss, accuracy without n-grams, or
  /// micro-F1 where texts have any number of labels.
  std::optional<Metric> metric;
  ClassWeights class_weights;  ///< besides the records' own weights
  double dev_fraction = 0.1;   ///< held back from the training records if there are no dev records
  std::uint64_t seed = 1;

  static constexpr std::size_t kDefaultEpochs = 10;
  static constexpr std::size_t kDefaultSteps = 1500;
};

/// What a file of word vectors gave.
struct VectorCoverage {
  std::size_t words = 0;  ///< of the vocabulary, before any of the file's joined it
  std::size_t found = 0;  ///< how many of these have a vector
  std::size_t from_subwords =
      0;                     ///< found, but not in the file: fastText's n-grams gave the vector
  double token_share = 0;    ///< of the training texts' tokens, those that have a vector
  std::size_t kept = 0;      ///< words of the file that joined
  std::size_t rows = 0;      ///< of the file, odd ones included
  std::size_t promised = 0;  ///< the number of rows by its header; 0: it has none
  std::size_t nameless = 0;  ///< rows that were skipped since their word is empty or white space
  std::size_t broken = 0;    ///< rows that were skipped since they can't be read
  std::string first_broken;  ///< place and reason of the first one
};

/// What training found in the data and decided, before the first step.
struct TrainingPlan {
  std::size_t train_rows = 0;
  std::size_t dev_rows = 0;
  bool dev_held_back = false;
  std::size_t train_tokens = 0;        ///< an epoch's
  std::size_t cut_texts = 0;           ///< of both parts, longer than max_tokens
  std::size_t empty_texts = 0;         ///< without tokens: one unknown word
  std::size_t unknown_dev_labels = 0;  ///< dev rows with a label that training lacks
  OutputKind output = OutputKind::kSoftmax;
  Metric metric;
  std::string rarest_label;  ///< of the training rows
  std::size_t rarest_rows = 0;
  std::size_t rarest_dev_rows = 0;
  TokenizerChoice tokenizer;
  double unknown_share = 0;  ///< of the dev texts' tokens; with the reason kMostlyUnknown, of what
                             ///< they would have been
  std::size_t vocabulary = 0;
  std::optional<VectorCoverage> vectors;
  std::size_t ngrams = 0;      ///< those that the linear model knows; 0: there is none
  std::size_t ngram_rows = 0;  ///< training rows on which it is solved (ngram_sample.h)
  std::size_t parameters = 0;
  std::size_t epochs = 0;
  std::size_t early_stop = 0;
  std::size_t steps_per_epoch = 0;
  /// With the parts of batches that the limit asks for (unroll/tools/classifier/memory.h); not
  /// null.
  std::shared_ptr<TrainingMemory> memory;
};

/// The linear model, before the network's first step.
struct NgramReport {
  std::vector<double> C;     ///< of each NgramModel, chosen by the dev texts
  bool words_alone = false;  ///< so is whether naive Bayes reads letters, too
  DevScore score;            ///< of both together
  double seconds = 0;        ///< to solve it
};

struct ClassifierObserver {
  std::function<void(const TrainingPlan&, const TextClassifier&)> plan;
  /// The classifier answers by its n-grams: a first usable model.
  std::function<void(const NgramReport&, TextClassifier&)> ngrams{};
  std::function<void(const StepReport&, std::size_t tokens)> step;  ///< tokens of that step
  /// The classifier is the one of this epoch; called after it was evaluated.
  std::function<void(const EpochReport&, const DevScore&, TextClassifier&)> epoch;
  std::function<bool()> stop;
  /// How the run is kept (unroll/tools/classifier/run_folder.h). Asked once, before the first step.
  std::function<Checkpoints()> checkpoints{};
};

struct TrainedClassifier {
  TextClassifier classifier;  ///< of the best epoch, or the linear model if none was as good
  TrainingPlan plan;
  std::optional<NgramReport> ngrams;
  TrainingResult training;
  DevScore dev;  ///< of the classifier
  /// Where training diverged, as text (unroll/tools/classifier/divergence.h); "" if it did not.
  std::string divergence = {};
  /// Where the time went, if batches are cut into shards; otherwise null.
  std::shared_ptr<const ShardTimes> shard_times = nullptr;

  /// Whether a linear model alone was trained.
  bool is_solved() const { return training.epochs.empty() && !classifier.has_network(); }
  /// Whether the linear model was kept since no epoch was as good.
  bool keeps_linear() const { return !training.epochs.empty() && !training.best_epoch; }
};

/// Where some training text has several labels or none, the classifier answers any number of
/// labels. The records are taken over: a text is freed as soon as it is encoded. Throws DataError
/// if they have fewer than two labels, or if word vectors are to be frozen and no word has one;
/// UsageError if the metric or a class weight is about a label that they lack, or if the classifier
/// to start from has no network or another kind of output; MemoryError if the memory does not
/// suffice.
///
/// With `ranks` (unroll/core/ranks.h) each of them calls it with equal records and options, and
/// gets the same classifier; they share the shards of each batch. The first rank's observer decides
/// when to stop. Throws LostRankError if one of them dies.
TrainedClassifier train_classifier(std::vector<Record> train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer = {}, Ranks* ranks = nullptr);

/// The same from texts that are not held in memory (unroll/tools/classifier/streamed_texts.h), with
/// the same bits. Whether rows are held back they know; otherwise `dev` has some. The first of the
/// `ranks` on a machine makes the cache's file, in which the others find the texts.
TrainedClassifier train_classifier(StreamedTexts& train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer = {}, Ranks* ranks = nullptr);

}  // namespace unroll
