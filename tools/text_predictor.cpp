#include "unroll/tools/text_predictor.h"

#include <algorithm>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"
#include "unroll/text/batches.h"

namespace unroll {

namespace {

std::unique_ptr<const TextClassifier> for_prediction(TextClassifier classifier,
                                                     Precision precision) {
  classifier.model().set_precision(precision);
  free_grad(classifier.model().parameters());
  return std::make_unique<const TextClassifier>(std::move(classifier));
}

}  // namespace

TextPredictor::TextPredictor(TextClassifier classifier, WordProducts words, Precision precision)
    : classifier_(for_prediction(std::move(classifier), precision)),
      predictor_(classifier_->model(), words) {}

TextPredictor TextPredictor::load(const std::filesystem::path& path, WordProducts words,
                                  Precision precision) {
  return TextPredictor(TextClassifier::load(path), words, precision);
}

Prediction TextPredictor::predict(std::string_view text) const {
  return predict(std::span(&text, 1)).front();
}

std::vector<Prediction> TextPredictor::predict(std::span<const std::string_view> texts) const {
  std::vector<Example> examples;
  for (auto& ids : classifier_->encoder().encode(texts)) examples.push_back({std::move(ids), -1});
  const auto batches = sorted_batches(examples, kBatch);
  std::vector<Prediction> predictions(texts.size());
  parallel_for(batches.size(), 1, [&](Range range) {
    SequencePredictor<float>::Scratch scratch;
    Batch batch;
    for (std::size_t k = range.begin; k < range.end; ++k) {
      make_batch(examples, batches[k], batch);
      const MatrixView<const float> O = predictor_.predict(batch.shape, batch.ids, scratch);
      for (std::size_t r = 0; r < batch.rows.size(); ++r) {
        predictions[batch.rows[r]] = prediction(O.row(r));
      }
    }
  });
  return predictions;
}

/// The output layer's O of one text as probabilities.
Prediction TextPredictor::prediction(std::span<const float> O) const {
  Prediction prediction;
  prediction.probabilities.resize(labels().size());
  softmax<float>(MatrixView<const float>(O.data(), 1, O.size()),
                 MatrixView<float>(prediction.probabilities.data(), 1, labels().size()));
  const auto best = std::ranges::max_element(prediction.probabilities);
  prediction.label = labels()[static_cast<std::size_t>(best - prediction.probabilities.begin())];
  prediction.probability = static_cast<double>(*best);
  return prediction;
}

}  // namespace unroll
