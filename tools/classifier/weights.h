/// How much each text counts in training: the weight of its row, times that of its label.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "unroll/text/example_rows.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class LabelSets;

/// What a row's weight becomes. Its mean over the training rows is 1: only what the weights are to
/// each other counts, and where they are all equal, training has the same bits as without. A text
/// with several labels has the largest weight of these.
struct RowWeights {
  std::vector<double> of_label;
  double mean = 1;
  const LabelSets* sets = nullptr;

  /// `label`: the number of a label or of a set; `weight`: that of the row.
  float operator()(std::int32_t label, float weight) const;
};

/// `labels`: those that rows have the numbers of, or `sets` do. Throws UsageError for a weight of a
/// label that is none of them.
RowWeights row_weights(const ExampleRows& train, std::span<const std::string> labels,
                       const ClassWeights& weights, const LabelSets* sets = nullptr);

/// Sets the weights of examples that have those of their rows.
void weigh(std::span<Example> train, std::span<Example> dev, std::span<const std::string> labels,
           const ClassWeights& weights, const LabelSets* sets = nullptr);

}  // namespace unroll
