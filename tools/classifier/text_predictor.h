/// TextPredictor: raw text in, labels and probabilities out. What a C++ program that uses a trained
/// model needs:
///
///     const auto predictor = unroll::TextPredictor::load("runs/a");
///     std::cout << predictor.predict("A lovely film.").label << '\n';
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

struct Prediction {
  std::string label;                 ///< the most probable one; of equals the first
  double probability = 0;            ///< of it
  std::vector<float> probabilities;  ///< of every label, in the order of TextPredictor::labels()
  TokenFigures text;  ///< how much of the text the model reads: of nothing known, it knows nothing
  std::string error;  ///< why a text of several has no label; "" where it has one
};

/// What predicting needs besides the predictor (prediction_scratch.h).
struct PredictionScratch;

/// A classifier that is only used. It is the classifier's one owner and shows it as const: so the
/// weights that were packed when it was made are the weights for good. It has no gradients.
class TextPredictor {
 public:
  /// Packs the weights, for the instruction set in use. `words` costs time now and memory
  /// (SequencePredictor), and changes no bit of a prediction. `precision` is the prediction's,
  /// whatever training had; kHalf is the fastest on this CPU. Throws UsageError if UNROLL_HALF
  /// names none that there is.
  explicit TextPredictor(TextClassifier classifier, WordProducts words = WordProducts::kPerBatch,
                         PrecisionChoice precision = PrecisionChoice::kFull);
  ~TextPredictor();
  TextPredictor(TextPredictor&&) noexcept;
  TextPredictor& operator=(TextPredictor&&) noexcept;
  /// Makes the predictor of TextClassifier::load(path), and throws what that throws.
  static TextPredictor load(const std::filesystem::path& path,
                            WordProducts words = WordProducts::kPerBatch,
                            PrecisionChoice precision = PrecisionChoice::kFull);

  /// One text of valid UTF-8 (DataError otherwise). The bits of a result do not depend on what else
  /// is predicted. Safe from several threads, and in a forked child, whatever its parent did.
  Prediction predict(std::string_view text) const;
  /// Each text as above, on up to thread_count() threads (unroll/core/parallel.h). One that is not
  /// UTF-8 has an error for a label, and spoils no other.
  std::vector<Prediction> predict(std::span<const std::string_view> texts) const;
  /// What PredictionSession calls: predictions for one worker, in memory that it keeps.
  void predict_with(PredictionScratch& scratch, std::span<const std::string_view> texts,
                    std::span<Prediction> predictions) const;

  /// The labels of a prediction whose probability is `threshold` or more, the most probable first.
  /// Where texts have any number of labels that is what the model answers, perhaps nothing; where
  /// they have one, it is that one, or nothing if no label is so probable.
  std::vector<std::string_view> labels_of(const Prediction& prediction,
                                          double threshold = kThreshold) const;

  const std::vector<std::string>& labels() const;
  const TextClassifier& classifier() const;
  /// What the recurrent layers multiply; kFloat16 if any of them does.
  Precision precision() const;
  /// The names of the matrices that are too large for kFloat16, if that is the precision here:
  /// their layers multiply floats.
  std::vector<std::string> beyond_float16() const;
  /// The bytes of the products with the whole vocabulary; 0 without them.
  std::size_t word_table_bytes() const;

  /// Texts that are predicted together. Any number gives the same bits; from some ten on, the
  /// kernels are at their best.
  static constexpr std::size_t kBatch = 32;
  /// A label is as probable as not.
  static constexpr double kThreshold = 0.5;

 private:
  class Engine;  // the classifier, its packed weights, and scratch for simple calls

  std::unique_ptr<const Engine> engine_;
};

}  // namespace unroll
