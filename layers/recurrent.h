/// What the RNN and the LSTM have in common: parameters U, W, b, the walk through time, and the
/// gradients that are one product over all steps. A cell adds its two steps (rnn.h, lstm.h).
///
/// Shapes: N = Σ lengths rows, time-major without padding (unroll/core/ragged.h); B rows of the
/// batch; I input size; H hidden size; G gates (1 for the RNN, 4 for the LSTM).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "unroll/core/parallel.h"
#include "unroll/core/parameter.h"
#include "unroll/core/ragged.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/packed.h"
#include "unroll/kernels/recurrent_step.h"
#include "unroll/layers/walk.h"

namespace unroll {

/// States of every row, carried through time. In a forward pass h_0, C_0 go in and h_T, C_T (each
/// row's own last step) come out; in a backward pass the same struct holds gradients: ∂L/∂h_T,
/// ∂L/∂C_T go in, ∂L/∂h_0, ∂L/∂C_0 come out.
template <typename Real>
struct RecurrentState {
  Tensor<Real> h;  ///< (B, H)
  Tensor<Real> C;  ///< (B, H); unused by the RNN
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

/// What a forward pass saves for the backward pass. What a cell does not need stays empty.
template <typename Real>
struct RecurrentCache {
  Tensor<Real> gates;   ///< (N, G·H): RNN h_t; LSTM f, i, a, o after their activations
  Tensor<Real> h_prev;  ///< (N, H): the h that entered each step
  Tensor<Real> C;       ///< (N, H): LSTM, C_t
  Tensor<Real> C_0;     ///< (B, H): LSTM, the C that entered each row
  Tensor<Real> dz;      ///< (N, G·H): written by the backward pass, ∂L/∂z_t

  // Of an input with shared rows: U x, and the sum of ∂L/∂z over a row's tokens.
  Tensor<Real> projected, dprojected;  ///< (M, G·H)

  std::vector<Tensor<Real>> scratch;  ///< of the backward pass, one for each thread

  // The weights as the kernels read them, packed by each pass anew.
  Panels<Real> weights;  ///< forward: (I + H, G·H), as Panels::pack_weights has it
  Panels<Real> W, U;     ///< backward: (G·H, H), (G·H, I)
};

/// What inference needs beside its arguments. One per thread of use.
template <typename Real>
struct RecurrentScratch {
  Tensor<Real> h_prev[2];  ///< (B, H): of this step and the next
  Tensor<Real> projected;  ///< (·, G·H)
};

/// One recurrent layer in one direction. Instantiated for float and double.
template <typename Real>
class RecurrentLayer {
 public:
  virtual ~RecurrentLayer() = default;

  std::size_t input_size() const { return U.value.shape()[1]; }                  ///< I
  std::size_t hidden_size() const { return W.value.shape()[1]; }                 ///< H
  std::size_t gate_count() const { return W.value.shape()[0] / hidden_size(); }  ///< G
  /// Zero states for B rows.
  virtual RecurrentState<Real> zero_state(std::size_t batch) const = 0;

  /// input (N tokens), state: h_0, C_0 → h_T, C_T;  h (N, H) is set (a column range of a wider
  /// matrix will do).
  void forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
               RecurrentState<Real>& state, RecurrentCache<Real>& cache, MatrixView<Real> h) const;

  /// dh (N, H) = ∂L/∂h_t from above, dstate: ∂L/∂h_T, ∂L/∂C_T → ∂L/∂h_0, ∂L/∂C_0. Adds to the
  /// parameters' gradients, sets dx, as large as input.x, unless it is empty. May be run again on
  /// the same cache.
  void backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                RecurrentState<Real>& dstate, MatrixView<Real> dx);

  /// The weights as `infer` reads them: of now, and of the active instruction set.
  Panels<Real> pack() const;
  /// b + U x for each row of x (M, I) → (M, G·H).
  void project(MatrixView<const Real> x, const Panels<Real>& weights,
               MatrixView<Real> projected) const;
  /// As forward, bit for bit, but saves nothing. `projected`: what `project` makes of input.x, if
  /// that is known already, otherwise empty.
  void infer(const RaggedShape& shape, const RecurrentInput<Real>& input,
             const Panels<Real>& weights, MatrixView<const Real> projected,
             RecurrentState<Real>& state, RecurrentScratch<Real>& scratch,
             MatrixView<Real> h) const;

  ParameterList<Real> parameters() { return {&U, &W, &b}; }

  Parameter<Real> U;  ///< (G·H, I) input weights
  Parameter<Real> W;  ///< (G·H, H) recurrent weights
  Parameter<Real> b;  ///< (G·H) bias

 protected:
  RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden, std::size_t gates,
                 Direction direction);

  /// One step of the cell (unroll/kernels/recurrent_step.h).
  virtual void step_forward(const RecurrentStep<Real>& step) const = 0;
  virtual void step_backward(const RecurrentStepBack<Real>& step) const = 0;

 private:
  /// Where each step finds b + U x_t, or what it computes it from.
  struct Products {
    MatrixView<const Real> to_project() const;
    ProductOfInput<Real> of(std::size_t token, std::size_t count) const;

    RecurrentInput<Real> input;
    std::size_t few;                   ///< the first token of the steps that have few rows
    MatrixView<const Real> projected;  ///< b + U x of these, or of all rows that are shared
  };

  void check(const RaggedShape& shape, const RecurrentInput<Real>& input,
             const RecurrentState<Real>& state, MatrixView<const Real> h) const;
  void walk_forward(const RaggedShape& shape, const WalkShare& share, const Products& products,
                    RecurrentCache<Real>& cache, MatrixView<Real> h) const;
  void walk_inference(const RaggedShape& shape, const WalkShare& share, const Products& products,
                      const Panels<Real>& weights, RecurrentState<Real>& state,
                      RecurrentScratch<Real>& scratch, MatrixView<Real> h) const;
  void walk_backward(const RaggedShape& shape, const WalkShare& share, Range positions,
                     RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                     RecurrentState<Real>& dstate) const;
  void add_gradients(const RecurrentInput<Real>& input, Range tokens, Range columns,
                     RecurrentCache<Real>& cache, Tensor<Real>& scratch);

  Direction direction_;
};

}  // namespace unroll
