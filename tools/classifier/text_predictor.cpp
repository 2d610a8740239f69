#include "unroll/tools/classifier/text_predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/kernels/half.h"
#include "unroll/kernels/ops.h"
#include "unroll/text/batches.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/prediction_scratch.h"

namespace unroll {

namespace {

TextClassifier for_prediction(TextClassifier classifier, PrecisionChoice precision) {
  if (classifier.has_network()) {
    const LayerSizes sizes = layer_sizes(classifier.model().config());
    classifier.model().set_precision(precision_of(precision, Passes::kInference, sizes));
    free_grad(classifier.model().parameters());
  }
  return classifier;
}

/// The fused O of one text. The network's O may be empty, and so may the `margins` (2 K).
void fuse(const FusionWeights& weights, std::span<const float> O, std::span<const double> margins,
          std::span<float> fused) {
  const std::size_t labels = fused.size();
  for (std::size_t k = 0; k < labels; ++k) {
    double sum = O.empty() ? 0 : weights.network * static_cast<double>(O[k]);
    for (std::size_t at = k, model = 0; at < margins.size(); at += labels, ++model) {
      sum += weights.ngrams[model] * margins[at];
    }
    fused[k] = static_cast<float>(sum + weights.bias);
  }
}

/// The scratches that the simple calls use, kept from one call to the next: as many as there were
/// threads in such calls at once.
class Scratches {
 public:
  explicit Scratches(const TextClassifier& classifier) : classifier_(classifier) {}

  /// body(scratch), with one that nobody else has.
  template <typename Body>
  void with_one(Body body) {
    std::unique_ptr<PredictionScratch> scratch = take();
    if (!scratch) scratch = std::make_unique<PredictionScratch>(classifier_);
    body(*scratch);  // of one that has thrown the rest is lost, nothing else
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(scratch));
  }

 private:
  std::unique_ptr<PredictionScratch> take() {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return nullptr;
    std::unique_ptr<PredictionScratch> last = std::move(kept_.back());
    kept_.pop_back();
    return last;
  }

  const TextClassifier& classifier_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PredictionScratch>> kept_;
};

}  // namespace

class TextPredictor::Engine {
 public:
  Engine(TextClassifier classifier, WordProducts words, PrecisionChoice precision)
      : classifier_(for_prediction(std::move(classifier), precision)), scratches_(classifier_) {
    if (classifier_.has_network()) predictor_.emplace(classifier_.model(), words);
  }

  const TextClassifier& classifier() const { return classifier_; }
  Precision precision() const { return predictor_ ? predictor_->precision() : Precision::kFull; }
  std::vector<std::string> beyond_float16() const {
    return predictor_ ? predictor_->beyond_float16() : std::vector<std::string>();
  }
  std::size_t word_table_bytes() const { return predictor_ ? predictor_->word_table_bytes() : 0; }

  std::vector<Prediction> predict(std::span<const std::string_view> texts) const;
  std::vector<Prediction> predict_valid_ones(std::span<const std::string_view> texts) const;
  void predict_with(PredictionScratch& scratch, std::span<const std::string_view> texts,
                    std::span<Prediction> predictions) const;

 private:
  /// Texts on their way to predictions: what the network reads, and what n-grams say already.
  struct Encoded {
    std::span<Example> examples;
    MatrixView<double> margins;  ///< (texts, 2 K)
  };
  void predict_shared(std::span<const std::string_view> texts,
                      std::span<Prediction> predictions) const;
  void size_margins(std::size_t texts, Tensor<double>& margins) const;
  TokenFigures encode(std::string_view text, std::size_t k, PredictionScratch& scratch,
                      const Encoded& encoded) const;
  void predict_batch(const Encoded& encoded, std::span<const std::size_t> rows,
                     PredictionScratch& scratch, std::span<Prediction> predictions) const;
  void run_network(PredictionScratch& scratch, const Encoded& encoded,
                   std::span<Prediction> predictions) const;
  void set_prediction(std::span<const float> O, std::span<const double> margins,
                      PredictionScratch& scratch, Prediction& prediction) const;

  TextClassifier classifier_;
  std::optional<SequencePredictor<float>> predictor_;
  mutable Scratches scratches_;
};

std::vector<Prediction> TextPredictor::Engine::predict(
    std::span<const std::string_view> texts) const {
  const auto is_bad = [](std::string_view text) { return invalid_utf8(text).has_value(); };
  if (std::ranges::any_of(texts, is_bad)) return predict_valid_ones(texts);
  std::vector<Prediction> predictions(texts.size());
  if (texts.size() > kBatch && thread_count() > 1) {
    predict_shared(texts, predictions);
  } else {
    scratches_.with_one(
        [&](PredictionScratch& scratch) { predict_with(scratch, texts, predictions); });
  }
  return predictions;
}

std::vector<Prediction> TextPredictor::Engine::predict_valid_ones(
    std::span<const std::string_view> texts) const {
  std::vector<Prediction> predictions(texts.size());
  std::vector<std::string_view> valid;
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const auto offset = invalid_utf8(texts[k]);
    if (offset) {
      predictions[k].error = fmt::format("the text is not valid UTF-8 at byte {}", *offset);
    } else {
      valid.push_back(texts[k]);
    }
  }
  std::vector<Prediction> labelled = predict(valid);
  auto next = labelled.begin();
  for (Prediction& prediction : predictions) {
    if (prediction.error.empty()) prediction = std::move(*next++);
  }
  return predictions;
}

/// Texts at a time: threads take batches, each for itself.
void TextPredictor::Engine::predict_shared(std::span<const std::string_view> texts,
                                           std::span<Prediction> predictions) const {
  std::vector<Example> examples(texts.size());
  Tensor<double> margins;
  size_margins(texts.size(), margins);
  const Encoded encoded{examples, margins.matrix()};
  parallel_for(texts.size(), kBatch, [&](Range range) {
    scratches_.with_one([&](PredictionScratch& scratch) {
      for (std::size_t k = range.begin; k < range.end; ++k) {
        predictions[k].text = encode(texts[k], k, scratch, encoded);
      }
    });
  });
  const auto batches = sorted_batches(examples, kBatch);
  parallel_parts(batches.size(), [&](std::size_t k) {
    scratches_.with_one([&](PredictionScratch& scratch) {
      predict_batch(encoded, batches[k], scratch, predictions);
    });
  });
}

void TextPredictor::Engine::predict_with(PredictionScratch& scratch,
                                         std::span<const std::string_view> texts,
                                         std::span<Prediction> predictions) const {
  scratch.examples.resize(texts.size());
  size_margins(texts.size(), scratch.margins);
  const Encoded encoded{scratch.examples, scratch.margins.matrix()};
  for (std::size_t k = 0; k < texts.size(); ++k) {
    predictions[k].text = encode(texts[k], k, scratch, encoded);
  }
  sort_by_length(scratch.examples, scratch.order);
  for (std::size_t first = 0; first < texts.size(); first += kBatch) {
    const auto rows =
        std::span(scratch.order).subspan(first).first(std::min(kBatch, texts.size() - first));
    predict_batch(encoded, rows, scratch, predictions);
  }
}

void TextPredictor::Engine::size_margins(std::size_t texts, Tensor<double>& margins) const {
  if (classifier_.ngrams() != nullptr && texts > 0) {
    margins.resize({texts, kNgramModels.size() * classifier_.labels().size()});
  }
}

/// Text number k.
TokenFigures TextPredictor::Engine::encode(std::string_view text, std::size_t k,
                                           PredictionScratch& scratch,
                                           const Encoded& encoded) const {
  const TokenizedText tokens = classifier_.encoder().tokenize(text, scratch.tokenizer);
  TokenFigures figures = classifier_.encoder().encode(tokens, encoded.examples[k].ids);
  if (const NgramClassifier* ngrams = classifier_.ngrams()) {
    if (!predictor_ && ngrams->settings().most_tokens == 0) figures.cut = false;
    ngrams->margins(
        tokens.tokens, *scratch.ngrams,
        {encoded.margins.row(k).data(), kNgramModels.size(), classifier_.labels().size()});
  }
  return figures;
}

void TextPredictor::Engine::predict_batch(const Encoded& encoded, std::span<const std::size_t> rows,
                                          PredictionScratch& scratch,
                                          std::span<Prediction> predictions) const {
  if (predictor_) {
    make_batch(encoded.examples, rows, scratch.batch);
    run_network(scratch, encoded, predictions);
    return;
  }
  for (const std::size_t row : rows) {
    set_prediction({}, encoded.margins.row(row), scratch, predictions[row]);
  }
}

/// Threads share the batch, as many as make it fast.
void TextPredictor::Engine::run_network(PredictionScratch& scratch, const Encoded& encoded,
                                        std::span<Prediction> predictions) const {
  const Batch& batch = scratch.batch;
  std::optional<ThreadTuner::Turn> turn;
  if (thread_count() > 1) {
    if (!scratch.threads) scratch.threads.emplace();
    turn.emplace(*scratch.threads, static_cast<double>(batch.shape.tokens()));
  }
  const MatrixView<const float> O = predictor_->predict(batch.shape, batch.ids, scratch.layers);
  turn.reset();
  for (std::size_t r = 0; r < batch.rows.size(); ++r) {
    const std::size_t row = batch.rows[r];
    const auto margins =
        encoded.margins.empty() ? std::span<const double>() : encoded.margins.row(row);
    set_prediction(O.row(r), margins, scratch, predictions[row]);
  }
}

/// What the network and the n-grams say about one text, whichever there are, as probabilities.
void TextPredictor::Engine::set_prediction(std::span<const float> O,
                                           std::span<const double> margins,
                                           PredictionScratch& scratch,
                                           Prediction& prediction) const {
  const std::size_t labels = classifier_.labels().size();
  scratch.O.resize(labels);
  fuse(classifier_.fusion(), O, margins, scratch.O);
  prediction.probabilities.resize(labels);
  switch (classifier_.output()) {
    case OutputKind::kSoftmax:
      softmax<float>(MatrixView<const float>(scratch.O.data(), 1, labels),
                     MatrixView<float>(prediction.probabilities.data(), 1, labels));
      break;
    case OutputKind::kSigmoid:
      activate<float>(Activation::kSigmoid, scratch.O, prediction.probabilities);
      break;
  }
  // A temperature moves no O past another one, but rounding may make two equal.
  const auto decides = margins.empty() ? O : std::span<const float>(scratch.O);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(decides) - decides.begin());
  prediction.label = classifier_.labels()[best];
  prediction.probability = static_cast<double>(prediction.probabilities[best]);
}

TextPredictor::TextPredictor(TextClassifier classifier, WordProducts words,
                             PrecisionChoice precision)
    : engine_(std::make_unique<const Engine>(std::move(classifier), words, precision)) {}

TextPredictor::~TextPredictor() = default;
TextPredictor::TextPredictor(TextPredictor&&) noexcept = default;
TextPredictor& TextPredictor::operator=(TextPredictor&&) noexcept = default;

TextPredictor TextPredictor::load(const std::filesystem::path& path, WordProducts words,
                                  PrecisionChoice precision) {
  return TextPredictor(TextClassifier::load(path), words, precision);
}

Precision TextPredictor::precision() const {
  return engine_->precision();
}

std::vector<std::string> TextPredictor::beyond_float16() const {
  return engine_->beyond_float16();
}

std::vector<std::string_view> TextPredictor::labels_of(const Prediction& prediction,
                                                       double threshold) const {
  std::vector<std::size_t> found;
  if (classifier().has_any_number_of_labels()) {
    for (std::size_t k = 0; k < prediction.probabilities.size(); ++k) {
      if (static_cast<double>(prediction.probabilities[k]) >= threshold) found.push_back(k);
    }
    std::ranges::stable_sort(found, std::greater<>(),
                             [&](std::size_t k) { return prediction.probabilities[k]; });
  } else if (prediction.probability >= threshold) {
    const auto best = std::ranges::max_element(prediction.probabilities);
    found.push_back(static_cast<std::size_t>(best - prediction.probabilities.begin()));
  }
  std::vector<std::string_view> names;
  for (const std::size_t k : found) names.push_back(labels()[k]);
  return names;
}

Prediction TextPredictor::predict(std::string_view text) const {
  Prediction prediction = std::move(predict(std::span(&text, 1)).front());
  if (!prediction.error.empty()) throw DataError(prediction.error);
  return prediction;
}

std::vector<Prediction> TextPredictor::predict(std::span<const std::string_view> texts) const {
  return engine_->predict(texts);
}

void TextPredictor::predict_with(PredictionScratch& scratch,
                                 std::span<const std::string_view> texts,
                                 std::span<Prediction> predictions) const {
  engine_->predict_with(scratch, texts, predictions);
}

const std::vector<std::string>& TextPredictor::labels() const {
  return classifier().labels();
}

const TextClassifier& TextPredictor::classifier() const {
  return engine_->classifier();
}

std::size_t TextPredictor::word_table_bytes() const {
  return engine_->word_table_bytes();
}

}  // namespace unroll
