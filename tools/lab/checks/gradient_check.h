/// Are the gradients of this model right, on this data? All of them against central differences in
/// double, and the float gradient that training uses against the double one.
///
///     const GradientReport report = check_gradients(classifier.model(), sample, {});
///     if (!report.holds()) std::cout << to_table(report, …);
///
/// Checked are the parameters, through the whole model and its loss, dropout off; and the gradients
/// inside that no parameter shows, ∂L/∂x, ∂L/∂h_0 and ∂L/∂C_0 of each layer and direction, through
/// the recurrent stack alone with random h_0, C_0 and random gradients coming in from above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/layers/sequence_classifier.h"
#include "unroll/tools/lab/checks/tensor_check.h"

namespace unroll {

/// What the loss is computed on.
struct GradientSample {
  RaggedShape shape;                       ///< B rows, N tokens
  std::vector<std::int32_t> ids = {};      ///< (N), packed
  std::vector<std::int32_t> targets = {};  ///< (B); (N) for a model without a pool
};

struct GradientCheckOptions {
  TensorCheckOptions tensor = {};  ///< directions, entries and seed
  /// Called with each tensor's name before it is checked; from several threads, one at a time.
  std::function<void(std::string_view tensor)> progress = {};
};

struct GradientReport {
  std::vector<TensorCheck> checks;
  double loss = 0;         ///< of the sample, in double
  double largest_dO = 0;   ///< max|ŷ − y| over the sample
  double float_floor = 0;  ///< a relative error of the float gradient that ŷ's rounding explains
  std::size_t float_flips = 0;  ///< ReLUs and max-pool winners that are others in float

  void append(std::vector<TensorCheck> more);
  bool holds() const;
  std::size_t compared() const;  ///< directions and entries of all tensors
  std::size_t retried() const;
  std::size_t skipped() const;
  /// The check with the largest direction, entry or float error; null if there is none.
  const TensorCheck* worst(double (*error)(const TensorCheck&)) const;
};
double direction_error(const TensorCheck& check);
double entry_error(const TensorCheck& check);
double float_error(const TensorCheck& check);

/// Throws ShapeError for a sample that does not fit the model.
GradientReport check_gradients(const SequenceClassifier<float>& model, const GradientSample& sample,
                               const GradientCheckOptions& options);

/// Its two halves, appended to a report: the parameters; x, h_0 and C_0 with
///     L = Σ_t h_t ⊙ g_t + Σ h_T ⊙ g_h + Σ C_T ⊙ g_C,   g random, g_h and g_C for every layer.
void check_parameters(const SequenceClassifier<float>& model, const GradientSample& sample,
                      const GradientCheckOptions& options, GradientReport& report);
void check_states(const SequenceClassifier<float>& model, const GradientSample& sample,
                  const GradientCheckOptions& options, GradientReport& report);

/// Rows of these lengths (in any order) with random words and random targets.
GradientSample random_sample(const SequenceClassifierConfig& config,
                             std::span<const std::size_t> lengths, std::uint64_t seed);

/// A table for people, ending in a line break; rows of the embedding are named by `word`, if given.
std::string to_table(const GradientReport& report,
                     const std::function<std::string(std::size_t id)>& word = nullptr);

/// One JSON object.
std::string to_json(const GradientReport& report);

}  // namespace unroll
