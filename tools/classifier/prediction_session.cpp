#include "unroll/tools/classifier/prediction_session.h"

#include "unroll/tools/classifier/prediction_scratch.h"

namespace unroll {

PredictionSession::PredictionSession(const TextPredictor& predictor)
    : predictor_(&predictor),
      scratch_(std::make_unique<PredictionScratch>(predictor.classifier())) {}

PredictionSession::~PredictionSession() = default;
PredictionSession::PredictionSession(PredictionSession&&) noexcept = default;
PredictionSession& PredictionSession::operator=(PredictionSession&&) noexcept = default;

const Prediction& PredictionSession::predict(std::string_view text) {
  return predict(std::span(&text, 1)).front();
}

std::span<const Prediction> PredictionSession::predict(std::span<const std::string_view> texts) {
  predictions_.resize(texts.size());
  predictor_->predict_with(*scratch_, texts, predictions_);
  return predictions_;
}

}  // namespace unroll
