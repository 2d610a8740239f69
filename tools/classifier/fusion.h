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
///     L(a) = −Σ_rows ln ŷ_label + ½ Σ_e pull_e (a_e − prior_e)².
///
/// docs/ngrams.md derives its gradient. The weight of one expert alone is what calibration calls an
/// inverse temperature (Guo et al. 2017): it makes the expert as sure as it is often right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/tensor.h"

namespace unroll {

/// Scores of one expert, (rows, K).
using ExpertScores = MatrixView<const double>;

struct FusionPrior {
  double weight = 1;
  double pull = 0;
};

/// L(a) of the rows with a label (≥ 0), and its gradient where one is asked for.
double fusion_loss(std::span<const ExpertScores> experts, std::span<const std::int32_t> labels,
                   std::span<const double> a, std::span<const FusionPrior> priors,
                   std::span<double> gradient = {});

/// The a of least L.
std::vector<double> fit_fusion(std::span<const ExpertScores> experts,
                               std::span<const std::int32_t> labels,
                               std::span<const FusionPrior> priors);

/// The a of least L of one expert alone, 1 / T. It is more than 0, so that whatever label has the
/// highest score keeps it.
double fit_inverse_temperature(ExpertScores scores, std::span<const std::int32_t> labels,
                               FusionPrior prior);

/// How good the fused answers are: the share of rows whose label has the highest O (of equals the
/// first), and the mean of −ln ŷ_label over the rows that have a label.
struct FusedScore {
  double accuracy = 0;
  double loss = 0;
};
FusedScore fused_score(std::span<const ExpertScores> experts, std::span<const std::int32_t> labels,
                       std::span<const double> a);

}  // namespace unroll
