/// SequenceClassifier: the homework's whole model.
///
///     ids → different words → embedding → dropout → recurrent stack → pooling over time → dropout
///     → O = V h + c → softmax cross-entropy, or K sigmoids' cross-entropy
///
/// With a pool the loss is many-to-one, one target per sequence; without (`pool` empty) every step
/// has an output and a target of its own, and the loss is the homework's many-to-many L = Σ_t
/// L^(t).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "unroll/core/parameter.h"
#include "unroll/core/ragged.h"
#include "unroll/kernels/half.h"
#include "unroll/layers/distinct.h"
#include "unroll/layers/dropout.h"
#include "unroll/layers/embedding.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/pooling.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/layers/row_part.h"

namespace unroll {

/// What the outputs O mean: one choice of K with ŷ = softmax(O), or K answers yes or no with
/// ŷ_k = σ(O_k).
enum class OutputKind : std::uint8_t { kSoftmax, kSigmoid };

struct SequenceClassifierConfig {
  std::size_t vocabulary = 0;  ///< V, number of word ids
  std::size_t classes = 0;     ///< K
  OutputKind output = OutputKind::kSoftmax;
  std::size_t embedding = 128;
  Cell cell = Cell::kLstm;
  Activation activation = Activation::kTanh;
  GruReset gru_reset = GruReset::kAfter;
  std::size_t hidden = 128;
  std::size_t layers = 1;
  bool bidirectional = true;
  std::optional<Pool> pool = Pool::kMax;
  double dropout = 0.5;
  RecurrentInit init = RecurrentInit::kOrthogonal;
  double forget_bias = 1;
};

/// Whether a predictor of the model (sequence_predictor.h) computes the first layer's products with
/// all words of the vocabulary beforehand: a token then costs no product with U, and the predictor
/// holds V·directions·G·H values more.
enum class WordProducts { kPerBatch, kWholeVocabulary };

/// What of its recurrent layers decides which precision is fast. The inputs of layers above the
/// first are even where units are.
LayerSizes layer_sizes(const SequenceClassifierConfig& config);

/// The model's recurrent layers.
RecurrentStackConfig stack_config(const SequenceClassifierConfig& config);

template <typename Real>
class SequenceClassifier {
 public:
  using Config = SequenceClassifierConfig;

  /// What the outputs should be: for each sequence, or for each step (packed) where every step has
  /// an output.
  struct Targets {
    std::span<const std::int32_t> classes;  ///< of softmax: one of K
    MatrixView<const Real> y{};             ///< of sigmoids: (rows, K), 1 for yes and 0 for no
    std::span<const float> weights{};       ///< how much each row counts; none: 1
  };

  /// All that a forward and a backward pass own. One per thread of use.
  struct Pass {
    typename RecurrentStack<Real>::Pass stack;
    Panels<Real> V;  ///< the output layer's weights, packed

    // the record
    DistinctIds words;  ///< M of them
    Tensor<Real> x;     ///< (M, embedding): of each different word
    Tensor<Real> x_mask;
    typename Pooling<Real>::Record pooling;
    Tensor<Real> p;  ///< (B, D·H) pooled; unused without a pool
    Tensor<Real> p_mask;
    Tensor<Real> O;  ///< (rows, K), rows = B or N
    RecurrentInput<Real> input() const { return {x.matrix(), words.rows()}; }

    // scratch
    Tensor<Real> dO, dp, dh, dx;
    typename RecurrentStack<Real>::States states, dstates;

    /// A batch, or a shard of one, that has more tokens is taken in parts of at most so many, or of
    /// one row; 0: never. Then the record is that of the last part.
    std::size_t most_tokens = 0;
    RowPart part;
    DistinctIds batch_words;                 ///< of the whole batch
    std::vector<std::int32_t> word_rows;     ///< (M): where in them each of `words` is
    std::vector<std::int32_t> ids, targets;  ///< of the part
    std::vector<float> weights;              ///< of the part's targets
    Tensor<Real> y;                          ///< of the part, for sigmoids
  };

  /// What a pass computed, for somebody who wants to look. What begins with d is there after the
  /// backward pass.
  struct Inspection {
    Tensor<Real> x;                     ///< (N, embedding)
    std::vector<Tensor<Real>> h;        ///< per layer, (N, D·H)
    std::vector<Tensor<Real>> dh;       ///< per layer, ∂L/∂h_t as it comes down from above
    std::vector<std::int32_t> winners;  ///< (B·D·H): of a max pool, the step that won
    Tensor<Real> p, dp;                 ///< (B, D·H)
    Tensor<Real> O, dO;                 ///< (rows, K)
  };

  explicit SequenceClassifier(const Config& config);

  /// For the recurrent layers' passes from now on; not part of the model.
  void set_precision(Precision precision) { stack_.set_precision(precision); }
  /// Whether the cells' own files compute the steps (RecurrentLayer::set_plain), from now on; not
  /// part of the model either.
  void set_plain(bool plain) { stack_.set_plain(plain); }
  /// Initial values from the seed; the embedding is normal with deviation 0.1.
  void init(std::uint64_t seed);
  const Config& config() const { return config_; }
  /// In the order of a model file: embedding, cells, output.
  ParameterList<Real> parameters();
  std::vector<const Parameter<Real>*> parameters() const;
  /// Those that training moves.
  ParameterList<Real> trainable_parameters();
  Embedding<Real>& embedding() { return embedding_; }
  const Embedding<Real>& embedding() const { return embedding_; }
  RecurrentStack<Real>& stack() { return stack_; }
  const RecurrentStack<Real>& stack() const { return stack_; }
  const Pooling<Real>& pooling() const { return pooling_; }
  const Linear<Real>& output() const { return output_; }

  /// ids (N) → pass.O. `dropout` is null when predicting.
  void forward(const RaggedShape& shape, std::span<const std::int32_t> ids, Pass& pass,
               const DropoutSource* dropout = nullptr) const;

  /// Forward, loss (mean over the batch's sequences, each times its weight), backward: adds to all
  /// gradients. In parts (Pass::most_tokens) the result is the same up to rounding. For a shard it
  /// is the shard's share: the losses and gradients of all shards add up to those of the batch.
  double loss_and_gradients(const RaggedShape& shape, std::span<const std::int32_t> ids,
                            const Targets& targets, Pass& pass,
                            const DropoutSource* dropout = nullptr, const Shard& shard = {});
  /// The targets are classes: (B), or (N) packed where every step has one.
  double loss_and_gradients(const RaggedShape& shape, std::span<const std::int32_t> ids,
                            std::span<const std::int32_t> classes, Pass& pass,
                            const DropoutSource* dropout = nullptr) {
    return loss_and_gradients(shape, ids, Targets{.classes = classes}, pass, dropout);
  }

  /// Copies of what a pass computed that was not planned, and so kept all of it.
  Inspection inspect(const Pass& pass) const;

  /// The memory of a pass for training on batches within these limits, taken in parts of at most
  /// `most_tokens` (0: whole) but for a longer row. From then on the pass's backward pass
  /// overwrites what its forward pass saved.
  void plan(const BatchLimits& limits, std::size_t most_tokens, Pass& pass, MemoryPlan& plan) const;
  /// A pass that computes shards of such batches; the limits of shards are `shard`.
  void plan_shards(const BatchLimits& limits, const BatchLimits& shard, std::size_t most_tokens,
                   Pass& pass, MemoryPlan& plan) const;

 private:
  /// Where each dropout has its random numbers from.
  struct Dropouts {
    DropoutSource x, h, p;
  };
  void run_forward(const RaggedShape& shape, Pass& pass, const Dropouts* dropouts) const;
  void check_targets(const Targets& targets, std::size_t rows) const;
  Targets part_of(const Targets& targets, Pass& pass) const;
  double loss(const Targets& targets, double weight, Pass& pass) const;
  double run_back(const RaggedShape& shape, const Targets& targets, double weight, Pass& pass,
                  bool dropout);
  double loss_and_gradients_of_part(std::span<const std::int32_t> ids, const Targets& targets,
                                    double weight, Pass& pass, const DropoutSource* dropout);
  void backward(const RaggedShape& shape, Pass& pass, bool dropout);
  void plan_pass(const BatchLimits& limits, Pass& pass, MemoryPlan& plan) const;
  void plan_parts(const BatchLimits& limits, const BatchLimits& part, Pass& pass,
                  MemoryPlan& plan) const;
  /// What the output layer reads: the pooled vector, or every step's state.
  Tensor<Real>& readout(Pass& pass) const { return config_.pool ? pass.p : pass.stack.h.back(); }

  Config config_;
  Embedding<Real> embedding_;
  RecurrentStack<Real> stack_;
  Pooling<Real> pooling_;
  Linear<Real> output_;
  Dropout<Real> x_dropout_;
  Dropout<Real> p_dropout_;
};

}  // namespace unroll
