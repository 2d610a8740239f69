/// Matrix products of our own, for factors that are used again and again: a layer's weights, packed
/// once and read at every step.
///
/// Sums run over k in order, one at a time: a row's bits depend neither on the number of rows nor
/// on how they are cut among threads. Serial, like all of kernels.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>

#include "unroll/core/bfloat16.h"
#include "unroll/core/float16.h"
#include "unroll/core/precision.h"
#include "unroll/core/range.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/gemm.h"

namespace unroll {

class MemoryPlan;

/// Whether operands are of 16 bits, and their sums float.
template <typename Operand>
inline constexpr bool kIsShort =
    std::is_same_v<Operand, BFloat16> || std::is_same_v<Operand, Float16>;

/// A right factor B (K, N) in the order in which the kernels of the active instruction set read it:
/// panels of four vectors of columns, each a stripe of K lines, or two stripes of half the columns
/// where a tile is half a panel wide; of 16 bits a line has two rows of B, side by side. Pack anew
/// after another instruction set was made active.
///
/// Operand: what is multiplied. Sums are of the same type, of BFloat16 and Float16 in float; so is
/// what is packed, and rounded if it is to be, as those two always. Rows of them begin at even
/// places and, if they are odd in number, end with a 0 more.
template <typename Operand>
class Panels {
 public:
  using Sum = std::conditional_t<kIsShort<Operand>, float, Operand>;

  /// B, columns in their order.
  void pack(Factor<Sum> B, Precision precision = Precision::kFull);
  /// A recurrent layer's weights U (G·H, I) and W (G·H, H) as B (I + H, G·H), Uᵀ above Wᵀ. A
  /// panel of three or four gates, which U and W stack, holds the gates of the same units.
  void pack_weights(MatrixView<const Sum> U, MatrixView<const Sum> W,
                    Precision precision = Precision::kFull);

  /// Each of the two in parts, which threads may share: first room for all panels, then some.
  void resize(Factor<Sum> B);
  void fill(Factor<Sum> B, Precision precision, Range panels);
  void resize_weights(MatrixView<const Sum> U, MatrixView<const Sum> W);
  void fill_weights(MatrixView<const Sum> U, MatrixView<const Sum> W, Precision precision,
                    Range panels);
  std::size_t count() const { return values_.empty() ? 0 : values_.shape()[0]; }  ///< of panels

  /// The memory of `pack` for a factor (K, N).
  void plan(std::size_t K, std::size_t N, MemoryPlan& plan);
  /// The memory of `pack_weights`.
  void plan_weights(std::size_t I, std::size_t H, std::size_t gates, MemoryPlan& plan);

  std::size_t rows() const { return K_; }       ///< K
  std::size_t columns() const { return N_; }    ///< N
  std::size_t gates() const { return G_; }      ///< G; 1 unless by pack_weights
  std::size_t inputs() const { return I_; }     ///< I; K unless by pack_weights
  std::size_t lines() const { return lines_; }  ///< of a panel
  const Operand* data() const { return values_.data(); }

 private:
  void reshape(std::size_t inputs, std::size_t more_rows, std::size_t columns, std::size_t gates);
  void fill_from_rows(MatrixView<const Sum> B, Precision precision, Range panels);
  void fill_from_columns(MatrixView<const Sum> Bt, std::size_t first_line, Precision precision,
                         Range panels);

  std::size_t K_ = 0, N_ = 0, G_ = 1, I_ = 0, lines_ = 0;
  Tensor<Operand> values_;  // (panels, lines, values of a line)
};

/// The lines W of packed weights in half the bytes, for steps that are bound by reading them: as
/// BFloat16, each two vectors of a line as the halves of one; of three gates the same vector of two
/// panels.
class NarrowPanels {
 public:
  /// Takes weights whose values are BFloat16's. Pack anew when those are.
  void pack(const Panels<float>& weights);
  /// Does so in parts, as Panels do.
  void resize(const Panels<float>& weights);
  void fill(const Panels<float>& weights, Range panels);
  /// The memory of `pack` for weights (I + H, G·H).
  void plan(std::size_t H, std::size_t gates, MemoryPlan& plan);

  bool empty() const { return values_.empty(); }
  std::size_t rows() const { return rows_; }  ///< H
  const BFloat16* data() const { return values_.data(); }

 private:
  void fill_from_two(const Panels<float>& weights, Range panels);

  std::size_t rows_ = 0;
  Tensor<BFloat16> values_;  // (panels, H, values of a line)
};

/// C (M, N) = A (M, K) · B. Throws ShapeError unless the sizes fit.
template <typename Real, typename Operand>
void product(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& B,
             MatrixView<Real> C);

/// C = [A A_more] · B, where the two are apart; of BFloat16 A's columns are even in number.
template <typename Real, typename Operand>
void product(MatrixView<const std::type_identity_t<Operand>> A,
             MatrixView<const std::type_identity_t<Operand>> A_more, const Panels<Operand>& B,
             MatrixView<Real> C);

/// A gradient that is a sum over rows: into (M, N) += Aᵀ B.
template <typename Real, typename Operand = Real>
struct GradientOf {
  MatrixView<const Operand> B;  ///< (K, N)
  MatrixView<Real> into;        ///< (M, N)
};
/// Adds one gradient or more of the same A (K, M). `scratch` is made as large as it has to be.
/// Throws ShapeError unless the sizes fit.
template <typename Real, typename Operand>
void add_gradients(MatrixView<const std::type_identity_t<Operand>> A,
                   std::initializer_list<GradientOf<Real, Operand>> gradients,
                   Tensor<Operand>& scratch);
/// Values of `scratch`, for so many gradients of so many columns together.
template <typename Real, typename Operand = Real>
std::size_t gradient_scratch(std::size_t columns, std::size_t gradients);
/// The rows of A that are multiplied at a time, while they are in the second-level cache.
template <typename Real, typename Operand = Real>
std::size_t gradient_rows();

/// C (M, N) = b (N) + A (M, I) · B, of packed weights b + A Uᵀ. Throws ShapeError unless the sizes
/// fit.
template <typename Real, typename Operand>
void project(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& weights,
             std::span<const Real> b, MatrixView<Real> C);
/// Computes the columns of some units, from a multiple of a panel's columns on, of each gate.
template <typename Real, typename Operand>
void project(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& weights,
             std::span<const Real> b, MatrixView<Real> C, Range units);

}  // namespace unroll
