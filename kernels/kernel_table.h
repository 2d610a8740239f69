/// KernelTable: one function per kernel, as one instruction set has them. Raw pointers and sizes;
/// no checks, no memory of their own, no exceptions. Checked views of the same operations, with
/// their formulas, stand in ops.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace unroll {

template <typename Real>
struct SgdStep;  // ops.h
template <typename Real>
struct AdamStep;  // ops.h

/// The rows of a matrix: row r begins at data + r·stride.
template <typename T>
struct Rows {
  T* data;
  std::size_t stride;
};

/// A step of the LSTM for rows of a batch. Gates are stacked f i a o.
template <typename Real>
struct LstmStep {
  std::size_t rows, H;
  const Real* W;            ///< (H, 4H) in panels, each the gates of `lanes` units side by side
  const Real* b;            ///< (4H)
  Rows<const Real> h_prev;  ///< (rows, H)
  Rows<Real> gates;         ///< (rows, 4H): U x_t becomes f i a o
  Rows<const Real> C_prev;  ///< (rows, H)
  Rows<Real> C;             ///< (rows, H), may be C_prev
  Rows<Real> h;             ///< (rows, H), not h_prev
};

/// A step of the simple recurrent layer.
template <typename Real>
struct RnnStep {
  std::size_t rows, H;
  const Real* W;            ///< (H, H) in panels
  const Real* b;            ///< (H)
  Rows<const Real> h_prev;  ///< (rows, H)
  Rows<Real> z;             ///< (rows, H): U x_t becomes h_t
  Rows<Real> h;             ///< (rows, H), not h_prev
};

template <typename Real>
struct KernelTable {
  std::size_t
      lanes;  ///< values in a vector; a panel has four vectors of columns (kernels/packed.h)

  using Unary = void(std::size_t n, const Real* x, Real* y) noexcept;

  // y (n) = φ(x (n)); y may be x.
  Unary* tanh;
  Unary* sigmoid;
  Unary* relu;
  Unary* exponential;
  Unary* exponential_minus_1;
  Unary* logarithm;

  // z (rows, n) = φ(z + b), b (n)
  using OfBiased = void(std::size_t rows, std::size_t n, const Real* b, Rows<Real> z) noexcept;
  OfBiased* tanh_of_biased;
  OfBiased* sigmoid_of_biased;
  OfBiased* relu_of_biased;

  // dx (n) = dy (n) ⊙ φ′, from y (n) = φ(x); dx may be y or dy.
  using UnaryBackward = void(std::size_t n, const Real* y, const Real* dy, Real* dx) noexcept;
  UnaryBackward* tanh_backward;
  UnaryBackward* sigmoid_backward;
  UnaryBackward* relu_backward;

  // x (rows, K) -> y (rows, K); y may be x.
  void (*softmax)(std::size_t rows, std::size_t K, Rows<const Real> x, Rows<Real> y) noexcept;
  // O (rows, K), targets y (rows), all of them below K -> the loss, and dO (rows, K) unless its
  // data is null; dO may be O.
  double (*softmax_cross_entropy_sum)(std::size_t rows, std::size_t K, Rows<const Real> O,
                                      const std::int32_t* y, Real weight, Rows<Real> dO) noexcept;

  // Elementwise on n values, in place in y.
  Unary* add;
  void (*add_scaled)(std::size_t n, Real a, const Real* x, Real* y) noexcept;
  void (*scale)(std::size_t n, Real a, Real* y) noexcept;
  void (*multiply)(std::size_t n, const Real* x, const Real* m, Real* y) noexcept;
  void (*clamp)(std::size_t n, Real low, Real high, Real* y) noexcept;
  double (*sum_of_squares)(std::size_t n, const Real* x) noexcept;
  double (*sigmoid_cross_entropy_sum)(std::size_t n, const Real* O, const Real* y) noexcept;

  // b (n) -> z (rows, n)
  void (*set_rows)(std::size_t rows, std::size_t n, const Real* b, Rows<Real> z) noexcept;
  // dz (rows, n) -> db (n)
  void (*add_column_sums)(std::size_t rows, std::size_t n, Rows<const Real> dz, Real* db) noexcept;
  // table (·, n), ids (rows), all of them inside the table -> y (rows, n)
  void (*gather_rows)(std::size_t rows, std::size_t n, Rows<const Real> table,
                      const std::int32_t* ids, Rows<Real> y) noexcept;
  // dy (rows, n), ids (rows) -> dtable (·, n)
  void (*scatter_add_rows)(std::size_t rows, std::size_t n, Rows<const Real> dy,
                           const std::int32_t* ids, Rows<Real> dtable) noexcept;

  // Maximum over time, elementwise on n values.
  void (*keep_maximum)(std::size_t n, const Real* x, std::int32_t index, Real* best,
                       std::int32_t* at) noexcept;
  void (*add_where_maximum)(std::size_t n, const Real* dy, const std::int32_t* at,
                            std::int32_t index, Real* dx) noexcept;

  // gates (rows, 4H) and b (4H) as f i a o; C_prev, C, h (rows, H)
  void (*lstm_cell_forward)(std::size_t rows, std::size_t H, Rows<Real> gates, const Real* b,
                            Rows<const Real> C_prev, Rows<Real> C, Rows<Real> h) noexcept;
  // gates, dz (rows, 4H) as f i a o; C_prev, C, dh, dC (rows, H)
  void (*lstm_cell_backward)(std::size_t rows, std::size_t H, Rows<const Real> gates,
                             Rows<const Real> C_prev, Rows<const Real> C, Rows<const Real> dh,
                             Rows<Real> dC, Rows<Real> dz) noexcept;

  // C (rows, N) = or += A (rows, K) · B (K, N) in panels
  void (*packed_product)(std::size_t rows, std::size_t N, std::size_t K, Rows<const Real> A,
                         const Real* panels, Rows<Real> C, bool add) noexcept;
  // C (M, N) += Aᵀ B, A (K, M), B (K, N)
  void (*add_transposed_product)(std::size_t M, std::size_t N, std::size_t K, Rows<const Real> A,
                                 Rows<const Real> B, Rows<Real> C) noexcept;
  void (*lstm_step)(const LstmStep<Real>& step) noexcept;
  using OfRnnStep = void(const RnnStep<Real>& step) noexcept;
  OfRnnStep* rnn_step_tanh;
  OfRnnStep* rnn_step_sigmoid;
  OfRnnStep* rnn_step_relu;

  // On n values; velocity may be null if the momentum is 0.
  void (*sgd_update)(std::size_t n, const SgdStep<Real>& step, const Real* grad, Real* velocity,
                     Real* value) noexcept;
  void (*adam_update)(std::size_t n, const AdamStep<Real>& step, const Real* grad, Real* m, Real* v,
                      Real* value) noexcept;
};

}  // namespace unroll
