// The gradient check of a model of random values on a random sample: whether the code is right for
// a configuration and these lengths.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "unroll/layers/init.h"
#include "unroll/layers/sequence_classifier.h"
#include "unroll/tools/lab/checks/gradient_check.h"

namespace unroll::test {

inline GradientReport check_random_model(const SequenceClassifierConfig& config,
                                         std::span<const std::size_t> lengths, std::uint64_t seed) {
  SequenceClassifier<float> model(config);
  for (Parameter<float>* parameter : model.parameters()) {
    // Rows of norm 1 keep z of the size of 1, whatever the sizes.
    const Shape& shape = parameter->value.shape();
    const double deviation = shape.rank() < 2 ? 0.5 : 1 / std::sqrt(static_cast<double>(shape[1]));
    init_normal(*parameter, deviation, seed);
  }
  return check_gradients(model, random_sample(config, lengths, seed), {.tensor = {.seed = seed}});
}

}  // namespace unroll::test
