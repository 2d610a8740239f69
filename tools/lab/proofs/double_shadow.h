/// The double-precision shadow of a trained model: the same values, and the same source compiled
/// for double, but for its recurrent steps. Those are computed by the cells' own files
/// (layers/cells), so that what is shown and checked is what one reads there. What is said about
/// gradients is said about the shadow: float has no digits to spare.
#pragma once

#include "unroll/layers/sequence_classifier.h"

namespace unroll {

/// Every value of the model, widened. Nothing is frozen in the shadow, so that every gradient,
/// ∂L/∂E included, is there to be seen.
SequenceClassifier<double> double_shadow(const SequenceClassifier<float>& model);

}  // namespace unroll
