#include "unroll/tools/server/prediction_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

/// JSON's message without the number of its error class: "parse error at line 1, column 5: …".
std::string reason(const Json::exception& error) {
  const std::string_view message = error.what();
  const auto end = message.find("] ");
  return std::string(end == message.npos ? message : message.substr(end + 2));
}

Json parse(std::string_view body) {
  try {
    return Json::parse(body);
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("the body is not JSON: {}", reason(error)));
  }
}

std::string string_of(const Json& value, std::string_view name) {
  if (value.is_string()) return value.get<std::string>();
  throw DataError(fmt::format("\"{}\" is {}, expected a string", name, value.type_name()));
}

std::vector<std::string> strings_of(const Json& value) {
  if (!value.is_array()) {
    throw DataError(
        fmt::format("\"texts\" is {}, expected an array of strings", value.type_name()));
  }
  std::vector<std::string> strings;
  for (const Json& item : value)
    strings.push_back(string_of(item, fmt::format("texts[{}]", strings.size())));
  return strings;
}

std::size_t top_of(const Json& value) {
  if (value.is_number_unsigned() && value.get<std::size_t>() > 0) return value.get<std::size_t>();
  throw DataError(fmt::format("\"top\" is {}, expected a whole number of 1 or more", value.dump()));
}

double threshold_of(const Json& value) {
  if (value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1)
    return value.get<double>();
  throw DataError(fmt::format("\"threshold\" is {}, expected a number from 0 to 1", value.dump()));
}

void set_member(PredictionRequest& request, const std::string& key, const Json& value) {
  if (key == "text") {
    request.texts = {string_of(value, key)};
    request.is_one = true;
  } else if (key == "texts") {
    request.texts = strings_of(value);
  } else if (key == "top") {
    request.top = top_of(value);
  } else if (key == "threshold") {
    request.threshold = threshold_of(value);
  } else if (key == "model") {
    request.model = string_of(value, key);
  } else {
    throw DataError(fmt::format(
        "unknown member {}; there are text, texts, top, threshold and model", Json(key).dump()));
  }
}

/// The numbers of the labels whose probabilities are in the answer: all of them in byte order, or
/// the most probable ones.
std::vector<std::size_t> shown_labels(const Prediction& prediction,
                                      std::optional<std::size_t> top) {
  std::vector<std::size_t> numbers(prediction.probabilities.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  if (!top) return numbers;
  std::ranges::stable_sort(numbers, std::greater<>(),
                           [&](std::size_t k) { return prediction.probabilities[k]; });
  numbers.resize(std::min(*top, numbers.size()));
  return numbers;
}

std::string json_string(std::string_view text) {
  return Json(text).dump();
}

/// "label":"a" of a model with one label a text, "labels":["a","b"] of one with any number.
std::string label_members(const PredictionRequest& request, const TextPredictor& predictor,
                          const Prediction& prediction) {
  if (predictor.classifier().has_any_number_of_labels()) {
    const double threshold = request.threshold.value_or(TextPredictor::kThreshold);
    return fmt::format("\"labels\":{}", Json(predictor.labels_of(prediction, threshold)).dump());
  }
  const bool is_sure = prediction.probability >= request.threshold.value_or(0);
  return fmt::format("\"label\":{},\"probability\":{}",
                     is_sure ? json_string(prediction.label) : "null",
                     static_cast<float>(prediction.probability));
}

std::string result_json(const PredictionRequest& request, const TextPredictor& predictor,
                        const Prediction& prediction) {
  std::string probabilities;
  for (const std::size_t k : shown_labels(prediction, request.top)) {
    probabilities += fmt::format("{}{}:{}", probabilities.empty() ? "" : ",",
                                 json_string(predictor.labels()[k]), prediction.probabilities[k]);
  }
  return fmt::format("{{{},\"probabilities\":{{{}}}}}",
                     label_members(request, predictor, prediction), probabilities);
}

}  // namespace

PredictionRequest parse_prediction_request(std::string_view body) {
  const Json json = parse(body);
  if (!json.is_object()) {
    throw DataError(
        fmt::format("the body is {}, expected an object with text or texts", json.type_name()));
  }
  if (json.contains("text") == json.contains("texts")) {
    throw DataError("the body needs either \"text\" or \"texts\"");
  }
  PredictionRequest request;
  for (const auto& [key, value] : json.items()) set_member(request, key, value);
  return request;
}

std::string prediction_answer(const PredictionRequest& request, const TextPredictor& predictor,
                              std::span<const Prediction> predictions) {
  if (request.is_one) return result_json(request, predictor, predictions.front()) + "\n";
  std::string results;
  for (const Prediction& prediction : predictions) {
    results += (results.empty() ? "" : ",") + result_json(request, predictor, prediction);
  }
  return fmt::format("{{\"results\":[{}]}}\n", results);
}

std::string error_answer(std::string_view message) {
  return fmt::format("{{\"error\":{}}}\n",
                     Json(message).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace unroll
