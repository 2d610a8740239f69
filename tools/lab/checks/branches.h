/// Which piece of a model's loss a pass went through: between two points of one piece the loss is
/// smooth, across pieces it has a kink.
#pragma once

#include <cstdint>
#include <vector>

#include "unroll/layers/sequence_classifier.h"

namespace unroll {

/// A number for each choice: 1 for a ReLU that is on, the step that won for each unit of a max
/// pool.
using Branches = std::vector<std::int32_t>;

/// Appends the ReLUs of all layers, if there are any, after a forward pass.
template <typename Real>
void append_relus(const SequenceClassifierConfig& config, const RecurrentStack<Real>& stack,
                  const RaggedShape& shape, const typename RecurrentStack<Real>::Pass& pass,
                  Branches& branches);

/// Sets the branches of the whole model. Defined for float and double.
template <typename Real>
void set_branches(const SequenceClassifier<Real>& model, const RaggedShape& shape,
                  const typename SequenceClassifier<Real>::Pass& pass, Branches& branches);

}  // namespace unroll
