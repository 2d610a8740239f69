/// Where training diverged: the first number of a step that is infinite or no number.
///
/// A step whose loss or gradient is not finite has moved nothing, so it can be computed once more,
/// with everything kept, and searched in the order of its computation: weights, forward pass, step
/// by step of each layer, backward pass, gradients. Steps that go well pay nothing for that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/text/batches.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

struct Divergence {
  std::string tensor;                   ///< "lstm.0.forward.W", "lstm.0.forward.C", "∂L/∂O"
  std::string gate = {};                ///< its letter, where the tensor is of gates
  std::vector<std::size_t> index = {};  ///< of a parameter: in its tensor; of a state: the unit
  double value = 0;
  // of a state, all from 0
  std::optional<std::size_t> time_step = {};
  std::optional<std::size_t> row = {};  ///< of the batch
};

/// The first parameter that is not finite.
std::optional<Divergence> find_in_parameters(const SequenceClassifier<float>& model);

/// The first number of the step that is not finite. Computes the step once more; afterwards the
/// gradients are those of the step. Takes the batch whole, whatever the parts in which training
/// took it.
std::optional<Divergence> find_in_step(SequenceClassifier<float>& model, const Batch& batch,
                                       const SequenceClassifier<float>::Targets& targets,
                                       const DropoutSource& dropout);

/// "lstm.0.forward.W[9, 4] (gate i, unit 1) is inf", "gate f of lstm.0.forward is nan at time step
/// 3 of row 2 of the batch, unit 7". Counts time steps and rows from 1, as `unroll trace` does.
std::string to_string(const Divergence& found, const Vocabulary& vocabulary);

/// The parameter of the largest magnitude, in words: "the largest weight is 3e+38, in embedding.E
/// (word "good")". NaN and infinities are left out.
std::string largest_weight(const SequenceClassifier<float>& model, const Vocabulary& vocabulary);

}  // namespace unroll
