/// Matrix products of our own, for factors that are used again and again: a layer's weights, packed
/// once and read at every step; and a recurrent step in one pass.
///
/// Sums run over k in order, one at a time: a row's bits depend neither on the number of rows nor
/// on how they are cut among threads. Serial, like all of kernels.
#pragma once

#include <cstddef>
#include <span>

#include "unroll/core/tensor.h"
#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"

namespace unroll {

/// A right factor B (K, N) in the order in which the kernels of the active instruction set read it:
/// panels of four vectors of columns, each panel K lines. Pack anew after another instruction set
/// was made active.
template <typename Real>
class Panels {
 public:
  /// B, columns in their order.
  void pack(Factor<Real> B);
  /// B = Wᵀ (K, 4H) of an LSTM's weights W (4H, K) with the gates stacked f i a o: the four gates
  /// of the same units side by side, as lstm_step wants them.
  void pack_gates(MatrixView<const Real> W);

  std::size_t rows() const { return K_; }     ///< K
  std::size_t columns() const { return N_; }  ///< N
  const Real* data() const { return values_.data(); }

 private:
  template <typename SourceOf>
  void fill(Factor<Real> B, std::size_t panels, SourceOf source_of);

  std::size_t K_ = 0, N_ = 0;
  Tensor<Real> values_;
};

/// C (M, N) = or += A (M, K) · B. Throws ShapeError unless the sizes fit.
template <typename Real>
void product(MatrixView<const Real> A, const Panels<Real>& B, MatrixView<Real> C,
             Into into = Into::kSet);

/// C (M, N) += Aᵀ B for A (K, M), B (K, N): a gradient, summed over rows. Throws ShapeError unless
/// the sizes fit.
template <typename Real>
void add_transposed_product(MatrixView<const Real> A, MatrixView<const Real> B, MatrixView<Real> C);

/// A step of the LSTM: lstm_cell_forward (ops.h) of U x_t + W h_{t−1}, in one pass.
///   in:  gates (rows, 4H) = U x_t;  W by pack_gates;  h_prev (rows, H) = h_{t−1}
///   out: gates, C, h as there. C may be C_prev; h shares no memory with h_prev.
template <typename Real>
void lstm_step(const Panels<Real>& W, std::span<const Real> b, MatrixView<const Real> h_prev,
               MatrixView<Real> gates, MatrixView<const Real> C_prev, MatrixView<Real> C,
               MatrixView<Real> h);

/// A step of the simple recurrent layer, likewise: z (rows, H) = U x_t becomes h_t = φ(z + W
/// h_{t−1}
/// + b), and so does h. W by pack(transposed(W)).
template <typename Real>
void rnn_step(Activation activation, const Panels<Real>& W, std::span<const Real> b,
              MatrixView<const Real> h_prev, MatrixView<Real> z, MatrixView<Real> h);

}  // namespace unroll
