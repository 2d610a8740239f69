/// TextPredictor: raw text in, labels and probabilities out. What a C++ program that uses a trained
/// model needs:
///
///     const auto predictor = unroll::TextPredictor::load("runs/a");
///     std::cout << predictor.predict("A lovely film.").label << '\n';
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/thread_tuner.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

struct Prediction {
  std::string label;                 ///< the most probable one; of equals the first
  double probability = 0;            ///< of it
  std::vector<float> probabilities;  ///< of every label, in the order of TextPredictor::labels()
  TokenFigures text;  ///< how much of the text the model reads: of nothing known, it knows nothing
};

/// What predicting needs besides the predictor. One per thread of use.
struct PredictionScratch {
  explicit PredictionScratch(const TextEncoder& encoder);

  Tokenizer tokenizer;
  std::vector<Example> examples;
  std::vector<std::size_t> order;
  Batch batch;
  SequencePredictor<float>::Scratch layers;
  std::optional<ThreadTuner> threads;  ///< for a call that is not itself a part of parallel work
};

/// A classifier that is only used. It is the classifier's one owner and shows it as const: so the
/// weights that were packed when it was made are the weights for good. It has no gradients.
class TextPredictor {
 public:
  /// Packs the weights, for the instruction set in use. `words` costs time now and memory
  /// (SequencePredictor), and changes no bit of a prediction. `precision` is the prediction's,
  /// whatever training had.
  explicit TextPredictor(TextClassifier classifier, WordProducts words = WordProducts::kPerBatch,
                         Precision precision = Precision::kFull);
  ~TextPredictor();
  TextPredictor(TextPredictor&&) noexcept;
  TextPredictor& operator=(TextPredictor&&) noexcept;
  /// Makes the predictor of TextClassifier::load(path), and throws what that throws.
  static TextPredictor load(const std::filesystem::path& path,
                            WordProducts words = WordProducts::kPerBatch,
                            Precision precision = Precision::kFull);

  /// One text of valid UTF-8 (DataError otherwise). The bits of a result do not depend on what else
  /// is predicted. Safe from several threads, and in a forked child, whatever its parent did.
  Prediction predict(std::string_view text) const;
  /// Each text as above, on up to thread_count() threads (unroll/core/parallel.h).
  std::vector<Prediction> predict(std::span<const std::string_view> texts) const;
  /// What PredictionSession calls: predictions for one worker, in memory that it keeps.
  void predict_with(PredictionScratch& scratch, std::span<const std::string_view> texts,
                    std::span<Prediction> predictions) const;

  const std::vector<std::string>& labels() const { return classifier_->labels(); }
  const TextClassifier& classifier() const { return *classifier_; }
  /// The bytes of the products with the whole vocabulary; 0 without them.
  std::size_t word_table_bytes() const { return predictor_.word_table_bytes(); }

  /// Texts that are predicted together. Any number gives the same bits; from some ten on, the
  /// kernels are at their best.
  static constexpr std::size_t kBatch = 32;

 private:
  class Scratches;

  void predict_shared(std::span<const std::string_view> texts,
                      std::span<Prediction> predictions) const;
  void predict_batch(std::span<const Example> examples, std::span<const std::size_t> rows,
                     PredictionScratch& scratch, std::span<Prediction> predictions) const;
  void set_prediction(std::span<const float> O, Prediction& prediction) const;

  std::unique_ptr<const TextClassifier> classifier_;  // where predictor_ finds it after a move, too
  SequencePredictor<float> predictor_;
  std::unique_ptr<Scratches> scratches_;
};

}  // namespace unroll
