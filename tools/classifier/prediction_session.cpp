#include "unroll/tools/classifier/prediction_session.h"

namespace unroll {

PredictionSession::PredictionSession(const TextPredictor& predictor)
    : predictor_(&predictor), scratch_(predictor.classifier().encoder()) {}

const Prediction& PredictionSession::predict(std::string_view text) {
  return predict(std::span(&text, 1)).front();
}

std::span<const Prediction> PredictionSession::predict(std::span<const std::string_view> texts) {
  predictions_.resize(texts.size());
  predictor_->predict_with(scratch_, texts, predictions_);
  return predictions_;
}

}  // namespace unroll
