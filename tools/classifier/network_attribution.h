/// NetworkAttribution: which words moved a network's decision between two labels, k and l, or for
/// one.
///
/// The decision is S = O_k − O_l, or O_k (decision.h), a function of the embeddings x_1 … x_T. What
/// word t adds to it is gradient × input, Σ_i x_ti ∂S/∂x_ti. At the text itself this is misleading:
/// a saturated gate has no slope there, however much the word matters. So the gradient is the mean
/// over the way from no input to the text, s·x for s from 0 to 1 (integrated gradients,
/// Sundararajan et al. 2017). By the chain rule the words then add up:
///
///     S(x) − S(0) = ∫ dS(s·x)/ds ds = Σ_t Σ_i x_ti ∫ ∂S/∂x_ti (s·x) ds.
///
/// The integral is a mean over points of the way. Their number is doubled until the words miss no
/// more than kMissed of 1 + |S|, or there are kMostPoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/tools/classifier/decision.h"

namespace unroll {

struct NetworkParts {
  std::vector<double> words;  ///< what each id adds to S
  double base = 0;            ///< S(0): what the network says about as many words without meaning
};

/// In double, with weights of its own. One per thread.
class NetworkAttribution {
 public:
  static constexpr std::size_t kFewestPoints = 32, kMostPoints = 1024;
  static constexpr double kMissed = 1e-3;

  /// The model must outlive it.
  explicit NetworkAttribution(const SequenceClassifier<float>& model);

  /// `ids`: one or more.
  NetworkParts parts(std::span<const std::int32_t> ids, const Decision& decision);

 private:
  Tensor<double> embed(std::span<const std::int32_t> ids) const;
  Tensor<double> direction(const Decision& decision) const;
  std::vector<double> words(const Tensor<double>& x, std::size_t points,
                            const Tensor<double>& direction);
  double score(const Tensor<double>& x, const Tensor<double>& direction);
  Tensor<double> gradients(const Tensor<double>& x, std::span<const double> scales,
                           const Tensor<double>& direction);
  void run_forward(const RaggedShape& shape, const Tensor<double>& x);

  const SequenceClassifier<float>* model_;
  RecurrentStack<double> stack_;
  Pooling<double> pooling_;
  RecurrentStack<double>::Pass pass_;
  RecurrentStack<double>::States states_;
  Pooling<double>::Record record_;
  Tensor<double> p_;  // (B, D·H) pooled
};

}  // namespace unroll
