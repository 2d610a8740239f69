/// What each n-gram of a text adds to the linear models' decision (decision.h). A margin is a
/// sum over n-grams, so these parts and the biases are all of it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "unroll/tools/classifier/attribution.h"
#include "unroll/tools/classifier/decision.h"
#include "unroll/tools/classifier/ngram_classifier.h"

namespace unroll {

struct NgramParts {
  std::vector<NgramAttribution> ngrams;  ///< those that the model knows, in the order of the text
  double bias = 0;                       ///< what the models say of a text without n-grams
};

/// The score is Σ_model weight_model (m_label − m_against).
NgramParts ngram_parts(const NgramClassifier& classifier, const std::array<double, 2>& weights,
                       std::span<const std::string> tokens, const Decision& decision);

}  // namespace unroll
