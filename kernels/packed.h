/// Matrix products of our own, for factors that are used again and again: a layer's weights, packed
/// once and read at every step.
///
/// Sums run over k in order, one at a time: a row's bits depend neither on the number of rows nor
/// on how they are cut among threads. Serial, like all of kernels.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include "unroll/core/range.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/gemm.h"

namespace unroll {

/// A right factor B (K, N) in the order in which the kernels of the active instruction set read it:
/// panels of four vectors of columns, each panel K lines. Pack anew after another instruction set
/// was made active.
template <typename Real>
class Panels {
 public:
  /// B, columns in their order.
  void pack(Factor<Real> B);
  /// A recurrent layer's weights U (G·H, I) and W (G·H, H) as B (I + H, G·H), Uᵀ above Wᵀ. Of an
  /// LSTM, whose gates are stacked f i a o, a panel holds the four gates of the same units.
  void pack_weights(MatrixView<const Real> U, MatrixView<const Real> W);

  std::size_t rows() const { return K_; }     ///< K
  std::size_t columns() const { return N_; }  ///< N
  std::size_t gates() const { return G_; }    ///< G; 1 unless by pack_weights of an LSTM
  std::size_t inputs() const { return I_; }   ///< I; K unless by pack_weights
  const Real* data() const { return values_.data(); }

 private:
  void reshape(std::size_t rows, std::size_t columns, std::size_t gates, std::size_t inputs);
  void fill_from_lines(MatrixView<const Real> B);
  void fill_from_columns(MatrixView<const Real> Bt, std::size_t first_line);

  std::size_t K_ = 0, N_ = 0, G_ = 1, I_ = 0;
  Tensor<Real> values_;  // (panels, K, columns of a panel)
};

/// C (M, N) = A (M, K) · B. Throws ShapeError unless the sizes fit.
template <typename Real>
void product(MatrixView<const Real> A, const Panels<Real>& B, MatrixView<Real> C);

/// A gradient that is a sum over rows: into (M, N) += Aᵀ B.
template <typename Real>
struct GradientOf {
  MatrixView<const Real> B;  ///< (K, N)
  MatrixView<Real> into;     ///< (M, N)
};
/// Adds one gradient or more of the same A (K, M). `scratch` is made as large as it has to be.
/// Throws ShapeError unless the sizes fit.
template <typename Real>
void add_gradients(MatrixView<const Real> A, std::initializer_list<GradientOf<Real>> gradients,
                   Tensor<Real>& scratch);

/// C (M, N) = b (N) + A (M, I) · B, of packed weights b + A Uᵀ. Throws ShapeError unless the sizes
/// fit.
template <typename Real>
void project(MatrixView<const Real> A, const Panels<Real>& weights, std::span<const Real> b,
             MatrixView<Real> C);
/// Likewise, the columns of some units, from a multiple of a panel's columns on; of each gate.
template <typename Real>
void project(MatrixView<const Real> A, const Panels<Real>& weights, std::span<const Real> b,
             MatrixView<Real> C, Range units);

}  // namespace unroll
