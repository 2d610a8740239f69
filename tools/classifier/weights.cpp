#include "unroll/tools/classifier/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/batches.h"
#include "unroll/text/label_sets.h"
#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

double sum_of_weights(std::span<const Example> examples) {
  double sum = 0;
  for (const Example& example : examples) sum += static_cast<double>(example.weight);
  return sum;
}

/// n / (K n_k) of each label; 1 for one that no example has.
std::vector<double> balancing(std::span<const Example> examples, std::size_t labels,
                              const LabelSets* sets) {
  std::vector<double> weights(labels);
  for (const Example& example : examples) {
    for (const std::int32_t label : labels_of(example.label, sets)) {
      weights[static_cast<std::size_t>(label)] += static_cast<double>(example.weight);
    }
  }
  const double share = sum_of_weights(examples) / static_cast<double>(labels);
  for (double& weight : weights) weight = weight > 0 ? share / weight : 1;
  return weights;
}

std::vector<double> weights_of(std::span<const Example> train, std::span<const std::string> labels,
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

void multiply(std::span<Example> examples, std::span<const double> of_label,
              const LabelSets* sets) {
  for (Example& example : examples) {
    double most = 0;
    for (const std::int32_t label : labels_of(example.label, sets)) {
      if (label >= 0) most = std::max(most, of_label[static_cast<std::size_t>(label)]);
    }
    if (most > 0) example.weight = static_cast<float>(static_cast<double>(example.weight) * most);
  }
}

}  // namespace

std::string to_string(const ClassWeights& weights) {
  if (weights.balanced) return "balanced";
  std::string text;
  for (const auto& [label, weight] : weights.of_label)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", label, weight);
  return text.empty() ? "none" : text;
}

void weigh(std::span<Example> train, std::span<Example> dev, std::span<const std::string> labels,
           const ClassWeights& weights, const LabelSets* sets) {
  const std::vector<double> of_label = weights_of(train, labels, weights, sets);
  multiply(train, of_label, sets);
  multiply(dev, of_label, sets);
  const double mean = sum_of_weights(train) / static_cast<double>(train.size());
  for (const std::span<Example> examples : {train, dev}) {
    for (Example& example : examples) {
      example.weight = static_cast<float>(static_cast<double>(example.weight) / mean);
    }
  }
}

}  // namespace unroll
