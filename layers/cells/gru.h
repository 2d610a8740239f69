/// The GRU (Cho et al. 2014), in its two forms. Both have
///
///     r_t = σ(U_r x_t + W_r h_{t−1} + b_r)      reset gate
///     u_t = σ(U_u x_t + W_u h_{t−1} + b_u)      update gate
///     h_t = (1 − u_t) ⊙ h̃_t + u_t ⊙ h_{t−1}
///
/// and differ in the candidate h̃_t, where r_t acts after the product with W_h or before it:
///
///     after:   q_t = W_h h_{t−1} + d_h,   h̃_t = tanh(U_h x_t + b_h + r_t ⊙ q_t)
///     before:  p_t = r_t ⊙ h_{t−1},       h̃_t = tanh(U_h x_t + b_h + W_h p_t)
///
/// The backward pass, with δh_t = ∂L/∂h_t:
///
///     dz_u = δh_t ⊙ (h_{t−1} − h̃_t) ⊙ u(1−u),   dz_h = δh_t ⊙ (1 − u) ⊙ (1 − h̃²)
///     after:   dq = dz_h ⊙ r,       dz_r = dz_h ⊙ q ⊙ r(1−r)
///              δh_{t−1} = (from above) + δh_t ⊙ u_t + W_rᵀ dz_r + W_uᵀ dz_u + W_hᵀ dq
///     before:  dp = W_hᵀ dz_h,      dz_r = dp ⊙ h_{t−1} ⊙ r(1−r)
///              δh_{t−1} = (from above) + δh_t ⊙ u_t + W_rᵀ dz_r + W_uᵀ dz_u + dp ⊙ r
///     dU = Σ_t dz_t x_tᵀ,   db = Σ_t dz_t,   dx_t = Uᵀ dz_t,   dz = [dz_r dz_u dz_h]
///     dW_r = Σ_t dz_r h_{t−1}ᵀ,   dW_u = Σ_t dz_u h_{t−1}ᵀ
///     after:   dW_h = Σ_t dq h_{t−1}ᵀ,   dd_h = Σ_t dq
///     before:  dW_h = Σ_t dz_h p_tᵀ
///
/// U (3H, I), W (3H, H), b (3H) hold r, u and the candidate, in this order; d (H) is only there
/// where the reset comes after. Chapter 8 of docs/mathematics derives all of it.
#pragma once

#include "unroll/layers/cells/equations.h"

namespace unroll {

/// The gates in the order in which U, W and b stack them; h is the candidate h̃.
inline constexpr std::string_view kGruGates = "ruh";

/// What W is multiplied with or by comes first: dq and not dz_h is in the place of W's third gate.
inline constexpr CellDescription kGruAfter{.name = "gru",
                                           .title = "GRU",
                                           .gates = kGruGates,
                                           .has_reset = true,
                                           .has_d = true,
                                           .keeps_h = true,
                                           .saved = "ruqh"};

inline constexpr CellDescription kGruBefore{.name = "gru",
                                            .title = "GRU",
                                            .gates = kGruGates,
                                            .has_reset = true,
                                            .keeps_h = true,
                                            .late_gates = 1,
                                            .saved = "ruh"};

template <typename Real>
void gru_forward(GruReset reset, const RecurrentStep<Real>& step, const GruStep<Real>& gru);
template <typename Real>
void gru_backward(GruReset reset, const RecurrentStepBack<Real>& step,
                  const GruStepBack<Real>& gru);
template <typename Real>
void gru_gradients(GruReset reset, const CellGradients<Real>& of);
template <typename Real>
void gru_first_state(const FirstStateGradient<Real>& of);

}  // namespace unroll
