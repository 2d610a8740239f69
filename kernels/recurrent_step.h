/// A step of a recurrent layer, forward and back, in one pass: products and cell together. Serial,
/// like all of kernels; a step's units may be split among threads. The structures are what callers
/// fill in, what a cell's file reads (layers/cells) and what the kernels of every instruction set
/// take.
///
/// rows: those of the batch that have this step; I input size; H hidden size; G gates: 4 of the
/// LSTM, stacked f i a o, 3 of the GRU, r u h̃, 1 of the RNN; S values saved, 4 of the GRU, r u q h̃,
/// otherwise G. What has C in its name is the LSTM's and empty for the others. Everything throws
/// ShapeError unless the sizes fit.
///
/// Operand: what is multiplied (packed.h), Real or BFloat16; all else is Real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "unroll/core/range.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/ops.h"
#include "unroll/kernels/packed.h"

namespace unroll {

/// b + U x_t, in one of two forms. Which one changes no bit of the result.
template <typename Real, typename Operand = Real>
struct ProductOfInput {
  MatrixView<const Operand> x;        ///< (rows, I), to be multiplied; or empty, and
  MatrixView<const Real> projected;   ///< (M, G·H) holds the sums,
  std::span<const std::int32_t> ids;  ///< that of row r in row ids[r]; empty: in row r

  bool is_projected() const { return x.empty(); }
  /// The row of `projected` that belongs to row r of the step.
  std::size_t place(std::size_t r) const {
    return ids.empty() ? r : static_cast<std::size_t>(ids[r]);
  }
  /// Element k of row r, which is projected.
  Real at(std::size_t r, std::size_t k) const { return projected(place(r), k); }
};

/// Rows of which the first ones are these and the others those of `otherwise` (rows, ·), each at
/// its own number.
template <typename T>
struct ContinuedRows {
  MatrixView<T> rows;
  MatrixView<T> otherwise;

  T& at(std::size_t r, std::size_t j) const {
    return r < rows.rows() ? rows(r, j) : otherwise(r, j);
  }
};

/// Which units a thread computes: from a multiple of unit_grain() on.
template <typename Real, typename Operand = Real>
std::size_t unit_grain();

/// Steps of at most so many rows are bound by reading the weights.
inline constexpr std::size_t kNarrowRows = 2;

template <typename Real, typename Operand = Real>
struct RecurrentStep {
  const Panels<Operand>* weights = nullptr;  ///< (I + H, G·H), by pack_weights
  std::span<const Real> b;                   ///< (G·H)
  Range units;
  ProductOfInput<Real, Operand> in;
  MatrixView<const Operand> h_prev;  ///< (rows, H): h_{t−1}
  MatrixView<const Real> W_h = {};   ///< (rows, G·H): W h_{t−1}, for a cell that is written out
  std::span<const Real> d = {};      ///< (H), of a GRU
  ContinuedRows<const Real> h_kept = {};  ///< h_{t−1} as it was before it was rounded, of a GRU
  ContinuedRows<const Real> C_prev;       ///< C_{t−1}
  MatrixView<Real> saved = {};  ///< out, unless empty: (rows, S·H) f i a o, r u q h̃ of a GRU, or
                                ///< h_t of the RNN; its first columns may be in.projected
  MatrixView<Real> C;           ///< out: (rows, H), may be C_prev
  MatrixView<Real> h;           ///< out: (rows, H); shares no memory with h_prev
  MatrixView<Operand> h_next;   ///< out: (those that go on, H) h_t once more
  Precision precision = Precision::kFull;  ///< of h_next

  /// W of `weights` once more, or null. Float only: steps of at most kNarrowRows rows read it
  /// instead, if `in` is projected; the result is the same, bit for bit.
  const NarrowPanels* narrow = nullptr;

  /// The last units come first. Where steps take turns with the other order, a step first reads
  /// the weights that the last one has left in a cache that is too small for all of them.
  bool descending = false;

  std::size_t rows() const { return h.rows(); }
  std::size_t hidden() const { return h.columns(); }      ///< H
  std::size_t going_on() const { return h_next.rows(); }  ///< so many rows have a following step
  bool rounds() const { return precision == Precision::kBFloat16; }  ///< h_next

  // For a cell that is written out:

  /// h_t of row r, unit j.
  void keep(std::size_t r, std::size_t j, Real h_t) const {
    h(r, j) = h_t;
    if (r < h_next.rows()) h_next(r, j) = h_t;
  }
  /// What the backward pass will read of row r, unit j: a value for each gate.
  void save(std::size_t r, std::initializer_list<Real> of_gates, std::size_t j) const {
    if (saved.empty()) return;
    for (const Real value : of_gates) {
      saved(r, j) = value;
      j += h.columns();
    }
  }
};

template <typename Real, typename Operand = Real>
struct RecurrentStepBack {
  const Panels<Operand>* W = nullptr;  ///< (G·H, H)
  Range units;
  MatrixView<const Operand> dz_next;  ///< (those that go on, G·H): dz_{t+1}
  MatrixView<const Real> dh_T = {};   ///< (rows, H): ∂L/∂h_T, read of those that end here
  MatrixView<const Real> W_dz = {};   ///< (rows, H): Wᵀ dz_{t+1}, or ∂L/∂h_T, for a cell that
                                      ///< is written out
  MatrixView<Real> dh_kept = {};  ///< (rows, H), of a GRU: in δh_{t+1} ⊙ u_{t+1}, or ∂L/∂h_T
                                  ///< as dh_T; out: δh_t ⊙ u_t
  ContinuedRows<const Real> h_kept = {};   ///< h_{t−1}, of a GRU
  MatrixView<const Real> dh;               ///< (rows, H): what comes from above
  MatrixView<const Real> saved;            ///< (rows, S·H), of the step forward
  ContinuedRows<const Real> C_prev;        ///< C_{t−1}
  MatrixView<const Real> C;                ///< (rows, H)
  MatrixView<Real> dC;                     ///< in: δC_{t+1} ⊙ f_{t+1}; out: δC_t ⊙ f_t
  MatrixView<Operand> dz;                  ///< out: (rows, S·H) dz_t
  Precision precision = Precision::kFull;  ///< of dz
  bool descending = false;                 ///< the last units come first, as in RecurrentStep

  std::size_t rows() const { return dh.rows(); }
  std::size_t hidden() const { return dh.columns(); }      ///< H
  std::size_t going_on() const { return dz_next.rows(); }  ///< so many rows have a following step
  bool rounds() const { return precision == Precision::kBFloat16; }  ///< dz
};

/// The step that layers/cells/lstm.cpp writes out.
template <typename Real, typename Operand>
void lstm_step(const RecurrentStep<Real, Operand>& step);
template <typename Real, typename Operand>
void lstm_step_back(const RecurrentStepBack<Real, Operand>& step);

/// The step that layers/cells/gru.cpp writes out, where the reset comes after the product.
template <typename Real, typename Operand>
void gru_step(const RecurrentStep<Real, Operand>& step);
template <typename Real, typename Operand>
void gru_step_back(const RecurrentStepBack<Real, Operand>& step);

/// The step that layers/cells/rnn.cpp writes out.
template <typename Real, typename Operand>
void rnn_step(Activation activation, const RecurrentStep<Real, Operand>& step);
template <typename Real, typename Operand>
void rnn_step_back(Activation activation, const RecurrentStepBack<Real, Operand>& step);

}  // namespace unroll
