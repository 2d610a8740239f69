/// Training of an NgramClassifier: the linear model of `unroll train`, solved in a second or two
/// while a network takes a minute.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/encoder.h"
#include "unroll/text/label_sets.h"
#include "unroll/tools/classifier/ngram_classifier.h"

namespace unroll {

/// N-grams of many texts, on all threads, appended in the order of the texts.
void append_ngrams(std::span<const TokenizedText> texts, const NgramSettings& settings,
                   SparseCounts& rows);
void append_ngrams(std::span<const TokenizedText* const> texts, const NgramSettings& settings,
                   SparseCounts& rows);

/// Counted texts with their labels (−1: one that training has not seen), and their weights; without
/// these all weigh 1.
struct LabelledCounts {
  SparseCounts counts;
  std::vector<std::int32_t> labels;
  std::vector<float> weights;
  const LabelSets* sets = nullptr;  ///< whose numbers `labels` are; null: each text has one label

  bool has(std::size_t row, std::int32_t label) const {
    return std::ranges::binary_search(labels_of(labels[row], sets), label);
  }
};

struct NgramTraining {
  std::vector<double> C;            ///< of each NgramModel
  bool words_alone = false;         ///< naive Bayes reads no n-grams of letters
  std::vector<Tensor<double>> dev;  ///< what it says about the dev rows: margins (rows, K)
};

/// Sets the classifier's weights; `seed` orders the rows of the solver. Columns are numbers of its
/// index. A row's C is the model's times its weight. C of each model, and whether naive Bayes reads
/// letters, are those tried with which the dev rows' labels are most probable. The result does not
/// depend on the number of threads.
NgramTraining train_ngrams(const LabelledCounts& train, const LabelledCounts& dev,
                           NgramClassifier& classifier, std::uint64_t seed = 1);

inline constexpr std::size_t kCosts = 3;  ///< that are tried
inline constexpr std::array<double, kCosts> kTfIdfCosts{0.1, 0.3, 1.0};
/// Rows of naive Bayes' ratios are longer vectors, so their machines need less.
inline constexpr std::array<double, kCosts> kNaiveBayesCosts{0.003, 0.01, 0.03};

/// A row's values for the TF-IDF model: v_j / ‖v‖ with v_j = (1 + ln c_j) idf_j, where
/// idf_j = ln((1 + rows) / (1 + rows that have the column)) + 1. Columns below `split` are n-grams
/// of words.
CountWeights tf_idf_weights(const SparseCounts& rows, std::size_t columns, std::uint32_t split);

/// A row's values for one machine of the naive-Bayes model: in place of a count the log ratio
/// r_j = ln(p_j/‖p‖₁ : q_j/‖q‖₁), where p_j is one more than the number of rows of the label that
/// have the column, and q_j that of the other rows. `split` is as in tf_idf_weights.
CountWeights naive_bayes_weights(const LabelledCounts& rows, std::size_t columns,
                                 std::uint32_t split, std::int32_t label);

}  // namespace unroll
