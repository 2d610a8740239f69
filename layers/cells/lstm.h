/// The LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), as in the
/// homework:
///
///     f_t = σ(U_f x_t + W_f h_{t−1} + b_f)      forget gate
///     i_t = σ(U_i x_t + W_i h_{t−1} + b_i)      input gate
///     a_t = tanh(U_a x_t + W_a h_{t−1} + b_a)   candidate
///     o_t = σ(U_o x_t + W_o h_{t−1} + b_o)      output gate
///     C_t = C_{t−1} ⊙ f_t + i_t ⊙ a_t,   h_t = o_t ⊙ tanh(C_t)
///
/// and its backward pass, with δh_t = ∂L/∂h_t, δC_t = ∂L/∂C_t:
///
///     δC_t = δC_{t+1} ⊙ f_{t+1} + δh_t ⊙ o_t ⊙ (1 − tanh²C_t)
///     dz_f = δC_t ⊙ C_{t−1} ⊙ f(1−f),   dz_i = δC_t ⊙ a ⊙ i(1−i)
///     dz_a = δC_t ⊙ i ⊙ (1−a²),         dz_o = δh_t ⊙ tanh(C_t) ⊙ o(1−o)
///     δh_{t−1} = (∂L/∂h_{t−1} from above) + Wᵀ dz_t,   dz = [dz_f dz_i dz_a dz_o]
///     dU = Σ_t dz_t x_tᵀ,   dW = Σ_t dz_t h_{t−1}ᵀ,   db = Σ_t dz_t,   dx_t = Uᵀ dz_t
///
/// U (4H, I), W (4H, H), b (4H) hold the four gates stacked f i a o. Chapter 4 of docs/mathematics
/// derives all of it.
#pragma once

#include "unroll/layers/cells/equations.h"

namespace unroll {

/// The gates in the order in which U, W, b and all that is (·, 4H) stack them.
inline constexpr std::string_view kLstmGates = "fiao";

inline constexpr CellDescription kLstm{.name = "lstm",
                                       .title = "LSTM",
                                       .gates = kLstmGates,
                                       .has_C = true,
                                       .has_activation = false,
                                       .has_forget_gate = true,
                                       .saved = kLstmGates};

template <typename Real>
void lstm_forward(const RecurrentStep<Real>& step);
template <typename Real>
void lstm_backward(const RecurrentStepBack<Real>& step);
template <typename Real>
void lstm_gradients(const CellGradients<Real>& of);
template <typename Real>
void lstm_first_state(const FirstStateGradient<Real>& of);

}  // namespace unroll
