/// What each n-gram of a text adds to the linear models' decision (decision.h). A margin is a
/// sum over n-grams, so these parts and the biases are all of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
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

/// Says what the score is, and what it would be without each of the tokens. A token touches only
/// n-grams near it, so a text takes time in proportion to its length.
class NgramOcclusion {
 public:
  /// Classifier and tokens must outlive it.
  NgramOcclusion(const NgramClassifier& classifier, const std::array<double, 2>& weights,
                 std::span<const std::string> tokens, const Decision& decision);

  double score() const { return score_of(sums_); }
  double score_without(std::size_t token) const;

 private:
  /// Over the known n-grams, first of words, then of letters.
  struct Sums {
    std::array<std::size_t, 2> ngrams{};  ///< different ones
    std::array<double, 2> squares{};
    std::array<double, 2> tf_idf{};  ///< before the norm
    double naive_bayes = 0;
  };

  void add(std::uint32_t column, std::size_t before, std::size_t after, Sums& sums) const;
  double score_of(const Sums& sums) const;

  const NgramClassifier& classifier_;
  std::array<double, 2> weights_;
  std::span<const std::string> tokens_;
  Decision decision_;
  std::unordered_map<std::uint32_t, std::size_t> counts_;
  Sums sums_;
};

}  // namespace unroll
