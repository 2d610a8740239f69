/// Gradient flow inside a training run: the norms of gradient_flow.h on the classifier that is
/// being trained, at its own texts, before the first epoch and after each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/lab/flow/flow_experiment.h"

namespace unroll {

class TrainingFlow {
 public:
  /// The longest of the first records are the sample, the same in every epoch.
  explicit TrainingFlow(std::span<const Record> records);

  /// Measures every layer and direction on a double-precision shadow; dropout is off. `epoch`: 0
  /// before training. Throws DataError if no text of the sample has two tokens.
  void measure(std::size_t epoch, const TextClassifier& classifier);

  /// What was measured last: one result per layer and direction, named as in the model file; the
  /// forget bias is the mean of the layer's.
  std::span<const FlowResult> last() const { return epochs_.back().layers; }
  /// One row per epoch, layer and lag.
  std::string csv() const;
  /// A page: each layer before, during and after training.
  std::string page() const;

 private:
  struct Epoch {
    std::size_t number;
    std::vector<FlowResult> layers;
  };
  std::vector<std::size_t> shown_epochs() const;
  std::string layer_html(std::size_t layer) const;
  std::string layer_table(std::size_t layer) const;

  std::vector<std::string> texts_;
  std::vector<Epoch> epochs_;
};

}  // namespace unroll
