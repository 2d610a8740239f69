/// SequencePredictor: a SequenceClassifier for prediction. Its weights are those that the model had
/// when the predictor was made, in the order in which the kernels read them; nothing is saved for a
/// backward pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "unroll/layers/sequence_classifier.h"

namespace unroll {

template <typename Real>
class SequencePredictor {
 public:
  /// What a prediction needs besides its arguments. One per thread of use.
  struct Scratch {
    DistinctIds words;
    Tensor<Real> x;  ///< (M, embedding)
    typename RecurrentStack<Real>::States states;
    typename RecurrentStack<Real>::Scratch stack;
    typename Pooling<Real>::Record pooling;
    Tensor<Real> p;  ///< (B, D·H)
    Tensor<Real> O;  ///< (rows, K), rows = B or N
  };

  /// The model must outlive the predictor and stay as it is.
  explicit SequencePredictor(const SequenceClassifier<Real>& model,
                             WordProducts products = WordProducts::kPerBatch);

  /// Counts what a predictor of kPerBatch and `threads` scratches hold for batches within these
  /// limits.
  static void count(const SequenceClassifier<Real>& model, const BatchLimits& limits,
                    std::size_t threads, MemoryPlan& plan);

  /// ids (N) → O (rows, K) in `scratch`: what the model's forward pass gives, bit for bit. The bits
  /// of a row do not depend on the others. Safe from several threads.
  MatrixView<const Real> predict(const RaggedShape& shape, std::span<const std::int32_t> ids,
                                 Scratch& scratch) const;

  /// What the recurrent layers multiply; kFloat16 if any of them does.
  Precision precision() const;
  /// The names of the matrices that kept their layers from kFloat16, if that was to be.
  const std::vector<std::string>& beyond_float16() const { return beyond_float16_; }

  /// The memory of the products with the whole vocabulary; 0 without them.
  std::size_t word_table_bytes() const;

 private:
  static void plan_scratch(const SequenceClassifier<Real>& model, const BatchLimits& limits,
                           Scratch& scratch, MemoryPlan& plan);

  const SequenceClassifier<Real>* model_;
  std::vector<std::string> beyond_float16_;
  typename RecurrentStack<Real>::Weights stack_;
  Panels<Real> V_;
};

}  // namespace unroll
