/// What the files of the cells have in common: what they read and write. Each cell has the same
/// three functions: a step forward, a step back, and the gradients of its parameters and inputs.
/// They are the equations and nothing else; the products W h_{t−1} and Wᵀ dz_{t+1} of a whole step
/// are made before (layers/plain_pass.h).
#pragma once

#include <cmath>
#include <span>

#include "unroll/core/tensor.h"
#include "unroll/kernels/recurrent_step.h"
#include "unroll/layers/cells/cell.h"

namespace unroll {

/// σ(z) = 1 / (1 + e^−z)
template <typename Real>
Real sigma(Real z) {
  return 1 / (1 + std::exp(-z));
}

/// The product in the middle of a step, where a gate multiplies what the step has just computed.
template <typename Real>
struct InnerProduct {
  MatrixView<Real> in;                    ///< (rows, H)
  const Panels<Real>* weights = nullptr;  ///< (H, H)
  MatrixView<Real> out;                   ///< (rows, H)

  void run() const { product<Real>(in, *weights, out); }
};

/// What a step of a GRU needs besides.
template <typename Real>
struct GruStep {
  std::span<const Real> d;   ///< (H), where the reset comes after
  InnerProduct<Real> inner;  ///< where it comes before: W_h p_t
};
template <typename Real>
struct GruStepBack {
  MatrixView<const Real> h_prev;  ///< (rows, H): h_{t−1}
  MatrixView<Real> dh_kept;       ///< (rows, H), in: what h_t gets from step t+1 besides W_dz, or
                                  ///< ∂L/∂h_T; out: the same for h_{t−1}
  InnerProduct<Real> inner;       ///< where the reset comes before: W_hᵀ dz_h
};

/// N tokens; I input size; H hidden size; G gates; S values saved.
template <typename Real>
struct CellGradients {
  MatrixView<const Real> dz;      ///< (N, S·H): ∂L/∂z_t of every token
  MatrixView<const Real> saved;   ///< (N, S·H), of the steps forward
  MatrixView<const Real> x;       ///< (N, I)
  MatrixView<const Real> h_prev;  ///< (N, H): h_{t−1}
  MatrixView<const Real> U;       ///< (G·H, I)
  MatrixView<Real> dU;            ///< (G·H, I), added to
  MatrixView<Real> dW;            ///< (G·H, H), added to
  std::span<Real> db;             ///< (G·H), added to
  std::span<Real> dd = {};        ///< (H), added to; empty of a cell without d
  MatrixView<Real> dx;            ///< (N, I), set; or empty
};

/// ∂L/∂h_0 of rows whose first step is this one.
template <typename Real>
struct FirstStateGradient {
  MatrixView<const Real> dz;  ///< (rows, S·H): dz_1
  MatrixView<const Real> W;   ///< (G·H, H)
  MatrixView<Real> dh_0;      ///< (rows, H), set; of a cell that keeps a part of h, added to
};

/// Each calls the function of its cell.
template <typename Real>
void cell_forward(const CellKind& kind, const RecurrentStep<Real>& step, const GruStep<Real>& gru);
template <typename Real>
void cell_backward(const CellKind& kind, const RecurrentStepBack<Real>& step,
                   const GruStepBack<Real>& gru);
template <typename Real>
void cell_gradients(const CellKind& kind, const CellGradients<Real>& of);
template <typename Real>
void cell_first_state(Cell cell, const FirstStateGradient<Real>& of);

}  // namespace unroll
