/// Several recurrent layers on top of each other, each in one direction or both, with dropout
/// between.
///
/// Layer l reads the states of layer l − 1; of a bidirectional layer the forward and the backward
/// states side by side, (N, 2H). The two directions of a layer know nothing of each other.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "unroll/kernels/ops.h"
#include "unroll/layers/dropout.h"
#include "unroll/layers/init.h"
#include "unroll/layers/recurrent.h"

namespace unroll {

struct RecurrentStackConfig {
  Cell cell = Cell::kLstm;
  Activation activation = Activation::kTanh;  ///< of the RNN
  GruReset gru_reset = GruReset::kAfter;      ///< of the GRU
  std::size_t input = 0;                      ///< I
  std::size_t hidden = 0;                     ///< H, of each direction
  std::size_t layers = 1;
  bool bidirectional = false;
  double dropout = 0;  ///< on the states between layers
};

template <typename Real>
class RecurrentStack {
 public:
  /// One state per layer and direction: index layer·directions + direction.
  using States = std::vector<RecurrentState<Real>>;

  /// All that a forward and a backward pass own. One per thread of use.
  struct Pass {
    std::vector<RecurrentPass<Real>> cells;  ///< as States
    // the record
    std::vector<Tensor<Real>> h;      ///< per layer, (N, directions·H)
    std::vector<Tensor<Real>> masks;  ///< dropout of h[l], l < layers − 1
    // scratch
    std::vector<Tensor<Real>> dh;  ///< ∂L/∂h[l], l < layers − 1
    Tensor<Real> dx;               ///< ∂L/∂x of the backward direction

    /// Whether each cell's record is for `once` (RecurrentRecord).
    bool once = false;
  };

  /// The weights for inference, as they were when `pack` was called.
  struct Weights {
    std::vector<RecurrentWeights<Real>> cells;  ///< as States
    std::vector<Tensor<Real>> projected;        ///< of each direction of layer 0, unless empty
  };
  /// What inference needs besides. One per thread of use.
  struct Scratch {
    std::vector<RecurrentScratch<Real>> cells;  ///< as States
    Tensor<Real> h[2];                          ///< (N, directions·H) of a layer and the one below
  };

  explicit RecurrentStack(const RecurrentStackConfig& config);

  std::size_t directions() const { return config_.bidirectional ? 2 : 1; }
  std::size_t output_size() const { return directions() * config_.hidden; }
  States zero_states(std::size_t batch) const;
  /// Makes `states` zero states, in the memory that they have.
  void set_zero(std::size_t batch, States& states) const;
  RecurrentLayer<Real>& layer(std::size_t l, std::size_t direction) {
    return *cells_[l * directions() + direction];
  }

  /// For all passes from now on; not part of the model.
  void set_precision(Precision precision);
  Precision precision() const { return cells_.front()->precision(); }
  /// What `infer` multiplies, given such weights: kFloat16 if any layer does.
  Precision precision_of(const Weights& weights) const;
  void set_plain(bool plain);
  void init(RecurrentInit init, double forget_bias, std::uint64_t seed);

  /// x (N tokens), states h_0, C_0 → h_T, C_T. The top layer's states are pass.h.back(). `dropout`
  /// is null when predicting.
  void forward(const RaggedShape& shape, const RecurrentInput<Real>& x, States& states, Pass& pass,
               const DropoutSource* dropout) const;
  /// dh (N, directions·H) of the top layer; dstates as in RecurrentLayer; dx, as large as x.x, is
  /// set unless it is empty. `dropout` says whether the forward pass had any.
  void backward(const RaggedShape& shape, const RecurrentInput<Real>& x, Pass& pass,
                MatrixView<const Real> dh, States& dstates, MatrixView<Real> dx, bool dropout);

  /// `table` (M, I): rows of x that are known beforehand, whose products with U are then kept as
  /// well, directions·M·G·H values; or empty. `largest_x`: no value of x will be larger, as
  /// RecurrentLayer::pack has it.
  Weights pack(MatrixView<const Real> table = {}, double largest_x = kAnySize) const;
  /// The names of the matrices that are too large for kFloat16, given such x.
  std::vector<std::string> beyond_float16(double largest_x) const;
  /// Computes what `forward` does, bit for bit; returns the top layer's states, (N, directions·H),
  /// in `scratch`. With weights of a table, x is that table.
  MatrixView<const Real> infer(const RaggedShape& shape, const RecurrentInput<Real>& x,
                               const Weights& weights, States& states, Scratch& scratch) const;

  /// The memory of these for batches within these limits; `use` of the lowest layer, but for its
  /// threads.
  void plan(const BatchLimits& limits, LayerUse use, Pass& pass, MemoryPlan& plan) const;
  void plan(const BatchLimits& limits, States& states, MemoryPlan& plan) const;
  void plan(const BatchLimits& limits, Scratch& scratch, MemoryPlan& plan) const;
  /// The memory of `pack` without a table.
  void plan(Weights& weights, MemoryPlan& plan) const;

  /// What the cells' passes computed, as States (RecurrentLayer::inspect).
  std::vector<RecurrentInspection<Real>> inspect(const RaggedShape& shape, const Pass& pass) const;

  ParameterList<Real> parameters();

 private:
  void prepare(Pass& pass) const;
  double largest_input(std::size_t k, double largest_x) const;
  void backward_layer(std::size_t l, const RaggedShape& shape, const RecurrentInput<Real>& x,
                      Pass& pass, MatrixView<const Real> dh, States& dstates, MatrixView<Real> dx);
  RecurrentInput<Real> input_of(std::size_t l, const RecurrentInput<Real>& x,
                                const Pass& pass) const;

  RecurrentStackConfig config_;
  std::vector<std::unique_ptr<RecurrentLayer<Real>>> cells_;
  std::vector<Dropout<Real>> dropouts_;
};

}  // namespace unroll
