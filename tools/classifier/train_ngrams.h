/// Training of an NgramClassifier: the linear model of `unroll train`, solved in a second or two
/// while a network takes a minute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/encoder.h"
#include "unroll/tools/classifier/ngram_classifier.h"

namespace unroll {

/// N-grams of many texts, on all threads, appended in the order of the texts.
void append_ngrams(std::span<const TokenizedText> texts, const NgramSettings& settings,
                   SparseCounts& rows);

/// Counted texts with their labels (−1: one that training has not seen).
struct LabelledCounts {
  SparseCounts counts;
  std::vector<std::int32_t> labels;
};

struct TrainNgramsOptions {
  std::vector<double> class_weights;  ///< of each label's rows; empty: 1 each
  std::uint64_t seed = 1;
};

struct NgramTraining {
  std::vector<double> C;            ///< of each NgramModel
  std::vector<Tensor<double>> dev;  ///< what it says about the dev rows: margins (rows, K)
};

/// Sets the classifier's weights. Columns are numbers of its index. C of each model is the one
/// among kCosts with which the dev rows' labels are most probable. The result does not depend on
/// the number of threads.
NgramTraining train_ngrams(const LabelledCounts& train, const LabelledCounts& dev,
                           NgramClassifier& classifier, const TrainNgramsOptions& options = {});

inline constexpr std::array kCosts{0.1, 0.3, 1.0};

/// Naive Bayes' log ratio of each column, ln(p_j/‖p‖₁ : q_j/‖q‖₁), where p_j is one more than the
/// number of rows of the label that have the column, and q_j that of the other rows.
std::vector<double> naive_bayes_ratios(const LabelledCounts& rows, std::size_t columns,
                                       std::int32_t label);
/// ln((1 + rows) / (1 + rows with the column)) + 1 of each column.
std::vector<double> inverse_document_frequencies(const SparseCounts& rows, std::size_t columns);

}  // namespace unroll
