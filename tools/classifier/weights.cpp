#include "unroll/tools/classifier/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/label_sets.h"
#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

double sum_of_weights(const ExampleRows& rows) {
  double sum = 0;
  for_each_row(rows, [&](std::size_t row) { sum += static_cast<double>(rows.weight(row)); });
  return sum;
}

/// n / (K n_k) of each label; 1 for one that no row has.
std::vector<double> balancing(const ExampleRows& rows, std::size_t labels, const LabelSets* sets) {
  std::vector<double> weights(labels);
  for_each_row(rows, [&](std::size_t row) {
    const std::int32_t numbers = rows.label(row);
    for (const std::int32_t label : labels_of(numbers, sets)) {
      weights[static_cast<std::size_t>(label)] += static_cast<double>(rows.weight(row));
    }
  });
  const double share = sum_of_weights(rows) / static_cast<double>(labels);
  for (double& weight : weights) weight = weight > 0 ? share / weight : 1;
  return weights;
}

std::vector<double> weights_of(const ExampleRows& train, std::span<const std::string> labels,
                               const ClassWeights& weights, const LabelSets* sets) {
  if (weights.balanced) return balancing(train, labels.size(), sets);
  std::vector<double> of_label(labels.size(), 1.0);
  for (const auto& [label, weight] : weights.of_label) {
    const auto found = std::ranges::lower_bound(labels, label);
    if (found == labels.end() || *found != label) {
      throw mended_by({"class_weights"},
                      UsageError(fmt::format("{} has a weight, but is no label of the training "
                                             "texts; theirs are {}",
                                             in_quotes(label), list_of_labels(labels))));
    }
    of_label[static_cast<std::size_t>(found - labels.begin())] = weight;
  }
  return of_label;
}

/// The weight of a row times the largest one of its labels.
float weighed(std::int32_t numbers, float weight, std::span<const double> of_label,
              const LabelSets* sets) {
  double most = 0;
  for (const std::int32_t label : labels_of(numbers, sets)) {
    if (label >= 0) most = std::max(most, of_label[static_cast<std::size_t>(label)]);
  }
  return most > 0 ? static_cast<float>(static_cast<double>(weight) * most) : weight;
}

}  // namespace

std::string to_string(const ClassWeights& weights) {
  if (weights.balanced) return "balanced";
  std::string text;
  for (const auto& [label, weight] : weights.of_label)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", label, weight);
  return text.empty() ? "none" : text;
}

float RowWeights::operator()(std::int32_t label, float weight) const {
  return static_cast<float>(static_cast<double>(weighed(label, weight, of_label, sets)) / mean);
}

RowWeights row_weights(const ExampleRows& train, std::span<const std::string> labels,
                       const ClassWeights& weights, const LabelSets* sets) {
  RowWeights result{.of_label = weights_of(train, labels, weights, sets), .sets = sets};
  double sum = 0;
  for_each_row(train, [&](std::size_t row) {
    sum += static_cast<double>(weighed(train.label(row), train.weight(row), result.of_label, sets));
  });
  result.mean = sum / static_cast<double>(train.size());
  return result;
}

void weigh(std::span<Example> train, std::span<Example> dev, std::span<const std::string> labels,
           const ClassWeights& weights, const LabelSets* sets) {
  const RowWeights weight = row_weights(HeldRows(train), labels, weights, sets);
  for (const std::span<Example> examples : {train, dev})
    for (Example& example : examples) example.weight = weight(example.label, example.weight);
}

}  // namespace unroll
