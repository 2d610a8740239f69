#include "unroll/tools/classifier/train_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/core/thread_tuner.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/optim/optimizer.h"
#include "unroll/text/batches.h"
#include "unroll/text/jieba_files.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/split.h"
#include "unroll/text/subword_training.h"
#include "unroll/text/unicode.h"
#include "unroll/text/unknown_share.h"
#include "unroll/text/word_vectors.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/process_memory.h"

namespace unroll {

namespace {

/// Rows per batch in evaluation; any number gives the same bits.
constexpr std::size_t kEvaluationBatch = 64;

/// Bytes of the texts that are split at once: enough for all threads, little against the rest of
/// the process even where every character is a token.
constexpr std::size_t kBytesAtATime = std::size_t{1} << 17;

std::vector<std::string_view> texts_of(std::span<const Record> records) {
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  return texts;
}

std::vector<std::string> labels_of(std::span<const Record> records) {
  std::set<std::string> labels;
  for (const Record& record : records) labels.insert(record.label);
  if (labels.size() < 2) {
    throw mended_by(
        {"label_column"},
        DataError(fmt::format(
            "training data: all {} rows have the label \"{}\"; a classifier needs at least two "
            "labels (were they read from the right column?)",
            records.size(), labels.empty() ? "" : *labels.begin())));
  }
  return {labels.begin(), labels.end()};
}

/// Training and held-back records.
struct Parts {
  std::vector<Record> train;
  std::vector<Record> dev;
};

Parts hold_back(std::vector<Record> records, double dev_fraction, std::uint64_t seed) {
  const std::array<double, 2> fractions{1 - dev_fraction, dev_fraction};
  const auto parts = stratified_split(records, fractions, seed);
  if (parts[0].empty() || parts[1].empty()) {
    throw mended_by({"dev"},
                    DataError(fmt::format("training data: {} rows are too few to hold some back; "
                                          "give dev texts of their own",
                                          records.size())));
  }
  std::vector<Record> dev;
  dev.reserve(parts[1].size());
  for (const std::size_t row : parts[1]) dev.push_back(std::move(records[row]));
  std::size_t kept = 0;
  for (const std::size_t row : parts[0]) {
    if (row != kept) records[kept] = std::move(records[row]);
    ++kept;
  }
  records.resize(kept);
  return {std::move(records), std::move(dev)};
}

/// The share of examples whose label the model finds, and the mean loss. A label that training has
/// not seen counts as wrong and has no loss.
Score score(const SequenceClassifier<float>& model, std::span<const Example> examples,
            std::size_t batch_size, ThreadTuner& threads) {
  const SequencePredictor<float> predictor(model);
  SequencePredictor<float>::Scratch scratch;
  Batch batch;
  std::size_t correct = 0;
  double loss = 0;
  for (const std::vector<std::size_t>& rows : sorted_batches(examples, batch_size)) {
    make_batch(examples, rows, batch);
    const ThreadTuner::Turn turn(threads, static_cast<double>(batch.shape.tokens()));
    const MatrixView<const float> all = predictor.predict(batch.shape, batch.ids, scratch);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (batch.labels[r] < 0) continue;
      const auto O = all.row_range(r, 1);
      const auto best = std::ranges::max_element(O.row(0)) - O.row(0).begin();
      if (best == batch.labels[r]) ++correct;
      loss += softmax_cross_entropy<float>(O, std::span(batch.labels).subspan(r, 1), 1);
    }
  }
  const auto count = static_cast<double>(examples.size());
  return {.value = static_cast<double>(correct) / count, .loss = loss / count};
}

std::size_t tokens_of(std::span<const Example> examples) {
  std::size_t tokens = 0;
  for (const Example& example : examples) tokens += example.ids.size();
  return tokens;
}

double share_of_unknown(std::span<const Example> examples) {
  std::ptrdiff_t unknown = 0;
  for (const Example& example : examples) {
    unknown += std::ranges::count(example.ids, Vocabulary::kUnknown);
  }
  const std::size_t tokens = tokens_of(examples);
  return tokens == 0 ? 0 : static_cast<double>(unknown) / static_cast<double>(tokens);
}

/// The number of a label among labels in byte order, −1 if it is not among them.
std::int32_t number_of(const std::string& label, const std::vector<std::string>& labels) {
  const auto found = std::ranges::lower_bound(labels, label);
  const bool is_known = found != labels.end() && *found == label;
  return is_known ? static_cast<std::int32_t>(found - labels.begin()) : -1;
}

/// What a text's place in a split takes, and a token's in the lexicon while a vocabulary is made.
constexpr std::size_t kSplitBytes = 176;
constexpr std::size_t kLexiconBytes = 320;

/// The first records that are split at once.
std::span<const Record> first_block(std::span<const Record> records) {
  std::size_t count = 0, bytes = 0;
  while (count < records.size() && bytes < kBytesAtATime) bytes += records[count++].text.size();
  return records.first(count);
}

/// Splits texts block by block, so that the tokens of one block are held, and frees each text then.
/// `to_numbers` makes a text's tokens an example's ids, or what will become these.
template <typename ToNumbers>
std::vector<Example> take_examples(std::vector<Record> records,
                                   const std::vector<std::string>& labels,
                                   const EncoderSettings& settings, TrainingPlan& plan,
                                   std::size_t& held_bytes, ToNumbers to_numbers) {
  std::vector<Example> examples;
  examples.reserve(records.size());
  while (examples.size() < records.size()) {
    const auto block = first_block(std::span(records).subspan(examples.size()));
    const std::vector<TokenizedText> texts = tokenize(texts_of(block), settings);
    held_bytes = std::max(held_bytes, resident_bytes());
    for (const TokenizedText& text : texts) {
      Record& record = records[examples.size()];
      examples.push_back({to_numbers(text), number_of(record.label, labels)});
      plan.cut_texts += text.cut ? 1 : 0;
      plan.empty_texts += text.tokens.empty() ? 1 : 0;
      std::string().swap(record.text);
    }
  }
  return examples;
}

TokenizerSettings tokenizer_settings(const TrainClassifierOptions& options, TokenizerKind kind,
                                     std::span<const std::string_view> texts) {
  TokenizerSettings settings{.kind = kind, .fold = options.fold, .language = options.language};
  if (kind == TokenizerKind::kJieba) {
    settings.dictionary = std::make_shared<const JiebaDictionary>(
        read_jieba({options.dictionary, options.user_dictionary}));
  }
  if (kind == TokenizerKind::kSubword) {
    settings.subwords = std::make_shared<const Subwords>(
        train_subwords(texts, settings.folding(), options.subwords));
  }
  return settings;
}

EncoderSettings encoder_settings(const TrainClassifierOptions& options, TokenizerKind kind,
                                 std::span<const std::string_view> texts) {
  TokenizerSettings tokenizer = tokenizer_settings(options, kind, texts);
  const FoldSettings folding{.language = tokenizer.language};
  return {.tokenizer = std::move(tokenizer),
          .stop_words = StopWords::load(options.stop_words, folding),
          .max_tokens = options.max_tokens};
}

/// Beyond this share of unknown tokens a model sees little but the unknown word.
constexpr double kMostUnknown = 0.5;

/// The tokenizer of the texts, with its reason. Where words are too rare to be known, characters
/// take their place; but not if a file has vectors for words that training has not met.
EncoderSettings choose_encoder_settings(const TrainClassifierOptions& options,
                                        std::span<const std::string_view> train,
                                        std::span<const std::string_view> dev, TrainingPlan& plan) {
  plan.tokenizer = options.tokenizer ? TokenizerChoice{*options.tokenizer, TokenizerReason::kNamed}
                                     : choose_tokenizer(train);
  EncoderSettings settings = encoder_settings(options, plan.tokenizer.kind, train);
  if (options.tokenizer || !options.vectors.empty()) return settings;
  const double share = unknown_share(train, dev, settings, options.vocabulary);
  if (share <= kMostUnknown) return settings;
  plan.tokenizer = {TokenizerKind::kChar, TokenizerReason::kMostlyUnknown};
  plan.unknown_share = share;
  return encoder_settings(options, TokenizerKind::kChar, train);
}

std::size_t epochs_for(const TrainClassifierOptions& options, std::size_t steps_per_epoch) {
  if (options.epochs > 0) return options.epochs;
  const std::size_t enough =
      (TrainClassifierOptions::kDefaultSteps + steps_per_epoch - 1) / steps_per_epoch;
  return std::max(TrainClassifierOptions::kDefaultEpochs, enough);
}

/// One call of train_classifier: encode, plan, train.
class Session {
 public:
  Session(const TrainClassifierOptions& options, const ClassifierObserver& observer,
          bool dev_held_back)
      : options_(options), observer_(observer) {
    plan_.memory = std::make_shared<TrainingMemory>();
    plan_.dev_held_back = dev_held_back;
  }

  TrainedClassifier run(std::vector<Record> train, std::vector<Record> dev) {
    release_freed_memory();  // of reading the records
    count_reading(options_.reading_bytes);
    count_reading(kProgramBytes + bytes_of(train) + bytes_of(dev) +
                  (train.size() + dev.size()) * (plan_.dev_held_back ? kSplitBytes : 0));
    const std::vector<std::string> labels = labels_of(train);
    TextEncoder encoder = encode(std::move(train), std::move(dev), labels);
    release_freed_memory();
    plan_.memory->data_bytes = bytes_of(train_) + bytes_of(dev_);
    plan_.memory->process_bytes =
        kProgramBytes + bytes_of(encoder.vocabulary()) + bytes_of(encoder.settings().tokenizer);
    TextClassifier classifier = make_classifier(std::move(encoder), labels);
    plan(classifier);
    plan_memory(classifier.model());
    plan_.parameters = count_values(classifier.model().parameters());
    if (observer_.plan) observer_.plan(plan_, classifier);
    const TrainingResult result = fit(classifier);
    return {std::move(classifier), plan_, result};
  }

 private:
  /// Texts become examples. The vocabulary is that of the training texts.
  TextEncoder encode(std::vector<Record> train, std::vector<Record> dev,
                     const std::vector<std::string>& labels) {
    const EncoderSettings settings =
        choose_encoder_settings(options_, texts_of(train), texts_of(dev), plan_);
    Lexicon lexicon;
    train_ = take_examples(std::move(train), labels, settings, plan_, held_bytes_,
                           [&](const TokenizedText& text) { return lexicon.add(text); });
    TextEncoder encoder(
        settings, Vocabulary(lexicon.counts(options_.vocabulary.min_count, settings.tokenizer),
                             options_.vocabulary));
    const Lexicon::Ids ids(lexicon, encoder);
    for (Example& example : train_) ids.encode(example.ids);
    count_reading(kProgramBytes + bytes_of(train_) + bytes_of(dev) +
                  lexicon.size() * kLexiconBytes);
    held_bytes_ = std::max(held_bytes_, resident_bytes());
    dev_ = take_examples(std::move(dev), labels, settings, plan_, held_bytes_,
                         [&](const TokenizedText& text) { return encoder.encode(text); });
    return encoder;
  }

  TextClassifier make_classifier(TextEncoder encoder, const std::vector<std::string>& labels) {
    SequenceClassifierConfig config = options_.model;
    config.vocabulary = encoder.vocabulary().size();
    config.classes = labels.size();
    WordVectors vectors;
    if (!options_.vectors.empty()) {
      vectors = read_word_vectors(options_.vectors, encoder.vocabulary());
      config.embedding = vectors.dimension;
    }
    TextClassifier classifier(std::move(encoder), labels, config);
    classifier.notes[TextClassifier::kIcuNote] = icu_version();
    classifier.model().init(options_.seed);
    classifier.model().set_precision(options_.precision);
    load_vectors(vectors, classifier.model().embedding().E);
    count_reading(plan_.memory->process_bytes + plan_.memory->data_bytes +
                  sizeof(float) *
                      (vectors.table.size() + count_values(classifier.model().parameters())));
    return classifier;
  }

  void plan(const TextClassifier& classifier) {
    plan_.train_rows = train_.size();
    plan_.dev_rows = dev_.size();
    plan_.train_tokens = tokens_of(train_);
    plan_.vocabulary = classifier.encoder().vocabulary().size();
    if (plan_.tokenizer.reason != TokenizerReason::kMostlyUnknown) {
      plan_.unknown_share = share_of_unknown(dev_);
    }
    plan_.unknown_dev_labels =
        static_cast<std::size_t>(std::ranges::count(dev_, -1, &Example::label));
    plan_.steps_per_epoch = (train_.size() + options_.batch - 1) / options_.batch;
    plan_.epochs = epochs_for(options_, plan_.steps_per_epoch);
    plan_.early_stop = options_.early_stop.value_or(std::max<std::size_t>(3, plan_.epochs / 3));
  }

  /// Something that is held before the first step.
  void count_reading(std::size_t bytes) {
    plan_.memory->reading_bytes = std::max(plan_.memory->reading_bytes, bytes);
  }

  /// Rows of words that the file has; the others keep their random values.
  void load_vectors(const WordVectors& vectors, Parameter<float>& E) {
    E.frozen = options_.freeze_embedding;
    for (std::size_t id = 0; id < vectors.present.size(); ++id) {
      if (vectors.present[id]) {
        std::ranges::copy(vectors.table.matrix().row(id), E.value.matrix().row(id).begin());
      }
    }
    plan_.vectors_found = vectors.found;
  }

  void plan_memory(const SequenceClassifier<float>& model) {
    TrainingMemory& memory = *plan_.memory;
    memory.batch = batch_limits(train_, options_.batch, plan_.vocabulary);
    // Word dropout may bring in the unknown word.
    memory.batch.distinct =
        std::min({memory.batch.distinct + 1, plan_.vocabulary, memory.batch.tokens});
    memory.evaluation = batch_limits(dev_, kEvaluationBatch, plan_.vocabulary);
    memory.optimizer = options_.optimizer;
    memory.averaging = options_.averaging;
    memory.frozen_embedding = options_.freeze_embedding;
    memory.precision = options_.precision;
    if (options_.max_memory > 0) hold_memory(model, options_.max_memory, held_bytes_, memory);
  }

  /// So that no step asks for memory.
  void reserve(SequenceClassifier<float>& model, Batch& batch,
               SequenceClassifier<float>::Pass& pass) const {
    MemoryPlan plan(MemoryPlan::Mode::kReserve);
    plan_parameters(model.parameters(), plan);
    plan_batch(plan_.memory->batch, batch, plan);
    model.plan(plan_.memory->batch, plan_.memory->most_tokens, pass, plan);
  }

  TrainingResult fit(TextClassifier& classifier) {
    SequenceClassifier<float>& model = classifier.model();
    SequenceClassifier<float>::Pass pass;
    Batch batch;
    reserve(model, batch, pass);
    std::vector<std::vector<std::size_t>> batches;
    std::uint64_t steps = 0;
    std::size_t tokens = 0;
    ThreadTuner threads;  // of the evaluation

    const TrainingTask task{
        .begin_epoch =
            [&](std::size_t epoch) {
              Random random(options_.seed, "shuffle/" + std::to_string(epoch));
              batches = shuffled_batches(train_, options_.batch, random);
              return batches.size();
            },
        .loss_and_gradients =
            [&](std::size_t step) {
              make_batch(train_, batches[step], batch);
              drop_words(steps, batch.ids);
              tokens = batch.shape.tokens();
              const DropoutSource dropout{.seed = options_.seed, .step = steps++};
              return model.loss_and_gradients(batch.shape, batch.ids, batch.labels, pass, &dropout);
            },
        .work = [&](std::size_t step) { return work_of(batches[step]); },
        .evaluate = [&] { return score(model, dev_, plan_.memory->evaluation.rows, threads); }};

    TrainingObserver watch{.step = {}, .epoch = {}, .stop = observer_.stop};
    if (observer_.step)
      watch.step = [&](const StepReport& report) { observer_.step(report, tokens); };
    if (observer_.epoch) {
      watch.epoch = [&](const EpochReport& report) { observer_.epoch(report, classifier); };
    }
    const auto optimizer = make_optimizer<float>(options_.optimizer);
    return unroll::train(model.trainable_parameters(), *optimizer, loop_options(), task, watch);
  }

  /// Tokens of a batch.
  double work_of(std::span<const std::size_t> rows) const {
    std::size_t tokens = 0;
    for (std::size_t row : rows) tokens += train_[row].ids.size();
    return static_cast<double>(tokens);
  }

  /// Reads some words as the unknown one: no text hangs on a single word, and the unknown word
  /// learns what it means. A function of the seed and the step.
  void drop_words(std::uint64_t step, std::span<std::int32_t> ids) const {
    if (options_.word_dropout == 0) return;
    Random random(options_.seed, "dropout/words/", step);
    for (std::int32_t& id : ids) {
      if (random.uniform() < options_.word_dropout) id = Vocabulary::kUnknown;
    }
  }

  TrainingOptions loop_options() const {
    return {.epochs = plan_.epochs,
            .early_stop = plan_.early_stop,
            .clip_norm = options_.clip_norm,
            .clip_value = options_.clip_value,
            .averaging = options_.averaging,
            .schedule = {
                .peak = options_.learning_rate,
                .decay = options_.decay,
                .total_steps = plan_.epochs * plan_.steps_per_epoch,
                .warmup_steps = options_.warmup_steps,
                // the step schedule halves the rate three times in a run
                .step_every = std::max<std::size_t>(1, plan_.epochs * plan_.steps_per_epoch / 4)}};
  }

  const TrainClassifierOptions& options_;
  const ClassifierObserver& observer_;
  TrainingPlan plan_;
  std::size_t held_bytes_ = 0;  // by the process, as measured
  std::vector<Example> train_;
  std::vector<Example> dev_;
};

}  // namespace

TrainedClassifier train_classifier(std::vector<Record> train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer) {
  const bool held_back = dev.empty();
  if (held_back) {
    Parts parts = hold_back(std::move(train), options.dev_fraction, options.seed);
    train = std::move(parts.train);
    dev = std::move(parts.dev);
  }
  return Session(options, observer, held_back).run(std::move(train), std::move(dev));
}

}  // namespace unroll
