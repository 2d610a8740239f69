#include "unroll/tools/program/prediction_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "unroll/text/json_object.h"
#include "unroll/text/labels.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;
using Kind = AnswerForm::Kind;

using LabelNumbers = std::vector<std::size_t>;

/// Numbers of the `count` most probable labels that are at least so probable, most probable
/// first, equals in the labels' order.
LabelNumbers top_labels(const Prediction& prediction, std::size_t count, double least) {
  LabelNumbers order;
  for (std::size_t k = 0; k < prediction.probabilities.size(); ++k) {
    if (static_cast<double>(prediction.probabilities[k]) >= least) order.push_back(k);
  }
  const auto comes_first = [&](std::size_t a, std::size_t b) {
    const float p_a = prediction.probabilities[a], p_b = prediction.probabilities[b];
    return p_a > p_b || (p_a == p_b && a < b);
  };
  count = std::min(count, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), comes_first);
  order.resize(count);
  return order;
}

/// Numbers of what is answered: `count` labels at most, or with 0 as many as texts of the model
/// have.
LabelNumbers answered(const TextPredictor& predictor, const Prediction& prediction,
                      std::size_t count, const AnswerForm& form) {
  const bool takes_all = predictor.classifier().has_any_number_of_labels() && count == 0;
  const std::size_t most =
      takes_all ? prediction.probabilities.size() : std::max<std::size_t>(count, 1);
  const double least = form.threshold.value_or(takes_all ? TextPredictor::kThreshold : 0);
  return top_labels(prediction, most, least);
}

/// label TAB probability, as many pairs as there are numbers.
std::string pairs_line(const TextPredictor& predictor, const Prediction& prediction,
                       const LabelNumbers& numbers) {
  std::string line;
  for (const std::size_t k : numbers) {
    line += fmt::format("{}{}\t{:.6f}", line.empty() ? "" : "\t", escaped(predictor.labels()[k]),
                        prediction.probabilities[k]);
  }
  return line;
}

std::string labels_line(const TextPredictor& predictor, const LabelNumbers& numbers) {
  std::string line;
  for (const std::size_t k : numbers)
    line += (line.empty() ? "" : "\t") + escaped(predictor.labels()[k]);
  return line;
}

/// What --append adds: two columns for each of the top labels, empty where there are fewer.
std::string columns_line(const TextPredictor& predictor, const Prediction& prediction,
                         const AnswerForm& form) {
  const std::size_t count = std::max<std::size_t>(form.top, 1);
  const LabelNumbers numbers = answered(predictor, prediction, count, form);
  std::string line = pairs_line(predictor, prediction, numbers);
  const std::size_t shown = std::min(count, prediction.probabilities.size());
  for (std::size_t k = numbers.size(); k < shown; ++k) line += k == 0 ? "\t" : "\t\t";
  return line;
}

/// What --append adds where texts have any number of labels: these in one column, with the
/// separator between, and their probabilities in another one.
std::string set_columns_line(const TextPredictor& predictor, const Prediction& prediction,
                             const AnswerForm& form) {
  std::string labels, probabilities;
  for (const std::size_t k : answered(predictor, prediction, form.top, form)) {
    labels += (labels.empty() ? "" : form.separator) + escaped(predictor.labels()[k]);
    probabilities += fmt::format("{}{:.6f}", probabilities.empty() ? "" : form.separator,
                                 prediction.probabilities[k]);
  }
  return labels + '\t' + probabilities;
}

std::string json_line(const TextPredictor& predictor, const Prediction& prediction,
                      const AnswerForm& form) {
  const std::vector<std::string>& names = predictor.labels();
  const LabelNumbers found = answered(predictor, prediction, 0, form);
  Json probabilities = Json::object(), labels = Json::array();
  for (std::size_t k : top_labels(prediction, form.top == 0 ? names.size() : form.top, 0))
    probabilities[names[k]] = prediction.probabilities[k];
  for (const std::size_t k : found) labels.push_back(names[k]);
  const Json json = {{"label", found.empty() ? "" : names[found.front()]},
                     {"probability", prediction.probability},
                     {"labels", labels},
                     {"probabilities", probabilities},
                     {"tokens", prediction.text.tokens},
                     {"known_tokens", prediction.text.known},
                     {"cut", prediction.text.cut}};
  return json.dump();
}

bool has_key(std::string_view object, const std::string& key) {
  JsonObject wanted;
  wanted.want(key);
  wanted.parse(object);
  return wanted[key].type != nullptr;
}

/// A JSON object with one key more.
std::string with_key(std::string_view object, std::string_view key, std::string_view value) {
  const std::string_view open = object.substr(0, object.rfind('}'));
  const bool is_empty = open.find_first_not_of(" {") == std::string_view::npos;
  return fmt::format("{}{}\"{}\":{}}}", open, is_empty ? "" : ",", key, value);
}

}  // namespace

std::string answer_key(std::string_view input) {
  std::string key(kAnswerKey);
  // Nearly no object has a key that begins so.
  if (input.find(kAnswerKey) == std::string_view::npos) return key;
  for (std::size_t n = 2; has_key(input, key); ++n) key = fmt::format("{}_{}", kAnswerKey, n);
  return key;
}

std::string answer_line(const TextPredictor& predictor, const Prediction& prediction,
                        std::string_view input, const AnswerForm& form) {
  switch (form.kind) {
    case Kind::kJson:
      return json_line(predictor, prediction, form);
    case Kind::kJsonl:
      return with_key(input, answer_key(input), json_line(predictor, prediction, form));
    case Kind::kAppend:
      return fmt::format("{}\t{}", input,
                         predictor.classifier().has_any_number_of_labels()
                             ? set_columns_line(predictor, prediction, form)
                             : columns_line(predictor, prediction, form));
    case Kind::kLabel:
      break;
  }
  const LabelNumbers numbers = answered(predictor, prediction, form.top, form);
  return form.top > 0 || form.probabilities ? pairs_line(predictor, prediction, numbers)
                                            : labels_line(predictor, numbers);
}

std::string error_line(std::string_view error, const AnswerForm& form) {
  if (form.kind != Kind::kJson && form.kind != Kind::kJsonl) return "";
  // The error may quote bytes that are not UTF-8.
  return Json({{"error", error}}).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string append_header(std::span<const std::string> columns, bool has_sets,
                          const AnswerForm& form) {
  std::string line;
  for (const std::string& column : columns) line += escaped(column) + '\t';
  const std::size_t pairs = has_sets ? 1 : std::max<std::size_t>(form.top, 1);
  for (std::size_t k = 0; k < pairs; ++k) {
    const std::string number = k == 0 ? "" : fmt::format("_{}", k + 1);
    line += fmt::format("{}predicted{}\tprobability{}", k == 0 ? "" : "\t", number, number);
  }
  return line;
}

}  // namespace unroll
