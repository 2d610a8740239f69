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
/// The integral is taken piece by piece of the way, by Gauss's rule with two points. How much the
/// words of a piece miss is known, since S is known at its ends; the pieces that miss most are
/// halved until all together miss no more than was asked for, or there are kMostPoints. Max pooling
/// bends S(s·x) wherever another step becomes a unit's largest, and pieces become small there
/// alone.
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

/// Has weights of its own. One per thread.
class NetworkAttribution {
 public:
  static constexpr std::size_t kMostPoints = 256;

  /// The model must outlive it.
  explicit NetworkAttribution(const SequenceClassifier<float>& model);

  /// `ids`: one or more. `missed`: how much the words may miss of S(x) − S(0) together.
  NetworkParts parts(std::span<const std::int32_t> ids, const Decision& decision, double missed);

 private:
  /// A piece of the way, S at its ends, and what the words add there.
  struct Piece {
    double begin = 0, end = 1;
    double from = 0, to = 0;
    std::vector<double> words = {};

    double missed() const;
  };

  void embed(std::span<const std::int32_t> ids);
  void choose_direction(const Decision& decision);
  std::vector<Piece> first_pieces();
  std::vector<Piece> halves(std::span<const Piece> pieces);
  void add_words(std::span<Piece> pieces);
  std::vector<double> scores(std::span<const double> scales);
  void gradients(std::span<const double> scales);
  RaggedShape run_forward(std::span<const double> scales);

  const SequenceClassifier<float>* model_;
  RecurrentStack<float> stack_;
  Pooling<float> pooling_;
  RecurrentStack<float>::Pass pass_;
  RecurrentStack<float>::States states_;
  Pooling<float>::Record record_;
  Tensor<float> x_;          // (T, I) of the text
  Tensor<float> direction_;  // (D·H) ∂S/∂p
  Tensor<float> scaled_;     // (T · points, I)
  Tensor<float> p_;          // (points, D·H) pooled
  Tensor<float> dx_;         // (T · points, I) ∂S/∂x, those of one step next to each other
};

}  // namespace unroll
