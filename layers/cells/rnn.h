/// The simple recurrent cell (Elman 1990), as in the homework:
///
///     z_t = U x_t + W h_{t−1} + b,   h_t = φ(z_t),   φ = tanh, σ or ReLU
///
/// and its backward pass, with δ_t = ∂L/∂h_t:
///
///     dz_t = δ_t ⊙ φ′(z_t),   δ_{t−1} = (∂L/∂h_{t−1} from above) + Wᵀ dz_t
///     dU = Σ_t dz_t x_tᵀ,   dW = Σ_t dz_t h_{t−1}ᵀ,   db = Σ_t dz_t,   dx_t = Uᵀ dz_t
///
/// The equations' columns are the code's rows: h_t (B, H) holds one h_t a row, so W h_{t−1} is the
/// product h_{t−1} Wᵀ. Chapter 2 of docs/mathematics derives all of it.
#pragma once

#include "unroll/layers/cells/equations.h"

namespace unroll {

inline constexpr CellDescription kRnn{.name = "rnn",
                                      .title = "RNN",
                                      .gates = "h",
                                      .has_C = false,
                                      .has_activation = true,
                                      .has_forget_gate = false,
                                      .saved = "h"};

template <typename Real>
void rnn_forward(Activation activation, const RecurrentStep<Real>& step);
template <typename Real>
void rnn_backward(Activation activation, const RecurrentStepBack<Real>& step);
template <typename Real>
void rnn_gradients(const CellGradients<Real>& of);
template <typename Real>
void rnn_first_state(const FirstStateGradient<Real>& of);

}  // namespace unroll
