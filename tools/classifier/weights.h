/// How much each text counts in training: the weight of its row, times that of its label.
#pragma once

#include <span>
#include <string>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class LabelSets;
struct Example;

/// Sets the weights of examples that have those of their rows, so that the mean over the training
/// examples is 1: only what the weights are to each other counts, and where they are all equal,
/// training has the same bits as without. A text with several labels has the largest weight of
/// these. `labels`: those that examples have the numbers of, or `sets` do. Throws UsageError for a
/// weight of a label that is none of them.
void weigh(std::span<Example> train, std::span<Example> dev, std::span<const std::string> labels,
           const ClassWeights& weights, const LabelSets* sets = nullptr);

}  // namespace unroll
