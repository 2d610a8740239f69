/// The JSON of the prediction server: what a request asks, and its answer. The same request to the
/// same model gives the same bytes, whatever else runs; times and names of models are not in them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

/// What the body of POST /v1/predict asks.
struct PredictionRequest {
  std::vector<std::string> texts;
  bool is_one = false;             ///< `text` instead of `texts`: the answer is one object
  std::optional<std::size_t> top;  ///< only so many probabilities, the largest first
  std::optional<double> threshold;
  std::string model;  ///< ""; the server's first one
};

/// Throws DataError, which says what is wrong with the body.
PredictionRequest parse_prediction_request(std::string_view body);

/// The body of the answer. Each of the predictions belongs to one of the texts.
std::string prediction_answer(const PredictionRequest& request, const TextPredictor& predictor,
                              std::span<const Prediction> predictions);

/// {"error": message}
std::string error_answer(std::string_view message);

}  // namespace unroll
