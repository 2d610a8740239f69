#include "unroll/tools/program/prediction_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "unroll/text/labels.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;
using Kind = AnswerForm::Kind;

/// Numbers of the `count` most probable labels, most probable first, equals in the labels' order.
std::vector<std::size_t> top_labels(const Prediction& prediction, std::size_t count) {
  std::vector<std::size_t> order(prediction.probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t k) { return prediction.probabilities[k]; });
  order.resize(std::min(count, order.size()));
  return order;
}

/// label TAB probability, as many pairs as asked for.
std::string pairs_line(std::span<const std::string> labels, const Prediction& prediction,
                       std::size_t top) {
  std::string line;
  for (std::size_t k : top_labels(prediction, top)) {
    line += fmt::format("{}{}\t{:.6f}", line.empty() ? "" : "\t", escaped(labels[k]),
                        prediction.probabilities[k]);
  }
  return line;
}

std::string json_line(std::span<const std::string> labels, const Prediction& prediction,
                      std::size_t top) {
  Json probabilities = Json::object();
  for (std::size_t k : top_labels(prediction, top == 0 ? labels.size() : top))
    probabilities[labels[k]] = prediction.probabilities[k];
  const Json json = {{"label", prediction.label},
                     {"probability", prediction.probability},
                     {"probabilities", probabilities},
                     {"tokens", prediction.text.tokens},
                     {"known_tokens", prediction.text.known},
                     {"cut", prediction.text.cut}};
  return json.dump();
}

/// A JSON object with one key more.
std::string with_key(std::string_view object, std::string_view key, std::string_view value) {
  const std::string_view open = object.substr(0, object.rfind('}'));
  const bool is_empty = open.find_first_not_of(" {") == std::string_view::npos;
  return fmt::format("{}{}\"{}\":{}}}", open, is_empty ? "" : ",", key, value);
}

}  // namespace

std::string answer_line(std::span<const std::string> labels, const Prediction& prediction,
                        std::string_view input, const AnswerForm& form) {
  switch (form.kind) {
    case Kind::kJson:
      return json_line(labels, prediction, form.top);
    case Kind::kJsonl:
      return with_key(input, "prediction", json_line(labels, prediction, form.top));
    case Kind::kAppend:
      return fmt::format("{}\t{}", input,
                         pairs_line(labels, prediction, std::max<std::size_t>(form.top, 1)));
    case Kind::kLabel:
      break;
  }
  if (form.top > 0) return pairs_line(labels, prediction, form.top);
  return form.probabilities ? pairs_line(labels, prediction, 1) : escaped(prediction.label);
}

std::string error_line(std::string_view error, const AnswerForm& form) {
  if (form.kind != Kind::kJson && form.kind != Kind::kJsonl) return "";
  // The error may quote bytes that are not UTF-8.
  return Json({{"error", error}}).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string append_header(std::span<const std::string> columns, const AnswerForm& form) {
  std::string line;
  for (const std::string& column : columns) line += escaped(column) + '\t';
  for (std::size_t k = 0; k < std::max<std::size_t>(form.top, 1); ++k) {
    const std::string number = k == 0 ? "" : fmt::format("_{}", k + 1);
    line += fmt::format("{}predicted{}\tprobability{}", k == 0 ? "" : "\t", number, number);
  }
  return line;
}

}  // namespace unroll
