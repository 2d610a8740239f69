/// What the RNN and the LSTM have in common: parameters U, W, b, the walk through time, and the
/// gradients that are one product over all steps. A cell adds its two steps (rnn.h, lstm.h).
///
/// Shapes: N = Σ lengths rows, time-major without padding (unroll/core/ragged.h); B rows of the
/// batch; I input size; H hidden size; G gates (1 for the RNN, 4 for the LSTM).
#pragma once

#include <cstddef>
#include <string>

#include "unroll/core/parallel.h"
#include "unroll/core/parameter.h"
#include "unroll/core/ragged.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/packed.h"

namespace unroll {

/// Which end of a sequence is read first. Backward: h_t depends on h_{t+1}, and each row begins at
/// its own end.
enum class Direction { kForward, kBackward };
std::string to_string(Direction direction);

/// States of every row, carried through time. In a forward pass h_0, C_0 go in and h_T, C_T (each
/// row's own last step) come out; in a backward pass the same struct holds gradients: ∂L/∂h_T,
/// ∂L/∂C_T go in, ∂L/∂h_0, ∂L/∂C_0 come out.
template <typename Real>
struct RecurrentState {
  Tensor<Real> h;  ///< (B, H)
  Tensor<Real> C;  ///< (B, H); unused by the RNN
};

/// What a forward pass saves for the backward pass. What a cell does not need stays empty.
template <typename Real>
struct RecurrentCache {
  Tensor<Real> gates;   ///< (N, G·H): RNN h_t; LSTM f, i, a, o after their activations
  Tensor<Real> h_prev;  ///< (N, H): the h that entered each step
  Tensor<Real> C_prev;  ///< (N, H): LSTM, the C that entered each step
  Tensor<Real> C;       ///< (N, H): LSTM, C_t
  Tensor<Real> dz;      ///< (N, G·H): written by the backward pass, ∂L/∂z_t

  // The weights as the kernels read them, packed by each pass anew.
  Panels<Real> U;  ///< forward: Uᵀ (I, G·H); backward: U (G·H, I)
  Panels<Real> W;  ///< forward: Wᵀ (H, G·H), as the cell's step wants it; backward: W (G·H, H)
};

/// The rows of one step that one thread works on.
struct StepRows {
  std::size_t packed;  ///< first row in the (N, ·) matrices
  std::size_t row;     ///< first row in the (B, ·) states
  std::size_t count;
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

  /// x (N, I), state: h_0, C_0 → h_T, C_T;  h (N, H) is set (a column range of a wider matrix will
  /// do).
  void forward(const RaggedShape& shape, MatrixView<const Real> x, RecurrentState<Real>& state,
               RecurrentCache<Real>& cache, MatrixView<Real> h) const;

  /// dh (N, H) = ∂L/∂h_t from above, dstate: ∂L/∂h_T, ∂L/∂C_T → ∂L/∂h_0, ∂L/∂C_0. Adds to the
  /// parameters' gradients, sets dx (N, I) unless it is empty. May be run again on the same cache.
  void backward(const RaggedShape& shape, MatrixView<const Real> x, RecurrentCache<Real>& cache,
                MatrixView<const Real> dh, RecurrentState<Real>& dstate, MatrixView<Real> dx);

  ParameterList<Real> parameters() { return {&U, &W, &b}; }

  Parameter<Real> U;  ///< (G·H, I) input weights
  Parameter<Real> W;  ///< (G·H, H) recurrent weights
  Parameter<Real> b;  ///< (G·H) bias

 protected:
  RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden, std::size_t gates,
                 Direction direction);

  /// Sizes what the cell saves beyond gates and h_prev, and packs W.
  virtual void prepare(std::size_t tokens, RecurrentCache<Real>& cache) const = 0;
  /// On entry gates_t = U x_t, and h_{t−1} is both state.h and cache.h_prev. On return state is
  /// that of step t.
  virtual void step_forward(StepRows at, RecurrentState<Real>& state,
                            RecurrentCache<Real>& cache) const = 0;
  /// On entry dstate.h = ∂L/∂h_t, all of it. On return cache.dz_t = ∂L/∂z_t, and dstate.h =
  /// ∂L/∂h_{t−1} so far as it comes through step t.
  virtual void step_backward(StepRows at, RecurrentCache<Real>& cache,
                             RecurrentState<Real>& dstate) const = 0;

 private:
  void walk_forward(const RaggedShape& shape, Range rows, RecurrentState<Real>& state,
                    RecurrentCache<Real>& cache, MatrixView<Real> h) const;
  void walk_backward(const RaggedShape& shape, Range rows, MatrixView<const Real> dh,
                     RecurrentCache<Real>& cache, RecurrentState<Real>& dstate) const;
  std::size_t step_at(const RaggedShape& shape, std::size_t position) const;

  Direction direction_;
};

/// Rows first .. first + count − 1 of a tensor's matrix.
template <typename Real>
MatrixView<Real> rows_of(Tensor<Real>& tensor, std::size_t first, std::size_t count) {
  return tensor.matrix().row_range(first, count);
}
template <typename Real>
MatrixView<const Real> rows_of(const Tensor<Real>& tensor, std::size_t first, std::size_t count) {
  return tensor.matrix().row_range(first, count);
}

}  // namespace unroll
