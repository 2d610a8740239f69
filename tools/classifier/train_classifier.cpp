#include "unroll/tools/classifier/train_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/ranks.h"
#include "unroll/text/batches.h"
#include "unroll/text/epoch_order.h"
#include "unroll/text/hold_back.h"
#include "unroll/text/label_sets.h"
#include "unroll/text/labels.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/unicode.h"
#include "unroll/text/unknown_share.h"
#include "unroll/text/word_vectors.h"
#include "unroll/tools/classifier/dev_fusion.h"
#include "unroll/tools/classifier/grown.h"
#include "unroll/tools/classifier/labelled_examples.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/network_training.h"
#include "unroll/tools/classifier/ngram_sample.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/streamed_texts.h"
#include "unroll/tools/classifier/text_options.h"
#include "unroll/tools/classifier/train_ngrams.h"
#include "unroll/tools/classifier/training_rows.h"
#include "unroll/tools/classifier/training_settings.h"
#include "unroll/tools/classifier/weights.h"

namespace unroll {

namespace {

/// Throws DataError for too few labels. `rows`: that have them.
void check_labels(std::span<const std::string> labels, std::size_t rows, OutputKind output) {
  if (labels.size() < 2 && output == OutputKind::kSigmoid) {
    throw DataError(
        labels.empty()
            ? std::string("training data: no row has a label")
            : fmt::format("training data: \"{}\" is the only label, and other rows have none; a "
                          "classifier needs at least two labels: give the rows without it one of "
                          "their own",
                          labels.front()));
  }
  if (labels.size() < 2) {
    throw mended_by(
        {"label_column"},
        DataError(fmt::format(
            "training data: all {} rows have the label \"{}\"; a classifier needs at least two "
            "labels (were they read from the right column?)",
            rows, labels.empty() ? "" : labels.front())));
  }
}

/// Readers have checked the weights of files; records may come from elsewhere.
void check_weights(std::span<const Record> records, std::string_view part) {
  const auto found = std::ranges::find_if_not(
      records, [](const Record& record) { return is_weight(static_cast<double>(record.weight)); });
  if (found == records.end()) return;
  throw DataError(fmt::format("{}: row {}: the weight is {}, expected {}", part,
                              found - records.begin() + 1, found->weight, what_weights_are()));
}

/// Training and held-back records.
struct Parts {
  std::vector<Record> train;
  std::vector<Record> dev;
};

Parts hold_back(std::vector<Record> records, double dev_fraction, std::uint64_t seed) {
  HoldBack hold_back(dev_fraction, seed);
  for (const Record& record : records) hold_back.add(record);
  hold_back.decide();
  std::vector<Record> dev;
  std::size_t kept = 0;
  for (std::size_t row = 0; row < records.size(); ++row) {
    if (hold_back.holds(row, records[row])) {
      dev.push_back(std::move(records[row]));
    } else if (row != kept++) {
      records[kept - 1] = std::move(records[row]);
    }
  }
  records.resize(kept);
  return {std::move(records), std::move(dev)};
}

std::size_t tokens_of(const ExampleRows& rows) {
  std::size_t tokens = 0;
  for_each_row(rows, [&](std::size_t row) { tokens += rows.length(row); });
  return tokens;
}

double share_of_unknown(std::span<const Example> examples) {
  std::ptrdiff_t unknown = 0;
  for (const Example& example : examples) {
    unknown += std::ranges::count(example.ids, Vocabulary::kUnknown);
  }
  const std::size_t tokens = tokens_of(HeldRows(examples));
  return tokens == 0 ? 0 : static_cast<double>(unknown) / static_cast<double>(tokens);
}

/// What a token takes in the lexicon while a vocabulary is made.
constexpr std::size_t kLexiconBytes = 320;

constexpr NgramSettings kNgrams;

/// What is mapped of files at a time, besides blocks of rows: a piece of a text, or of rows.
constexpr std::size_t kMappedBytes = std::size_t{24} << 20;
/// Texts by which a tokenizer is chosen, as strings.
constexpr std::size_t kBeginningBytes = 5 * kMostBytesLookedAt / 2;

std::size_t epochs_for(const TrainClassifierOptions& options, std::size_t steps_per_epoch) {
  if (options.epochs > 0) return options.epochs;
  const std::size_t enough =
      (TrainClassifierOptions::kDefaultSteps + steps_per_epoch - 1) / steps_per_epoch;
  return std::max(TrainClassifierOptions::kDefaultEpochs, enough);
}

/// Rows per batch in evaluation; any number gives the same bits.
constexpr std::size_t kEvaluationBatch = 64;

using TokenCounts = std::unordered_map<std::string, std::uint64_t>;

std::size_t bytes_of(const WordVectors& vectors) {
  const std::size_t row = sizeof(std::vector<float>) + vectors.dimension * sizeof(float);
  return vectors.table.size() * sizeof(float) + vectors.kept.size() * (row + kLexiconBytes) +
         vectors.scratch_bytes;
}

/// How much of the vocabulary, and of the texts that it was counted in, has a vector. The unknown
/// word is no word.
VectorCoverage coverage(const WordVectors& vectors, const Vocabulary& vocabulary) {
  VectorCoverage coverage{.words = vocabulary.size() - 1,
                          .from_subwords = vectors.from_subwords,
                          .kept = vectors.kept.size(),
                          .rows = vectors.rows,
                          .promised = vectors.promised,
                          .nameless = vectors.nameless,
                          .broken = vectors.broken,
                          .first_broken = vectors.first_broken};
  double tokens = static_cast<double>(vocabulary.count(Vocabulary::kUnknown)), found = 0;
  for (std::size_t id = 1; id < vocabulary.size(); ++id) {
    const auto count = static_cast<double>(vocabulary.count(static_cast<std::int32_t>(id)));
    tokens += count;
    found += vectors.present[id] ? count : 0;
    coverage.found += vectors.present[id] ? 1 : 0;
  }
  coverage.token_share = tokens > 0 ? found / tokens : 0;
  return coverage;
}

/// One call of train_classifier: encode, plan, train.
class Session {
 public:
  Session(const TrainClassifierOptions& options, const ClassifierObserver& observer, Ranks& ranks,
          bool dev_held_back)
      : options_(options), observer_(observer), ranks_(ranks) {
    plan_.memory = std::make_shared<TrainingMemory>();
    plan_.dev_held_back = dev_held_back;
  }

  TrainedClassifier run(std::vector<Record> train, std::vector<Record> dev) {
    if (!options_.vectors.empty()) vector_file_.emplace(options_.vectors);
    release_freed_memory();  // of reading the records
    count_reading(options_.reading_bytes);
    count_reading(kProgramBytes + bytes_of(train) + bytes_of(dev) +
                  (plan_.dev_held_back
                       ? HoldBack::bytes(train.size() + dev.size(), options_.dev_fraction)
                       : 0));
    const auto labels =
        decide_labels(labels_in(train), train.size(), have_any_number_of_labels(train), dev);
    TextEncoder encoder = encode(std::move(train), std::move(dev), labels);
    unroll::weigh(held_train_, dev_, labels, options_.class_weights, sets());
    train_ = std::make_unique<HeldRows>(held_train_);
    plan_.memory->data_bytes = bytes_of(held_train_) + bytes_of(dev_);
    return run(std::move(encoder), labels);
  }

  TrainedClassifier run(StreamedTexts& texts, std::vector<Record> dev) {
    if (!options_.vectors.empty()) vector_file_.emplace(options_.vectors);
    release_freed_memory();
    count_reading(kProgramBytes + kMappedBytes + bytes_of(dev));
    EncodedTexts encoded = encode_or_read(texts, dev);
    take(encoded);
    if (texts.holds_back()) dev = texts.take_held_back();
    const auto labels = decide_labels(labels_among(encoded.combinations), texts.survey().rows,
                                      have_any_number(encoded.combinations), dev);
    auto rows =
        std::make_unique<FileRows>(texts.take_rows(), numbers_of(encoded.combinations, labels));
    take_dev(std::move(dev), encoded.encoder, labels);
    weigh(*rows, labels);
    plan_.memory->data_bytes = bytes_of(dev_) + mapped_bytes(*rows);
    train_ = std::move(rows);
    return run(std::move(encoded.encoder), labels);
  }

 private:
  /// What is left to do when texts are examples.
  TrainedClassifier run(TextEncoder encoder, const std::vector<std::string>& labels) {
    find_rarest(labels);
    refuse_metric_of_absent_label(labels);
    release_freed_memory();
    fusion_.emplace(dev_, sets());
    if (options_.network) {  // and what it says about the dev texts
      plan_.memory->data_bytes += dev_.size() * labels.size() * sizeof(double);
    }
    plan_.memory->process_bytes =
        kProgramBytes + bytes_of(encoder.vocabulary()) + bytes_of(encoder.settings().tokenizer);
    TextClassifier classifier = make_classifier(std::move(encoder), labels);
    if (options_.ngrams) add_ngrams(classifier);
    plan(classifier);
    plan_memory(classifier);
    if (observer_.plan) observer_.plan(plan_, classifier);
    std::optional<NgramReport> ngrams;
    if (classifier.ngrams() != nullptr) ngrams = fit_ngrams(classifier);
    if (ngrams && observer_.ngrams) observer_.ngrams(*ngrams, classifier);
    const auto linear = ngrams ? std::optional(ngrams->score) : std::nullopt;
    if (!classifier.has_network())
      return {std::move(classifier), plan_, std::move(ngrams), {}, *linear, {}, {}};
    NetworkTraining training(options_, plan_, {*train_, dev_, sets(), *fusion_}, linear, observer_,
                             ranks_);
    const TrainingResult result = training.fit(classifier);
    if (linear && !result.epochs.empty() && !result.best_epoch) classifier.drop_network();
    return {std::move(classifier), plan_,
            std::move(ngrams),     result,
            training.dev_score(),  training.divergence(),
            training.shard_times()};
  }

  /// Decides what is answered. Returns the labels.
  std::vector<std::string> decide_labels(std::vector<std::string> labels, std::size_t rows,
                                         bool are_sets, std::span<const Record> dev) {
    if (are_sets || (options_.start && options_.start->has_any_number_of_labels()))
      plan_.output = OutputKind::kSigmoid;
    if (plan_.output == OutputKind::kSoftmax) refuse_several_labels(dev);
    if (options_.start) {
      check_start(*options_.start, plan_.output);
      labels = grown(options_.start->labels(), std::move(labels));
    } else {
      check_labels(labels, rows, plan_.output);
    }
    plan_.metric = options_.metric.value_or(default_metric());
    check_metric(plan_.metric, labels);
    return labels;
  }

  /// Words that training has not met are known where a file has vectors for them.
  EncoderSettings choose_encoder_settings(std::span<const std::string_view> train,
                                          std::span<const std::string_view> dev) {
    if (options_.start) {
      plan_.tokenizer.kind = options_.start->encoder().settings().tokenizer.kind;
      return options_.start->encoder().settings();
    }
    const auto judged = options_.vectors.empty() ? dev : std::span<const std::string_view>();
    ChosenSettings chosen = choose_settings(options_, train, judged);
    plan_.tokenizer = chosen.tokenizer;
    plan_.unknown_share = chosen.unknown_share;
    return std::move(chosen.settings);
  }

  /// How many dev texts are right moves by chance, their loss less. Fused answers are as sure as
  /// the dev texts want them, so their loss says which epoch is best. A network alone becomes too
  /// sure before it becomes worse, and its loss would end it too early.
  Metric default_metric() const {
    if (plan_.output == OutputKind::kSigmoid) return {.kind = Metric::Kind::kMicroF1};
    return {.kind = options_.ngrams ? Metric::Kind::kLoss : Metric::Kind::kAccuracy};
  }

  static void refuse_several_labels(std::span<const Record> dev) {
    const auto found = std::ranges::find_if(dev, [](const Record& record) {
      return have_any_number_of_labels({&record, 1});
    });
    if (found == dev.end()) return;
    throw mended_by(
        {"dev"}, DataError(fmt::format("the dev texts have several labels or none (line {}), the "
                                       "training texts one each",
                                       found->line)));
  }

  /// Null where each text has one label.
  const LabelSets* sets() const {
    return plan_.output == OutputKind::kSigmoid ? &label_sets_ : nullptr;
  }
  LabelNumbers label_numbers(const std::vector<std::string>& labels) {
    return {labels, plan_.output == OutputKind::kSigmoid ? &label_sets_ : nullptr};
  }

  /// Texts become examples. The vocabulary is that of the training texts.
  TextEncoder encode(std::vector<Record> train, std::vector<Record> dev,
                     const std::vector<std::string>& labels) {
    const EncoderSettings settings = choose_encoder_settings(texts_of(train), texts_of(dev));
    Lexicon lexicon;
    NgramSample sample(kNgrams, options_.seed);
    const TakeTokens take_tokens = [&](std::span<const TokenizedText> texts) {
      if (options_.ngrams) sample.add(texts);
    };
    held_train_ =
        take(take_examples(std::move(train), label_numbers(labels), settings, take_tokens,
                           [&](auto texts) { return lexicon.add(texts, settings.max_tokens); }));
    take(sample);
    const TextEncoder encoder = encoder_of(lexicon, settings);
    const Lexicon::Ids ids(lexicon, encoder);
    constexpr std::size_t kTextsPerPart = 1024;
    parallel_for(held_train_.size(), kTextsPerPart, [&](Range range) {
      for (std::size_t k = range.begin; k < range.end; ++k) ids.encode(held_train_[k].ids);
    });
    count_reading(kProgramBytes + bytes_of(held_train_) + bytes_of(dev) +
                  lexicon.size() * kLexiconBytes + bytes_of(vectors_));
    held_bytes_ = std::max(held_bytes_, resident_bytes());
    take_dev(std::move(dev), encoder, labels);
    return encoder;
  }

  /// The encoder of the counted tokens, and of those of a file of vectors.
  TextEncoder encoder_of(const Lexicon& lexicon, const EncoderSettings& settings) {
    const TokenCounts counts = lexicon.counts(options_.vocabulary.min_count, settings.tokenizer);
    Vocabulary vocabulary =
        options_.start ? grown(options_.start->encoder().vocabulary(), counts, options_.vocabulary)
                       : Vocabulary(counts, options_.vocabulary);
    read_vectors(settings, counts, vocabulary);
    return {settings, std::move(vocabulary)};
  }

  void take_dev(std::vector<Record> dev, const TextEncoder& encoder,
                const std::vector<std::string>& labels) {
    dev_ = take(take_examples(std::move(dev), label_numbers(labels), encoder.settings(),
                              counting(dev_ngrams_.counts),
                              [&](auto texts) { return encoder.encode(texts); }));
  }

  /// What was found on the way is the plan's.
  std::vector<Example> take(TakenExamples taken) {
    plan_.cut_texts += taken.cut_texts;
    plan_.empty_texts += taken.empty_texts;
    held_bytes_ = std::max(held_bytes_, taken.held_bytes);
    return std::move(taken.examples);
  }

  void take(NgramSample& sample) {
    ngram_rows_ = sample.take_rows();
    train_ngrams_.counts = sample.take_counts();
  }

  /// Makes the file of the training rows from their texts.
  /// The first rank of a machine encodes the texts, the others read what it has made. That takes
  /// long, and a rank that is silent for long counts as lost: so all tell each other how far they
  /// are.
  EncodedTexts encode_or_read(StreamedTexts& texts, std::span<const Record> dev) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds kSilence{10};
    const auto all_are_done = [&](bool is_done) {
      const std::vector<std::string> told = ranks_.share(is_done ? "done" : "");
      return std::ranges::none_of(told, &std::string::empty);
    };
    std::optional<EncodedTexts> encoded;
    if (!texts.is_cached() && ranks_.is_first_here()) {
      texts.meanwhile([&, last = Clock::now()]() mutable {
        if (Clock::now() - last < kSilence) return;
        all_are_done(false);
        last = Clock::now();
      });
      encoded = encode(texts, dev);
      texts.meanwhile({});
    }
    while (!all_are_done(true)) {
    }
    if (encoded) return std::move(*encoded);
    if (!texts.is_cached()) texts.look();
    if (!texts.is_cached()) return encode(texts, dev);  // in a cache that is this rank's alone
    encoded = texts.read();
    if (vector_file_) read_vectors_again(*encoded);
    return std::move(*encoded);
  }

  EncodedTexts encode(StreamedTexts& texts, std::span<const Record> dev) {
    count_reading(kProgramBytes + kMappedBytes + bytes_of(dev) +
                  std::max(kBeginningBytes, texts.splitting_bytes()));
    EncodedTexts encoded;
    Lexicon lexicon;
    NgramSample sample(kNgrams, options_.seed);
    const EncoderSettings settings = [&] {
      const StreamedTexts::Beginning beginning = texts.beginning();
      const std::vector<std::string_view> train(beginning.train.begin(), beginning.train.end());
      const std::vector<std::string_view> held(beginning.dev.begin(), beginning.dev.end());
      return choose_encoder_settings(train, texts.holds_back() ? held : texts_of(dev));
    }();
    encoded.tokenizer = plan_.tokenizer;
    encoded.unknown_share = plan_.unknown_share;
    texts.number(settings, lexicon, options_.ngrams ? &sample : nullptr, encoded);
    encoded.encoder = encoder_of(lexicon, settings);
    encoded.own_words = own_words_;
    encoded.unknown = own_unknown_;
    encoded.ngram_rows = sample.take_rows();
    encoded.ngrams = sample.take_counts();
    held_bytes_ = std::max(held_bytes_, resident_bytes());
    count_reading(kProgramBytes + kMappedBytes + bytes_of(dev) + lexicon.size() * kLexiconBytes +
                  encoded.ngrams.bytes() + bytes_of(vectors_));
    texts.encode(Lexicon::Ids(lexicon, encoded.encoder), encoded);
    return encoded;
  }

  /// What the passes over the texts found out is the plan's, be it now or in an earlier run.
  void take(EncodedTexts& encoded) {
    plan_.tokenizer = encoded.tokenizer;
    plan_.unknown_share = encoded.unknown_share;
    plan_.cut_texts = encoded.cut_texts;
    plan_.empty_texts = encoded.empty_texts;
    train_ngrams_.counts = std::move(encoded.ngrams);
    ngram_rows_ = std::move(encoded.ngram_rows);
  }

  /// The words of a cached vocabulary that were there before the file's joined it.
  void read_vectors_again(const EncodedTexts& encoded) {
    const Vocabulary& all = encoded.encoder.vocabulary();
    std::vector<Vocabulary::Entry> entries;
    for (std::size_t k = 0; k < encoded.own_words; ++k) {
      const auto id = static_cast<std::int32_t>(k);
      entries.push_back({std::string(all.token(id)), all.count(id)});
    }
    entries.front().count = encoded.unknown;
    Vocabulary own(entries);
    read_vectors(encoded.encoder.settings(), {}, own);
  }

  /// The labels of combinations, in byte order.
  static std::vector<std::string> labels_among(
      std::span<const std::vector<std::string>> combinations) {
    std::set<std::string> labels;
    for (const auto& combination : combinations)
      labels.insert(combination.begin(), combination.end());
    labels.erase("");
    return {labels.begin(), labels.end()};
  }

  static bool have_any_number(std::span<const std::vector<std::string>> combinations) {
    return std::ranges::any_of(combinations, [](const auto& combination) {
      return combination.size() > 1 || combination.front().empty();
    });
  }

  /// What Example::label is for each combination.
  std::vector<std::int32_t> numbers_of(std::span<const std::vector<std::string>> combinations,
                                       const std::vector<std::string>& labels) {
    const LabelNumbers number_of = label_numbers(labels);
    std::vector<std::int32_t> numbers;
    for (const auto& combination : combinations) {
      Record record;
      record.label = combination.front();
      record.more_labels.assign(combination.begin() + 1, combination.end());
      numbers.push_back(number_of(record));
    }
    return numbers;
  }

  void weigh(FileRows& rows, const std::vector<std::string>& labels) {
    const RowWeights weights = row_weights(rows, labels, options_.class_weights, sets());
    rows.weigh(weights);
    for (Example& example : dev_) example.weight = weights(example.label, example.weight);
  }

  /// The memory that mapped rows take in training: blocks that are joined, and their order.
  std::size_t mapped_bytes(const FileRows& rows) const {
    constexpr std::size_t kOrderBytes = 6 * sizeof(std::size_t);
    const EpochOrder order(rows, options_.batch, options_.seed);
    const std::size_t ids = tokens_of(rows);
    const std::size_t most =
        std::min(rows.size(), EpochOrder::kJoinedBlocks * EpochOrder::kBlockRows);
    return static_cast<std::size_t>(rows.bytes_per_id(ids) *
                                    static_cast<double>(order.most_ids())) +
           most * kOrderBytes + kMappedBytes;
  }

  void find_rarest(std::span<const std::string> labels) {
    std::vector<std::size_t> rows(labels.size());
    for_each_row(*train_, [&](std::size_t row) {
      const std::int32_t numbers = train_->label(row);
      for (const std::int32_t label : unroll::labels_of(numbers, sets()))
        ++rows[static_cast<std::size_t>(label)];
    });
    const auto rarest = std::ranges::min_element(rows) - rows.begin();
    plan_.rarest_label = labels[static_cast<std::size_t>(rarest)];
    plan_.rarest_rows = rows[static_cast<std::size_t>(rarest)];
    plan_.rarest_dev_rows = dev_rows_with(static_cast<std::int32_t>(rarest));
  }

  /// All epochs would be as good.
  void refuse_metric_of_absent_label(const std::vector<std::string>& labels) const {
    if (plan_.metric.kind != Metric::Kind::kLabelF1) return;
    const auto label = std::ranges::lower_bound(labels, plan_.metric.label) - labels.begin();
    if (dev_rows_with(static_cast<std::int32_t>(label)) > 0) return;
    throw mended_by({"metric", "dev"},
                    DataError(fmt::format("no dev text has the label \"{}\", whose F1 is to choose "
                                          "the epoch: choose by another figure, or give dev texts "
                                          "that have it",
                                          plan_.metric.label)));
  }

  std::size_t dev_rows_with(std::int32_t label) const {
    return static_cast<std::size_t>(std::ranges::count_if(dev_, [&](const Example& example) {
      return std::ranges::binary_search(unroll::labels_of(example.label, sets()), label);
    }));
  }

  /// Reads the file of word vectors, if there is one. Words of it that are kept join the
  /// vocabulary.
  void read_vectors(const EncoderSettings& settings, const TokenCounts& counts,
                    Vocabulary& vocabulary) {
    own_words_ = vocabulary.size();
    own_unknown_ = vocabulary.count(Vocabulary::kUnknown);
    if (!vector_file_) return;
    vectors_ = vector_file_->read(vocabulary, settings, options_.keep_vectors);
    plan_.vectors = coverage(vectors_, vocabulary);
    vector_file_.reset();
    if (options_.freeze_embedding && plan_.vectors->found == 0) refuse_useless_vectors();
    std::vector<Vocabulary::Entry> kept;
    for (const std::string& word : vectors_.kept) {
      const auto found = counts.find(word);
      kept.push_back({word, found == counts.end() ? 0 : found->second});
    }
    vocabulary = vocabulary.with(kept);
  }

  [[noreturn]] void refuse_useless_vectors() const {
    throw mended_by(
        {"vectors", "freeze_embedding"},
        DataError(fmt::format("{}: none of the {} words of the training texts has a vector in this "
                              "file, and frozen vectors would stay random: is it of this language, "
                              "and are its words cut as the texts are?",
                              options_.vectors, plan_.vectors->words)));
  }

  TakeTokens counting(SparseCounts& counts) const {
    if (!options_.ngrams) return {};
    return [&](std::span<const TokenizedText> texts) { append_ngrams(texts, kNgrams, counts); };
  }

  TextClassifier make_classifier(TextEncoder encoder, const std::vector<std::string>& labels) {
    if (!options_.network) {
      TextClassifier classifier(std::move(encoder), labels, plan_.output);
      classifier.notes[TextClassifier::kIcuNote] = icu_version();
      return classifier;
    }
    SequenceClassifierConfig config =
        options_.start ? options_.start->model().config() : options_.model;
    config.vocabulary = encoder.vocabulary().size();
    config.classes = labels.size();
    config.output = plan_.output;
    if (vectors_.dimension > 0) config.embedding = vectors_.dimension;
    TextClassifier classifier(std::move(encoder), labels, config);
    classifier.notes[TextClassifier::kIcuNote] = icu_version();
    classifier.model().init(options_.seed);
    if (options_.start) copy_learnt(*options_.start, labels, classifier.model());
    classifier.model().set_precision(training_precision(options_));
    count_reading(plan_.memory->process_bytes + plan_.memory->data_bytes + bytes_of(vectors_) +
                  sizeof(float) * count_values(classifier.model().parameters()));
    load_vectors(classifier.model().embedding().E);
    plan_.parameters = count_values(classifier.model().parameters());
    return classifier;
  }

  /// Numbers the n-grams of all texts. The linear model knows those of two training texts or more:
  /// they are a third of all, and the others hardly tell anything.
  void add_ngrams(TextClassifier& classifier) {
    constexpr std::size_t kLeastTexts = 2;
    NgramIndex index(train_ngrams_.counts, kLeastTexts);
    if (index.size() == 0) index = NgramIndex(train_ngrams_.counts, 1);
    if (index.size() == 0) {
      throw DataError("training data: no text has a token; is the text column the right one?");
    }
    count_reading(process_bytes() + train_ngrams_.counts.bytes() + dev_ngrams_.counts.bytes() +
                  index.bytes());
    index.number_columns(train_ngrams_.counts);
    index.number_columns(dev_ngrams_.counts);
    constexpr std::size_t kRowsAtATime = 256;  // a mapped file has each in another page
    for (const std::size_t row : ngram_rows_) {
      train_ngrams_.labels.push_back(train_->label(row));
      train_ngrams_.weights.push_back(train_->weight(row));
      if (train_ngrams_.labels.size() % kRowsAtATime == 0) train_->release();
    }
    train_->release();
    dev_ngrams_.labels = labels_of(dev_);
    dev_ngrams_.weights = weights_of(dev_);
    train_ngrams_.sets = dev_ngrams_.sets = sets();
    plan_.ngrams = index.size();
    plan_.ngram_rows = ngram_rows_.size();
    const std::size_t labels = classifier.labels().size();
    classifier.set_ngrams(NgramClassifier(kNgrams, std::move(index), labels, plan_.output));
    plan_.memory->ngram_bytes =
        classifier.ngrams()->bytes() +
        (kNgramModels.size() + (sets() == nullptr ? 0 : 1)) * dev_.size() * labels * sizeof(double);
    count_reading(process_bytes() + plan_.memory->ngram_bytes +
                  solving_bytes(train_ngrams_.counts, dev_ngrams_.counts, plan_.ngrams,
                                kNgramModels.size() * classifier.ngrams()->machines()));
  }

  /// What is held before the first step, besides the n-grams.
  std::size_t process_bytes() const {
    return plan_.memory->process_bytes + plan_.memory->data_bytes +
           plan_.parameters * sizeof(float);
  }

  /// Solves the linear model, and lets the counted texts go.
  NgramReport fit_ngrams(TextClassifier& classifier) {
    const auto begun = std::chrono::steady_clock::now();
    NgramTraining training =
        unroll::train_ngrams(train_ngrams_, dev_ngrams_, *classifier.ngrams(), options_.seed);
    train_ngrams_ = {};
    dev_ngrams_ = {};
    release_freed_memory();
    fusion_->set_margins(std::move(training.dev));
    NgramReport report{
        .C = std::move(training.C), .words_alone = training.words_alone, .score = {}, .seconds = 0};
    report.score = fusion_->fit({}, plan_.metric, classifier);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    report.seconds = seconds.count();
    return report;
  }

  void plan(const TextClassifier& classifier) {
    plan_.train_rows = train_->size();
    plan_.dev_rows = dev_.size();
    plan_.train_tokens = tokens_of(*train_);
    plan_.vocabulary = classifier.encoder().vocabulary().size();
    if (plan_.tokenizer.reason != TokenizerReason::kMostlyUnknown) {
      plan_.unknown_share = share_of_unknown(dev_);
    }
    plan_.unknown_dev_labels = dev_rows_with(-1);
    if (!classifier.has_network()) return;
    plan_.steps_per_epoch = (train_->size() + options_.batch - 1) / options_.batch;
    plan_.epochs = epochs_for(options_, plan_.steps_per_epoch);
    plan_.early_stop = options_.early_stop.value_or(std::max<std::size_t>(3, plan_.epochs / 3));
  }

  /// Something that is held before the first step.
  void count_reading(std::size_t bytes) {
    plan_.memory->reading_bytes = std::max(plan_.memory->reading_bytes, bytes);
  }

  /// Rows of words that the file has; the others keep their random values.
  void load_vectors(Parameter<float>& E) {
    E.frozen = options_.freeze_embedding;
    const MatrixView<float> rows = E.value.matrix();
    for (std::size_t id = 0; id < vectors_.present.size(); ++id) {
      if (vectors_.present[id])
        std::ranges::copy(vectors_.table.matrix().row(id), rows.row(id).begin());
    }
    for (std::size_t k = 0; k < vectors_.kept.size(); ++k)
      std::ranges::copy(vectors_.kept_vectors[k], rows.row(vectors_.present.size() + k).begin());
    vectors_ = {};
  }

  /// What batches of so many texts take at most.
  BatchLimits training_limits(std::size_t rows) const {
    BatchLimits limits = batch_limits(*train_, rows, plan_.vocabulary);
    // Word dropout may bring in the unknown word.
    limits.distinct = std::min({limits.distinct + 1, plan_.vocabulary, limits.tokens});
    return limits;
  }

  void plan_memory(const TextClassifier& classifier) {
    TrainingMemory& memory = *plan_.memory;
    memory.batch = training_limits(options_.batch);
    memory.shards = options_.shards;
    memory.shard = training_limits((options_.batch + options_.shards - 1) / options_.shards);
    memory.evaluation = batch_limits(dev_, kEvaluationBatch, plan_.vocabulary);
    memory.optimizer = options_.optimizer;
    memory.averaging = options_.averaging;
    memory.frozen_embedding = options_.freeze_embedding;
    memory.precision = training_precision(options_);
    if (options_.max_memory == 0) return;
    if (classifier.has_network()) {
      hold_memory(classifier.model(), options_.max_memory, held_bytes_, memory);
    } else {
      check_memory(options_.max_memory, held_bytes_, memory);
    }
  }

  const TrainClassifierOptions& options_;
  const ClassifierObserver& observer_;
  Ranks& ranks_;
  TrainingPlan plan_;
  std::size_t held_bytes_ = 0;  // by the process, as measured
  std::optional<WordVectorFile> vector_file_;
  WordVectors vectors_;                 // until they are in the model
  LabelSets label_sets_;                // where texts have any number of labels
  std::vector<Example> held_train_;     // where the texts were in memory
  std::unique_ptr<ExampleRows> train_;  // these, or the rows of a file
  std::vector<Example> dev_;
  std::vector<std::size_t> ngram_rows_;  // training rows on which the linear model is solved
  std::size_t own_words_ = 0;            // of the vocabulary, without those of a file of vectors
  std::uint64_t own_unknown_ = 0;        // and its unknown word's count
  LabelledCounts train_ngrams_, dev_ngrams_;
  std::optional<DevFusion> fusion_;  // once the dev texts are encoded
};

void require_something(const TrainClassifierOptions& options) {
  if (!options.ngrams && !options.network)
    throw UsageError("neither a network nor n-grams: there is nothing to train");
}

}  // namespace

TrainedClassifier train_classifier(std::vector<Record> train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer, Ranks* ranks) {
  require_something(options);
  check_weights(train, "training data");
  check_weights(dev, "dev data");
  Ranks alone;
  const bool held_back = dev.empty();
  if (held_back) {
    Parts parts = hold_back(std::move(train), options.dev_fraction, options.seed);
    train = std::move(parts.train);
    dev = std::move(parts.dev);
  }
  return Session(options, observer, ranks == nullptr ? alone : *ranks, held_back)
      .run(std::move(train), std::move(dev));
}

TrainedClassifier train_classifier(StreamedTexts& train, std::vector<Record> dev,
                                   const TrainClassifierOptions& options,
                                   const ClassifierObserver& observer, Ranks* ranks) {
  require_something(options);
  check_weights(dev, "dev data");
  Ranks alone;
  return Session(options, observer, ranks == nullptr ? alone : *ranks, train.holds_back())
      .run(train, std::move(dev));
}

}  // namespace unroll
