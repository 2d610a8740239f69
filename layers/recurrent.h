/// What all recurrent layers have in common: parameters U, W, b, the walk through time, and the
/// gradients that are one product over all steps. What a step computes is in the file of its cell
/// (layers/cells). Two kinds of passes walk: recurrent_pass.h has those of fused steps, which
/// production uses, plain_pass.h those of cells as they are written out.
///
/// Shapes: N = Σ lengths rows, time-major without padding (unroll/core/ragged.h); B rows of the
/// batch; I input size; H hidden size; G gates of the cell; S values that a step saves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/memory_plan.h"
#include "unroll/core/parallel.h"
#include "unroll/core/parameter.h"
#include "unroll/core/ragged.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/packed.h"
#include "unroll/kernels/recurrent_step.h"
#include "unroll/layers/cells/cell.h"

namespace unroll {

/// Parts of a MemoryPlan: what a forward pass needs, and what the backward pass needs besides.
inline constexpr std::string_view kForwardPart = "forward pass";
inline constexpr std::string_view kBackwardPart = "backward pass";

/// States of every row, carried through time. In a forward pass h_0, C_0 go in and h_T, C_T (each
/// row's own last step) come out; in a backward pass the same struct holds gradients: ∂L/∂h_T,
/// ∂L/∂C_T go in, ∂L/∂h_0, ∂L/∂C_0 come out.
template <typename Real>
struct RecurrentState {
  Tensor<Real> h;  ///< (B, H)
  Tensor<Real> C;  ///< (B, H); empty of a cell without C
};

/// What a layer reads. Tokens that are alike may share a row: it is then multiplied by U once, and
/// the gradients of its tokens are summed, in their order, before they are multiplied.
template <typename Real>
struct RecurrentInput {
  RecurrentInput(MatrixView<const Real> all) : x(all) {}
  RecurrentInput(MatrixView<Real> all) : x(all) {}
  RecurrentInput(MatrixView<const Real> distinct, std::span<const std::int32_t> row_of_token)
      : x(distinct), rows(row_of_token) {}

  MatrixView<const Real> x;  ///< (M, I)
  std::span<const std::int32_t>
      rows;  ///< (N): x of token n is row rows[n]; empty: row n, and M = N
};

/// The weights as the passes of a cell that is written out multiply them (plain_pass.h).
template <typename Real>
struct PlainWeights {
  Panels<Real> U;                    ///< Uᵀ (I, G·H)
  Panels<Real> W;                    ///< Wᵀ (H, G·H), late gates left out
  Panels<Real> W_back;               ///< W (G·H, H), of a backward pass; likewise
  Panels<Real> late_W, late_W_back;  ///< (H, H) each, of a cell with a late gate
};

/// What these passes need besides.
template <typename Real>
struct PlainScratch {
  Tensor<Real> U_x;                ///< (M, G·H): b + U x
  Tensor<Real> W_h;                ///< (B, G·H): W h_{t−1}, late gates left out
  Tensor<Real> late_in, late_out;  ///< (B, H): the product of a late gate
  Tensor<Real> W_dz;               ///< (B, H): Wᵀ dz_{t+1}
  Tensor<Real> x, dx;              ///< (N, I), of an input with shared rows
  Tensor<Real> h_prev[2];          ///< (B, H), in inference: of this step and the next
};

// A pass multiplies values of Real, of BFloat16 or, in inference, of Float16, its operands. What is
// kept in their type is there once for each of them, as `full`, as `pairs` and as `halves`; of
// these only one is not empty.

/// Nothing is known about the size of the inputs.
inline constexpr double kAnySize = std::numeric_limits<double>::infinity();

/// The weights in the order in which kernels read them. Inference packs them once, a training step
/// in each of its passes.
template <typename Real>
struct RecurrentWeights {
  template <typename Operand>
  struct Packed {
    Panels<Operand> forward;  ///< (I + H, G·H), as Panels::pack_weights has it
    Panels<Operand> W, U;     ///< of a backward pass: (G·H, H), (G·H, I)
  };
  Packed<Real> full;
  Packed<BFloat16> pairs;
  Packed<Float16> halves;
  double largest_x = kAnySize;  ///< of `halves`: no x may be larger
  NarrowPanels narrow;          ///< W of `full.forward` once more, rounded: for steps of few rows
  PlainWeights<Real> plain;     ///< of a cell that is written out, and nothing else
};

/// What a forward pass saved for the backward pass. What a cell does not need stays empty.
template <typename Real>
struct RecurrentRecord {
  template <typename Operand>
  struct Operands {
    Tensor<Operand> h_prev;  ///< (N, H): the h that entered each step
    Tensor<Operand> x;       ///< (M, I), unless products take x as it is
  };
  Operands<Real> full;
  Operands<BFloat16> pairs;
  Tensor<Real> gates;  ///< (N, S·H): RNN h_t; LSTM f, i, a, o after their activations; GRU r, u,
                       ///< q if the reset comes after, h̃
  Tensor<Real> C;      ///< (N, H): LSTM, C_t
  Tensor<Real> C_0;    ///< (B, H): LSTM, the C that entered each row
  Tensor<Real> h;      ///< (N, H): GRU, h_t, where operands are rounded
  Tensor<Real> h_0;    ///< (B, H): GRU, the h that entered each row, where they are

  /// A backward pass may overwrite the record: it writes ∂L/∂z over the gates, where these are of
  /// the same type, and can then be run once.
  bool once = false;
  /// It has been run, and the record is lost until the next forward pass.
  bool spent = false;
};

/// What passes need while they run. It is lost with the next pass.
template <typename Real>
struct RecurrentScratch {
  template <typename Operand>
  struct Operands {
    Tensor<Operand> x;           ///< (M, I), rounded, in inference
    Tensor<Operand> h_prev[2];   ///< (B, H), in inference: of this step and the next
    Tensor<Operand> dz;          ///< (N, S·H): ∂L/∂z_t, unless it takes the place of the gates
    Tensor<Operand> dz_of_rows;  ///< (M, G·H): input_sums as products take them
    std::vector<Tensor<Operand>> gradient;  ///< for add_gradients, one for each thread
  };
  Operands<Real> full;
  Operands<BFloat16> pairs;
  Operands<Float16> halves;
  Tensor<Real> W_dz;  ///< (B, H): GRU, Wᵀ dz_1
  /// A sum for each row of x, (·, G·H): forward b + U x, where it is computed before the walk;
  /// backward, of an input with shared rows, ∂L/∂z over the row's tokens.
  Tensor<Real> input_sums;
  PlainScratch<Real> plain;
};

/// All that a forward and a backward pass own. One per thread of use.
template <typename Real>
struct RecurrentPass {
  RecurrentWeights<Real> weights;
  RecurrentRecord<Real> record;
  RecurrentScratch<Real> scratch;
};

/// What the passes of a layer computed of every token, for somebody who wants to look.
template <typename Real>
struct RecurrentInspection {
  Tensor<Real> gates;      ///< (N, S·H), as the record has them
  Tensor<Real> h_prev;     ///< (N, H): h_{t−1}; rounded, unless the cell needs it as it was
  Tensor<Real> C, C_prev;  ///< (N, H): C_t and C_{t−1}; empty of a cell without C
  Tensor<Real> dz;  ///< (N, S·H): ∂L/∂z_t of the last backward pass; empty before the first
};

/// What a plan has to know of how a layer is used, besides its batches' largest sizes.
struct LayerUse {
  bool shared = false;      ///< tokens share rows of x
  bool dx = false;          ///< ∂L/∂x is asked for
  std::size_t threads = 1;  ///< that the layer has
};

/// How large h of a cell becomes, if it begins within ±1.
double largest_h(const CellKind& kind);

/// Whether kernels compute the cell's steps; otherwise its own file does.
bool has_kernels(const CellKind& kind);

/// One recurrent layer in one direction. Instantiated for float and double.
template <typename Real>
class RecurrentLayer {
 public:
  RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden, CellKind kind,
                 Direction direction = Direction::kForward);

  /// Whether steps are computed by the cell's own file, line by line (layers/cells), rather than by
  /// kernels in which products and cell are fused. The results are the same but for rounding. All
  /// passes from now on; `precision` is then of no effect. A cell without kernels is always plain.
  void set_plain(bool plain) { plain_ = plain; }
  bool is_plain() const { return plain_ || !has_kernels(kind_); }

  /// For all passes from now on. With kBFloat16 products multiply U, W, x, h and ∂L/∂z rounded to
  /// bfloat16. They do so in pairs, and faster, where the CPU multiplies pairs at full speed
  /// (multiplies_bfloat16() in unroll/kernels/isa.h) and both sizes of the layer are even.
  /// Elsewhere only W takes half the memory, and steps of few rows less time. With kNarrow U and W
  /// alone are rounded, which costs nothing, and W takes half the memory. With kFloat16 `infer`
  /// multiplies Float16, of layers of even sizes whose weights fit (beyond_float16); all other
  /// passes are then those of kFull. Sums, gates, C, parameters and their gradients are Real in
  /// any case. Layers of double know no Float16.
  void set_precision(Precision precision) { precision_ = precision; }
  Precision precision() const { return precision_; }
  Direction direction() const { return direction_; }
  const CellKind& kind() const { return kind_; }
  std::size_t input_size() const { return U.value.shape()[1]; }                  ///< I
  std::size_t hidden_size() const { return W.value.shape()[1]; }                 ///< H
  std::size_t gate_count() const { return W.value.shape()[0] / hidden_size(); }  ///< G
  /// Zero states for B rows.
  RecurrentState<Real> zero_state(std::size_t batch) const;

  /// input (N tokens), state: h_0, C_0 → h_T, C_T;  h (N, H) is set (a column range of a wider
  /// matrix will do).
  void forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
               RecurrentState<Real>& state, RecurrentPass<Real>& pass, MatrixView<Real> h) const;

  /// dh (N, H) = ∂L/∂h_t from above, dstate: ∂L/∂h_T, ∂L/∂C_T → ∂L/∂h_0, ∂L/∂C_0. Adds to the
  /// parameters' gradients, sets dx, as large as input.x, unless it is empty. May be run again on
  /// the same record, unless that is for `once`: then a second run throws Error (kInternal).
  void backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                RecurrentPass<Real>& pass, MatrixView<const Real> dh, RecurrentState<Real>& dstate,
                MatrixView<Real> dx);

  /// Copies of what the passes computed. Throws Error (kInternal) if the record is spent.
  RecurrentInspection<Real> inspect(const RaggedShape& shape,
                                    const RecurrentPass<Real>& pass) const;
  /// The record of a forward pass that computed this (dz aside).
  void restore(const RaggedShape& shape, const RecurrentInspection<Real>& seen,
               RecurrentPass<Real>& pass) const;

  /// The memory of `pass` for batches within these limits.
  void plan(const BatchLimits& limits, LayerUse use, RecurrentPass<Real>& pass,
            MemoryPlan& plan) const;
  /// The memory of the weights for inference, and of `scratch`.
  void plan(RecurrentWeights<Real>& weights, MemoryPlan& plan) const;
  void plan(const BatchLimits& limits, LayerUse use, RecurrentScratch<Real>& scratch,
            MemoryPlan& plan) const;

  /// The weights as `infer` reads them: of now, of the active instruction set and the precision.
  /// `largest_x`: no value of x will be larger. Only kFloat16 has to know, and `infer` then throws
  /// Error (kInternal) if x or h_0 leaves this range, or ±1.
  RecurrentWeights<Real> pack(double largest_x = kAnySize) const;
  /// The names of U and W, if their products with such x, and with h of the cell, may leave the
  /// range of Float16: with kFloat16 the layer then multiplies floats.
  std::vector<std::string> beyond_float16(double largest_x) const;
  /// What `infer` multiplies, given such weights.
  Precision precision_of(const RecurrentWeights<Real>& weights) const;
  /// b + U x for each row of x (M, I) → (M, G·H).
  void project(MatrixView<const Real> x, const RecurrentWeights<Real>& weights,
               MatrixView<Real> projected) const;
  /// Computes what `forward` does, bit for bit, but saves nothing. `projected`: what `project`
  /// makes of input.x, if that is known already, otherwise empty.
  void infer(const RaggedShape& shape, const RecurrentInput<Real>& input,
             const RecurrentWeights<Real>& weights, MatrixView<const Real> projected,
             RecurrentState<Real>& state, RecurrentScratch<Real>& scratch,
             MatrixView<Real> h) const;

  ParameterList<Real> parameters();

  Parameter<Real> U;  ///< (G·H, I) input weights
  Parameter<Real> W;  ///< (G·H, H) recurrent weights
  Parameter<Real> b;  ///< (G·H) bias
  Parameter<Real> d;  ///< (H) bias of the last gate's W h_{t−1}; empty of a cell without d

 private:
  void check(const RaggedShape& shape, const RecurrentInput<Real>& input,
             const RecurrentState<Real>& state, MatrixView<const Real> h) const;
  void check(const RaggedShape& shape, const RecurrentRecord<Real>& record) const;
  /// Whether operands are BFloat16; otherwise they are Real, rounded or not.
  bool multiplies_pairs() const;
  /// Whether these are Float16, if the weights fit.
  bool multiplies_halves() const;

  CellKind kind_;
  Direction direction_;
  bool plain_ = false;
  Precision precision_ = Precision::kFull;
};

}  // namespace unroll
