#include "unroll/tools/train_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/core/thread_tuner.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/optim/optimizer.h"
#include "unroll/text/batches.h"
#include "unroll/text/split.h"
#include "unroll/text/unicode.h"
#include "unroll/text/word_vectors.h"

namespace unroll {

namespace {

/// Rows per batch in evaluation; any number gives the same bits.
constexpr std::size_t kEvaluationBatch = 64;

std::vector<std::string_view> texts_of(std::span<const Record> records) {
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  return texts;
}

std::vector<std::string> labels_of(std::span<const Record> records) {
  std::set<std::string> labels;
  for (const Record& record : records) labels.insert(record.label);
  if (labels.size() < 2) {
    throw DataError(fmt::format(
        "training data: all {} rows have the label \"{}\"; a classifier needs at least two "
        "labels (is the right column named by --label-col?)",
        records.size(), labels.empty() ? "" : *labels.begin()));
  }
  return {labels.begin(), labels.end()};
}

/// Training and held-back records.
struct Parts {
  std::vector<Record> train;
  std::vector<Record> dev;
};

Parts hold_back(std::span<const Record> records, double dev_fraction, std::uint64_t seed) {
  const std::array<double, 2> fractions{1 - dev_fraction, dev_fraction};
  const auto parts = stratified_split(records, fractions, seed);
  const auto pick = [&](const std::vector<std::size_t>& rows) {
    std::vector<Record> picked;
    for (std::size_t row : rows) picked.push_back(records[row]);
    return picked;
  };
  Parts result{pick(parts[0]), pick(parts[1])};
  if (result.dev.empty() || result.train.empty()) {
    throw DataError(fmt::format(
        "training data: {} rows are too few to hold some back; name a --dev file", records.size()));
  }
  return result;
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

/// The examples of one part, and what was noticed on the way.
std::vector<Example> encode(std::span<const Record> records, std::span<const TokenizedText> texts,
                            const TextClassifier& classifier, TrainingPlan& plan) {
  std::vector<Example> examples(records.size());
  for (std::size_t r = 0; r < records.size(); ++r) {
    examples[r] = {classifier.encoder().encode(texts[r]),
                   classifier.label_number(records[r].label)};
    plan.cut_texts += texts[r].cut ? 1 : 0;
    plan.empty_texts += texts[r].tokens.empty() ? 1 : 0;
  }
  return examples;
}

EncoderSettings encoder_settings(const TrainClassifierOptions& options,
                                 std::span<const std::string_view> texts) {
  const TokenizerKind kind = options.tokenizer ? *options.tokenizer : choose_tokenizer(texts);
  return {.tokenizer = {.kind = kind, .fold = options.fold},
          .stop_words = StopWords::load(options.stop_words),
          .max_tokens = options.max_tokens};
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
    plan_.dev_held_back = dev_held_back;
  }

  TrainedClassifier run(std::span<const Record> train, std::span<const Record> dev) {
    TextClassifier classifier = prepare(train, dev);
    classifier.model().init(options_.seed);
    classifier.model().set_precision(options_.precision);
    load_vectors(classifier);
    plan_memory(classifier.model());
    plan_.parameters = count_values(classifier.model().parameters());
    if (observer_.plan) observer_.plan(plan_, classifier);
    const TrainingResult result = fit(classifier);
    return {std::move(classifier), plan_, result};
  }

 private:
  TextClassifier prepare(std::span<const Record> train, std::span<const Record> dev) {
    const std::vector<std::string> labels = labels_of(train);
    const std::vector<std::string_view> train_texts = texts_of(train);
    const EncoderSettings settings = encoder_settings(options_, train_texts);
    const std::vector<TokenizedText> train_tokens = tokenize(train_texts, settings);
    Vocabulary vocabulary(
        split_rare_words(count_tokens(train_tokens), options_.vocabulary.min_count),
        options_.vocabulary);

    SequenceClassifierConfig config = options_.model;
    config.vocabulary = vocabulary.size();
    config.classes = labels.size();
    if (!options_.vectors.empty()) {
      vectors_ = read_word_vectors(options_.vectors, vocabulary);
      config.embedding = vectors_.dimension;
    }
    TextClassifier classifier(TextEncoder(settings, std::move(vocabulary)), labels, config);
    classifier.notes[TextClassifier::kIcuNote] = icu_version();
    train_ = encode(train, train_tokens, classifier, plan_);
    dev_ = encode(dev, tokenize(texts_of(dev), settings), classifier, plan_);
    plan(classifier);
    return classifier;
  }

  void plan(const TextClassifier& classifier) {
    plan_.train_rows = train_.size();
    plan_.dev_rows = dev_.size();
    plan_.train_tokens = tokens_of(train_);
    plan_.tokenizer = classifier.encoder().settings().tokenizer.kind;
    plan_.vocabulary = classifier.encoder().vocabulary().size();
    plan_.unknown_dev_labels =
        static_cast<std::size_t>(std::ranges::count(dev_, -1, &Example::label));
    plan_.steps_per_epoch = (train_.size() + options_.batch - 1) / options_.batch;
    plan_.epochs = epochs_for(options_, plan_.steps_per_epoch);
    plan_.early_stop = options_.early_stop.value_or(std::max<std::size_t>(3, plan_.epochs / 3));
  }

  /// Rows of words that the file has; the others keep their random values.
  void load_vectors(TextClassifier& classifier) {
    Parameter<float>& E = classifier.model().embedding().E;
    E.frozen = options_.freeze_embedding;
    for (std::size_t id = 0; id < vectors_.present.size(); ++id) {
      if (vectors_.present[id]) {
        std::ranges::copy(vectors_.table.matrix().row(id), E.value.matrix().row(id).begin());
      }
    }
    plan_.vectors_found = vectors_.found;
  }

  void plan_memory(const SequenceClassifier<float>& model) {
    TrainingMemory& memory = plan_.memory;
    memory.batch = batch_limits(train_, options_.batch, plan_.vocabulary);
    // Word dropout may bring in the unknown word.
    memory.batch.distinct =
        std::min({memory.batch.distinct + 1, plan_.vocabulary, memory.batch.tokens});
    memory.evaluation = batch_limits(dev_, kEvaluationBatch, plan_.vocabulary);
    memory.data_bytes = bytes_of(train_) + bytes_of(dev_);
    memory.optimizer = options_.optimizer;
    memory.averaging = options_.averaging;
    memory.frozen_embedding = options_.freeze_embedding;
    memory.precision = options_.precision;
    if (options_.max_memory > 0) hold_memory(model, options_.max_memory, memory);
  }

  /// So that no step asks for memory.
  void reserve(SequenceClassifier<float>& model, Batch& batch,
               SequenceClassifier<float>::Pass& pass) const {
    MemoryPlan plan(MemoryPlan::Mode::kReserve);
    plan_parameters(model.parameters(), plan);
    plan_batch(plan_.memory.batch, batch, plan);
    model.plan(plan_.memory.batch, plan_.memory.most_tokens, pass, plan);
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
        .evaluate = [&] { return score(model, dev_, plan_.memory.evaluation.rows, threads); }};

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
  WordVectors vectors_;
  std::vector<Example> train_;
  std::vector<Example> dev_;
};

}  // namespace

TrainedClassifier train_classifier(std::span<const Record> train, std::span<const Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer) {
  if (!dev.empty()) return Session(options, observer, false).run(train, dev);
  const Parts parts = hold_back(train, options.dev_fraction, options.seed);
  return Session(options, observer, true).run(parts.train, parts.dev);
}

}  // namespace unroll
