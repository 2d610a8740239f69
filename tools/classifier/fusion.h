/// Fusion: what several classifiers say about a text becomes one answer. Expert e gives label k the
/// score s_e,k, and
///
///     O_k = Σ_e a_e s_e,k,    ŷ = softmax(O).
///
/// The weights a are fitted on the dev rows, which no expert was trained on: whoever is more often
/// right there, and surer where it is right, gets more. That is logistic regression with a handful
/// of weights, so its loss is convex and Newton's method finds the one minimum. A pull towards
/// weights that suit most data keeps a small dev set from deciding alone:
///
///     L(a) = −Σ_rows w_row ln ŷ_label + ½ Σ_e pull_e (a_e − prior_e)².
///
/// docs/ngrams.md derives its gradient. The weight of one expert alone is what calibration calls an
/// inverse temperature (Guo et al. 2017): it makes the expert as sure as it is often right. Where
/// texts have any number of labels, each label is a question of its own: ŷ_k = σ(O_k), and a row's
/// loss is −Σ_k [y_k ln ŷ_k + (1 − y_k) ln(1 − ŷ_k)].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/text/label_sets.h"
#include "unroll/tools/classifier/metric.h"

namespace unroll {

/// Scores of one expert, (rows, K).
using ExpertScores = MatrixView<const double>;

/// The rows that experts are compared on.
struct DevRows {
  std::span<const std::int32_t> labels;  ///< −1: one that no expert knows
  std::span<const float> weights{};      ///< w of each row; none: all 1
  const LabelSets* sets = nullptr;       ///< whose numbers `labels` are; null: one label a row
};

struct FusionPrior {
  double weight = 1;
  double pull = 0;
};

/// L(a) of the rows with a label (≥ 0) or a set of labels, and its gradient where one is asked for.
double fusion_loss(std::span<const ExpertScores> experts, const DevRows& rows,
                   std::span<const double> a, std::span<const FusionPrior> priors,
                   std::span<double> gradient = {});

/// The a of least L.
std::vector<double> fit_fusion(std::span<const ExpertScores> experts, const DevRows& rows,
                               std::span<const FusionPrior> priors);

/// The a of least L of one expert alone, 1 / T. It is more than 0, so that whatever label has the
/// highest score keeps it.
double fit_inverse_temperature(ExpertScores scores, const DevRows& rows, FusionPrior prior);

/// Counts the fused answers: of each row the label with the highest O (of equals the first), or all
/// labels with O ≥ 0, which are those with ŷ_k ≥ ½. Returns the mean loss of the rows that L is
/// about, each times its weight.
double count_fused(std::span<const ExpertScores> experts, const DevRows& rows,
                   std::span<const double> a, AnswerCounts& answers);

}  // namespace unroll
