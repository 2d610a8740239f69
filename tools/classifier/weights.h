/// How much each text counts in training: the weight of its row, times that of its label.
#pragma once

#include <map>
#include <span>
#include <string>

namespace unroll {

class LabelSets;
struct Example;

struct ClassWeights {
  /// The texts of all labels together weigh the same: label k has n / (K n_k), for n texts of K
  /// labels, n_k of them with label k, each counted with the weight of its row.
  bool balanced = false;
  /// Positive and finite; a label that is not here has 1.
  std::map<std::string, double> of_label = {};
};

/// "none", "balanced", "ham=0.5,spam=5".
std::string to_string(const ClassWeights& weights);

/// Sets the weights of examples that have those of their rows, so that the mean over the training
/// examples is 1: only what the weights are to each other counts, and where they are all equal,
/// training has the same bits as without. A text with several labels has the largest weight of
/// these. `labels`: those that examples have the numbers of, or `sets` do. Throws UsageError for a
/// weight of a label that is none of them.
void weigh(std::span<Example> train, std::span<Example> dev, std::span<const std::string> labels,
           const ClassWeights& weights, const LabelSets* sets = nullptr);

}  // namespace unroll
