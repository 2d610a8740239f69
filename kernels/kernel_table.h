/// KernelTable: one function per kernel, as one instruction set has them. Raw pointers and sizes;
/// no checks, no memory of their own, no exceptions. Checked views of the same operations, with
/// their formulas, are in ops.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "unroll/core/bfloat16.h"
#include "unroll/core/float16.h"

namespace unroll {

template <typename Real>
struct SgdStep;  // ops.h
template <typename Real>
struct AdamStep;  // ops.h
template <typename Real>
struct AverageStep;  // ops.h
template <typename Real, typename Operand>
struct RecurrentStep;  // recurrent_step.h
template <typename Real, typename Operand>
struct RecurrentStepBack;  // recurrent_step.h

/// The rows of a matrix: row r begins at data + r·stride.
template <typename T>
struct Rows {
  T* data;
  std::size_t stride;
};

/// How many values of a sum tiles multiply at a time: they are side by side in a panel's line.
/// Rows of an odd number of BFloat16 or Float16 end with a 0 more.
template <typename Operand>
inline constexpr std::size_t kDepth = 1;
template <>
inline constexpr std::size_t kDepth<BFloat16> = 2;
template <>
inline constexpr std::size_t kDepth<Float16> = 2;

/// The lines of a panel that so many values of a sum take.
template <typename Operand>
constexpr std::size_t lines_of(std::size_t K) {
  return (K + kDepth<Operand> - 1) / kDepth<Operand>;
}

/// The left factor of a product: columns in their order, then columns that are apart, if any.
template <typename Operand>
struct LeftFactor {
  std::size_t columns;
  Rows<const Operand> rows;
  std::size_t more_columns;
  Rows<const Operand> more;
};

/// A gradient C (M, N) += Aᵀ B, of which several have the same A.
template <typename Real, typename Operand = Real>
struct GradientPart {
  std::size_t N;
  Rows<const Operand> B;  ///< (K, N)
  Rows<Real> C;           ///< (M, N)
};

/// The packed weights of a step as a kernel reads them.
template <typename Weight>
struct StepWeights {
  const Weight* panels;  ///< Uᵀ above Wᵀ, the gates of a unit together (packed.h)
  std::size_t inputs;    ///< the rows of Uᵀ; 0 where there is Wᵀ alone
};

/// y (n) = φ(x (n)); y may be x.
template <typename Real>
using Unary = void(std::size_t n, const Real* x, Real* y) noexcept;
/// dx (n) = dy (n) ⊙ φ′, from y (n) = φ(x); dx may be y or dy.
template <typename Real>
using UnaryBackward = void(std::size_t n, const Real* y, const Real* dy, Real* dx) noexcept;

/// The steps of weights that are kept as Weight.
template <typename Real, typename Operand = Real, typename Weight = Operand>
struct StepTable {
  using Step = RecurrentStep<Real, Operand>;

  void (*lstm)(const Step& step, const StepWeights<Weight>& weights, Unary<Real>* sigma,
               Unary<Real>* tanh) noexcept;
  void (*rnn)(const Step& step, const StepWeights<Weight>& weights, Unary<Real>* phi) noexcept;
  void (*gru)(const Step& step, const StepWeights<Weight>& weights, Unary<Real>* sigma,
              Unary<Real>* tanh) noexcept;
};

/// Products whose sums are Real and whose operands, the values that are multiplied, are Operand;
/// and the steps that consist of them. For Float16 there is what inference needs; the
/// others are null.
template <typename Real, typename Operand = Real>
struct ProductTable {
  std::size_t lanes;   ///< sums in a vector; a panel has four vectors of columns (packed.h)
  std::size_t stripe;  ///< columns of a panel whose lines are one after the other

  // x (n) -> y (n)
  void (*round)(std::size_t n, const Real* x, Operand* y) noexcept;

  // C (rows, N) = b (N) + A (rows, K) · B (K, N), B the first lines of panels of so many; b null: 0
  void (*packed_product)(std::size_t rows, std::size_t N, std::size_t lines,
                         const LeftFactor<Operand>& A, const Operand* panels, const Real* b,
                         Rows<Real> C) noexcept;
  // C (rows, G·H) is this product of panels of G = 3 or 4 gates; the gates of some units
  using OfGates = void(std::size_t rows, std::size_t H, std::size_t K, std::size_t lines,
                       Rows<const Operand> A, const Operand* panels, const Real* b, Rows<Real> C,
                       std::size_t first_unit, std::size_t last_unit) noexcept;
  OfGates* packed_product_of_three_gates;
  OfGates* packed_product_of_four_gates;
  // C (M, N) += Aᵀ B of each part, A (K, M); scratch of as many values as gradient_scratch says
  void (*add_gradients)(std::size_t M, std::size_t K, Rows<const Operand> A,
                        const GradientPart<Real, Operand>* parts, std::size_t count,
                        Operand* scratch) noexcept;
  std::size_t (*gradient_scratch)(std::size_t columns, std::size_t parts) noexcept;
  std::size_t gradient_rows;  // K that are multiplied at a time
  // dz (rows, n) -> db (n)
  void (*add_column_sums)(std::size_t rows, std::size_t n, Rows<const Operand> dz,
                          Real* db) noexcept;
  // dy (rows, n), ids (rows) -> dtable (·, n)
  void (*scatter_add_rows)(std::size_t rows, std::size_t n, Rows<const Operand> dy,
                           const std::int32_t* ids, Rows<Real> dtable) noexcept;

  StepTable<Real, Operand> steps;
  // W (G·H, H) in panels
  using StepBack = RecurrentStepBack<Real, Operand>;
  void (*lstm_step_back)(const StepBack& step, const Operand* W) noexcept;
  void (*rnn_step_back)(const StepBack& step, const Operand* W,
                        UnaryBackward<Real>* phi_backward) noexcept;
  void (*gru_step_back)(const StepBack& step, const Operand* W) noexcept;
};

template <typename Real>
struct KernelTable {
  Unary<Real>* tanh;
  Unary<Real>* sigmoid;
  Unary<Real>* relu;
  Unary<Real>* exponential;
  Unary<Real>* exponential_minus_1;
  Unary<Real>* logarithm;

  UnaryBackward<Real>* tanh_backward;
  UnaryBackward<Real>* sigmoid_backward;
  UnaryBackward<Real>* relu_backward;

  // x (rows, K) -> y (rows, K); y may be x.
  void (*softmax)(std::size_t rows, std::size_t K, Rows<const Real> x, Rows<Real> y) noexcept;
  // O (rows, K), targets y (rows), all of them below K -> the loss, and dO (rows, K) unless its
  // data is null; dO may be O.
  double (*softmax_cross_entropy_sum)(std::size_t rows, std::size_t K, Rows<const Real> O,
                                      const std::int32_t* y, Real weight, Rows<Real> dO) noexcept;

  // Elementwise on n values, in place in y.
  Unary<Real>* add;
  void (*add_scaled)(std::size_t n, Real a, const Real* x, Real* y) noexcept;
  void (*scale)(std::size_t n, Real a, Real* y) noexcept;
  void (*multiply)(std::size_t n, const Real* x, const Real* m, Real* y) noexcept;
  void (*clamp)(std::size_t n, Real low, Real high, Real* y) noexcept;
  Unary<Real>* round_to_bfloat16;  // x (n) -> y (n); y may be x
  // x (n) -> sums (kPartialSums)
  void (*add_squares)(std::size_t n, const Real* x, double* sums) noexcept;
  double (*sigmoid_cross_entropy_sum)(std::size_t n, const Real* O, const Real* y) noexcept;

  // b (n) -> z (rows, n)
  void (*set_rows)(std::size_t rows, std::size_t n, const Real* b, Rows<Real> z) noexcept;
  // table (·, n), ids (rows), all of them inside the table -> y (rows, n)
  void (*gather_rows)(std::size_t rows, std::size_t n, Rows<const Real> table,
                      const std::int32_t* ids, Rows<Real> y) noexcept;

  // Maximum over time, elementwise on n values.
  void (*keep_maximum)(std::size_t n, const Real* x, std::int32_t index, Real* best,
                       std::int32_t* at) noexcept;
  void (*add_where_maximum)(std::size_t n, const Real* dy, const std::int32_t* at,
                            std::int32_t index, Real* dx) noexcept;

  ProductTable<Real> products;

  // On n values; velocity may be null if the momentum is 0.
  void (*sgd_update)(std::size_t n, const SgdStep<Real>& step, const Real* grad, Real* velocity,
                     Real* value) noexcept;
  void (*adam_update)(std::size_t n, const AdamStep<Real>& step, const Real* grad, Real* m, Real* v,
                      Real* value) noexcept;
  // steps (count), one after the other, on average (n)
  void (*update_average)(std::size_t n, std::size_t count, const AverageStep<Real>* steps,
                         const Real* value, Real* average) noexcept;
};

}  // namespace unroll
