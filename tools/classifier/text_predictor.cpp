#include "unroll/tools/classifier/text_predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"
#include "unroll/text/batches.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/prediction_scratch.h"

namespace unroll {

namespace {

TextClassifier for_prediction(TextClassifier classifier, Precision precision) {
  classifier.model().set_precision(precision);
  free_grad(classifier.model().parameters());
  return classifier;
}

/// The scratches that the simple calls use, kept from one call to the next: as many as there were
/// threads in such calls at once.
class Scratches {
 public:
  explicit Scratches(const TextEncoder& encoder) : encoder_(encoder) {}

  /// body(scratch), with one that nobody else has.
  template <typename Body>
  void with_one(Body body) {
    std::unique_ptr<PredictionScratch> scratch = take();
    if (!scratch) scratch = std::make_unique<PredictionScratch>(encoder_);
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

  const TextEncoder& encoder_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PredictionScratch>> kept_;
};

}  // namespace

class TextPredictor::Engine {
 public:
  Engine(TextClassifier classifier, WordProducts words, Precision precision)
      : classifier_(for_prediction(std::move(classifier), precision)),
        predictor_(classifier_.model(), words),
        scratches_(classifier_.encoder()) {}

  const TextClassifier& classifier() const { return classifier_; }
  std::size_t word_table_bytes() const { return predictor_.word_table_bytes(); }

  std::vector<Prediction> predict(std::span<const std::string_view> texts) const;
  std::vector<Prediction> predict_valid_ones(std::span<const std::string_view> texts) const;
  void predict_with(PredictionScratch& scratch, std::span<const std::string_view> texts,
                    std::span<Prediction> predictions) const;

 private:
  void predict_shared(std::span<const std::string_view> texts,
                      std::span<Prediction> predictions) const;
  void predict_batch(std::span<const Example> examples, std::span<const std::size_t> rows,
                     PredictionScratch& scratch, std::span<Prediction> predictions) const;
  void set_prediction(std::span<const float> O, Prediction& prediction) const;

  TextClassifier classifier_;
  SequencePredictor<float> predictor_;
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
  parallel_for(texts.size(), kBatch, [&](Range range) {
    scratches_.with_one([&](PredictionScratch& scratch) {
      for (std::size_t k = range.begin; k < range.end; ++k) {
        classifier_.encoder().encode(texts[k], scratch.tokenizer, examples[k].ids);
      }
    });
  });
  const auto batches = sorted_batches(examples, kBatch);
  parallel_parts(batches.size(), [&](std::size_t k) {
    scratches_.with_one([&](PredictionScratch& scratch) {
      predict_batch(examples, batches[k], scratch, predictions);
    });
  });
}

void TextPredictor::Engine::predict_with(PredictionScratch& scratch,
                                         std::span<const std::string_view> texts,
                                         std::span<Prediction> predictions) const {
  scratch.examples.resize(texts.size());
  for (std::size_t k = 0; k < texts.size(); ++k) {
    classifier_.encoder().encode(texts[k], scratch.tokenizer, scratch.examples[k].ids);
  }
  sort_by_length(scratch.examples, scratch.order);
  for (std::size_t first = 0; first < texts.size(); first += kBatch) {
    const auto rows =
        std::span(scratch.order).subspan(first).first(std::min(kBatch, texts.size() - first));
    predict_batch(scratch.examples, rows, scratch, predictions);
  }
}

/// Threads share the batch, as many as make it fast.
void TextPredictor::Engine::predict_batch(std::span<const Example> examples,
                                          std::span<const std::size_t> rows,
                                          PredictionScratch& scratch,
                                          std::span<Prediction> predictions) const {
  make_batch(examples, rows, scratch.batch);
  const Batch& batch = scratch.batch;
  std::optional<ThreadTuner::Turn> turn;
  if (thread_count() > 1) {
    if (!scratch.threads) scratch.threads.emplace();
    turn.emplace(*scratch.threads, static_cast<double>(batch.shape.tokens()));
  }
  const MatrixView<const float> O = predictor_.predict(batch.shape, batch.ids, scratch.layers);
  turn.reset();
  for (std::size_t r = 0; r < batch.rows.size(); ++r) {
    set_prediction(O.row(r), predictions[batch.rows[r]]);
  }
}

/// The output layer's O of one text as probabilities.
void TextPredictor::Engine::set_prediction(std::span<const float> O, Prediction& prediction) const {
  prediction.probabilities.resize(classifier_.labels().size());
  softmax<float>(
      MatrixView<const float>(O.data(), 1, O.size()),
      MatrixView<float>(prediction.probabilities.data(), 1, classifier_.labels().size()));
  const auto best = std::ranges::max_element(prediction.probabilities);
  prediction.label =
      classifier_.labels()[static_cast<std::size_t>(best - prediction.probabilities.begin())];
  prediction.probability = static_cast<double>(*best);
}

TextPredictor::TextPredictor(TextClassifier classifier, WordProducts words, Precision precision)
    : engine_(std::make_unique<const Engine>(std::move(classifier), words, precision)) {}

TextPredictor::~TextPredictor() = default;
TextPredictor::TextPredictor(TextPredictor&&) noexcept = default;
TextPredictor& TextPredictor::operator=(TextPredictor&&) noexcept = default;

TextPredictor TextPredictor::load(const std::filesystem::path& path, WordProducts words,
                                  Precision precision) {
  return TextPredictor(TextClassifier::load(path), words, precision);
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
