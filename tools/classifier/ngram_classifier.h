/// NgramClassifier: two linear classifiers over the n-grams of a text. Each gives label k a margin,
/// the side of a hyperplane on which the text lies, and how far from it:
///
///     TF-IDF        m_k = b_k + Σ_j W_jk x_j,  x_j = v_j / ‖v‖,  v_j = (1 + ln c_j) idf_j
///     naive Bayes   m_k = b_k + Σ_j W_jk,      over the n-grams j that the text has
///
/// where c_j is how often the text has n-gram j, and ‖v‖ goes over the n-grams of words for a word
/// and over those of letters for letters: there are many more of these, and one norm of all would
/// let them speak alone. Both are support vector machines
/// (unroll/optim/linear_svm.h), label against all others; with two labels one machine tells them
/// apart. The second one was trained on features r_jk in place of ones, the naive-Bayes log ratios,
/// and its W_jk is r_jk times what training found. docs/ngrams.md derives both.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "unroll/core/bfloat16.h"
#include "unroll/core/tensor.h"
#include "unroll/layers/sequence_classifier.h"
#include "unroll/text/ngram_index.h"
#include "unroll/text/ngrams.h"

namespace unroll {

enum class NgramModel { kTfIdf, kNaiveBayes };
inline constexpr std::array kNgramModels{NgramModel::kTfIdf, NgramModel::kNaiveBayes};

/// 1 + ln c for c = 1, 2 …, and 0 for 0.
double term_weight(std::size_t count) noexcept;

/// 1 / √squares, and 0 for 0.
double inverse_norm(double squares) noexcept;

/// The machines of one model: label against the others, or one for two labels of which each text
/// has one.
constexpr std::size_t machines_for(std::size_t labels, OutputKind output) noexcept {
  return labels == 2 && output == OutputKind::kSoftmax ? 1 : labels;
}

class NgramClassifier {
 public:
  /// The two models' sums over the n-grams of a text so far.
  struct Sums {
    std::array<double, 2> squares{};  ///< Σ v_j² over words, over letters
    std::vector<double> v;     ///< Σ W_jk v_j over words for each machine, then over letters
    std::vector<double> ones;  ///< Σ W_jk
  };
  struct Scratch {
    explicit Scratch(const NgramClassifier& classifier) : counter(classifier.settings()) {}
    NgramCounter counter;
    Sums sums;
  };

  /// All weights 0. `index`: of one n-gram or more.
  NgramClassifier(const NgramSettings& settings, NgramIndex index, std::size_t labels,
                  OutputKind output = OutputKind::kSoftmax);
  /// With these weights, of the shapes below.
  NgramClassifier(const NgramSettings& settings, NgramIndex index, std::size_t labels,
                  Tensor<float> idf_values, Tensor<BFloat16> weights, Tensor<float> biases);

  const NgramSettings& settings() const noexcept { return settings_; }
  const NgramIndex& index() const noexcept { return index_; }
  /// The bytes of the index and of all weights.
  std::size_t bytes() const noexcept;
  std::size_t labels() const noexcept { return labels_; }
  /// How many machines each of the two models has.
  std::size_t machines() const noexcept { return b.size() / kNgramModels.size(); }

  /// The margins of a text's tokens: `margins` (2, K), a row for each NgramModel.
  void margins(std::span<const std::string> tokens, Scratch& scratch,
               MatrixView<double> margins) const;

  /// Margins of counted n-grams, whose `columns` are numbers of the index.
  void margins_of(std::span<const std::uint32_t> columns, std::span<const std::uint8_t> counts,
                  Sums& sums, MatrixView<double> margins) const;

  Tensor<float> idf;   ///< (D)
  Tensor<BFloat16> W;  ///< (D, 2 · machines), those of TF-IDF first
  Tensor<float> b;     ///< (2 · machines)

 private:
  void clear(Sums& sums) const;
  void add(std::uint32_t column, std::size_t count, Sums& sums) const;
  void set_margins(const Sums& sums, MatrixView<double> margins) const;

  NgramSettings settings_;
  NgramIndex index_;
  std::size_t labels_ = 0;
};

}  // namespace unroll
