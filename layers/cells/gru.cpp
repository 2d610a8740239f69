#include "unroll/layers/cells/gru.h"

#include <cmath>

namespace unroll {

namespace {

/// body(row, unit) for all of a step.
template <typename Step, typename Body>
void for_each_unit(const Step& s, std::size_t rows, Body body) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t j = s.units.begin; j < s.units.end; ++j) body(row, j);
  }
}

// ----------------------------------------------------------------------------- what both forms do

template <typename Real>
Real reset_gate(const RecurrentStep<Real>& s, std::size_t row, std::size_t j) {
  // [GRU-r] r_t = σ(U_r x_t + W_r h_{t−1} + b_r)
  return sigma(s.in.at(row, j) + s.W_h(row, j));
}

template <typename Real>
Real update_gate(const RecurrentStep<Real>& s, std::size_t row, std::size_t j) {
  const std::size_t H = s.h.columns();
  // [GRU-u] u_t = σ(U_u x_t + W_u h_{t−1} + b_u)
  return sigma(s.in.at(row, H + j) + s.W_h(row, H + j));
}

template <typename Real>
Real next_state(Real u_t, Real candidate, Real h_prev) {
  // [GRU-h] h_t = (1 − u_t) ⊙ h̃_t + u_t ⊙ h_{t−1}
  return (1 - u_t) * candidate + u_t * h_prev;
}

template <typename Real>
Real update_gate_back(Real dh_t, Real u_t, Real candidate, Real h_prev) {
  // [GRU-dzu] dz_u = δh_t ⊙ (h_{t−1} − h̃_t) ⊙ u_t(1 − u_t)
  return dh_t * (h_prev - candidate) * u_t * (1 - u_t);
}

template <typename Real>
Real candidate_back(Real dh_t, Real u_t, Real candidate) {
  // [GRU-dzh] dz_h = δh_t ⊙ (1 − u_t) ⊙ (1 − h̃_t²)
  return dh_t * (1 - u_t) * (1 - candidate * candidate);
}

// ---------------------------------------------------------------- the reset comes after W_h
// h_{t−1}

template <typename Real>
void forward_after(const RecurrentStep<Real>& s, const GruStep<Real>& gru) {
  const std::size_t H = s.h.columns();
  for_each_unit(s, s.h.rows(), [&](std::size_t row, std::size_t j) {
    const Real r_t = reset_gate(s, row, j), u_t = update_gate(s, row, j);
    // [GRU-after-q] q_t = W_h h_{t−1} + d_h
    const Real q_t = s.W_h(row, 2 * H + j) + gru.d[j];
    // [GRU-after-candidate] h̃_t = tanh(U_h x_t + b_h + r_t ⊙ q_t)
    const Real candidate = std::tanh(s.in.at(row, 2 * H + j) + r_t * q_t);
    s.keep(row, j, next_state(u_t, candidate, s.h_prev(row, j)));
    s.save(row, {r_t, u_t, q_t, candidate}, j);
  });
}

template <typename Real>
void backward_after(const RecurrentStepBack<Real>& s, const GruStepBack<Real>& gru) {
  const std::size_t H = s.dh.columns();
  for_each_unit(s, s.dh.rows(), [&](std::size_t row, std::size_t j) {
    const Real r_t = s.saved(row, j), u_t = s.saved(row, H + j);
    const Real q_t = s.saved(row, 2 * H + j), candidate = s.saved(row, 3 * H + j);
    // [GRU-after-dh] δh_t = Vᵀ dO_t + δh_{t+1} ⊙ u_{t+1} + W_rᵀ dz_{r,t+1} + W_uᵀ dz_{u,t+1} + W_hᵀ
    // dq_{t+1}
    const Real dh_t = s.dh(row, j) + gru.dh_kept(row, j) + s.W_dz(row, j);
    const Real dz_h = candidate_back(dh_t, u_t, candidate);
    // [GRU-after-dzr] dz_r = dz_h ⊙ q_t ⊙ r_t(1 − r_t)
    s.dz(row, j) = dz_h * q_t * r_t * (1 - r_t);
    s.dz(row, H + j) = update_gate_back(dh_t, u_t, candidate, gru.h_prev(row, j));
    // [GRU-after-dq] dq_t = dz_h ⊙ r_t
    s.dz(row, 2 * H + j) = dz_h * r_t;
    s.dz(row, 3 * H + j) = dz_h;
    gru.dh_kept(row, j) = dh_t * u_t;
  });
}

// --------------------------------------------------------------------- the reset comes before it

template <typename Real>
void forward_before(const RecurrentStep<Real>& s, const GruStep<Real>& gru) {
  const std::size_t H = s.h.columns();
  for_each_unit(s, s.h.rows(), [&](std::size_t row, std::size_t j) {
    const Real r_t = reset_gate(s, row, j);
    // [GRU-before-p] p_t = r_t ⊙ h_{t−1}
    gru.inner.in(row, j) = r_t * s.h_prev(row, j);
    s.save(row, {r_t}, j);
  });
  gru.inner.run();
  for_each_unit(s, s.h.rows(), [&](std::size_t row, std::size_t j) {
    const Real u_t = update_gate(s, row, j);
    // [GRU-before-candidate] h̃_t = tanh(U_h x_t + b_h + W_h p_t)
    const Real candidate = std::tanh(s.in.at(row, 2 * H + j) + gru.inner.out(row, j));
    s.keep(row, j, next_state(u_t, candidate, s.h_prev(row, j)));
    s.save(row, {u_t, candidate}, H + j);
  });
}

template <typename Real>
void backward_before(const RecurrentStepBack<Real>& s, const GruStepBack<Real>& gru) {
  const std::size_t H = s.dh.columns();
  for_each_unit(s, s.dh.rows(), [&](std::size_t row, std::size_t j) {
    const Real u_t = s.saved(row, H + j), candidate = s.saved(row, 2 * H + j);
    // [GRU-before-dh] δh_t = Vᵀ dO_t + δh_{t+1} ⊙ u_{t+1} + dp_{t+1} ⊙ r_{t+1} + W_rᵀ dz_{r,t+1} +
    // W_uᵀ dz_{u,t+1}
    const Real dh_t = s.dh(row, j) + gru.dh_kept(row, j) + s.W_dz(row, j);
    s.dz(row, H + j) = update_gate_back(dh_t, u_t, candidate, gru.h_prev(row, j));
    s.dz(row, 2 * H + j) = candidate_back(dh_t, u_t, candidate);
    gru.dh_kept(row, j) = dh_t * u_t;
  });
  // [GRU-before-dp] dp_t = W_hᵀ dz_h
  gru.inner.run();
  for_each_unit(s, s.dh.rows(), [&](std::size_t row, std::size_t j) {
    const Real r_t = s.saved(row, j), dp_t = gru.inner.out(row, j);
    // [GRU-before-dzr] dz_r = dp_t ⊙ h_{t−1} ⊙ r_t(1 − r_t)
    s.dz(row, j) = dp_t * gru.h_prev(row, j) * r_t * (1 - r_t);
    gru.dh_kept(row, j) += dp_t * r_t;
  });
}

/// into += a · values.
template <typename Real>
void add_multiple(Real a, std::span<const Real> values, std::span<Real> into) {
  for (std::size_t i = 0; i < values.size(); ++i) into[i] += a * values[i];
}

// The gradients of W_h. Unit j, token t.

template <typename Real>
void add_candidate_after(const CellGradients<Real>& of, std::size_t t, std::size_t j) {
  const std::size_t H = of.h_prev.columns();
  const Real dq = of.dz(t, 2 * H + j);
  // [GRU-after-dW] ∂L/∂W_h = Σ_t dq_t h_{t−1}ᵀ
  add_multiple(dq, of.h_prev.row(t), of.dW.row(2 * H + j));
  // [GRU-after-dd] ∂L/∂d_h = Σ_t dq_t
  of.dd[j] += dq;
}

template <typename Real>
void add_candidate_before(const CellGradients<Real>& of, std::size_t t, std::size_t j) {
  const std::size_t H = of.h_prev.columns();
  for (std::size_t k = 0; k < H; ++k) {
    const Real p = of.saved(t, k) * of.h_prev(t, k);
    // [GRU-before-dW] ∂L/∂W_h = Σ_t dz_h p_tᵀ
    of.dW(2 * H + j, k) += of.dz(t, 2 * H + j) * p;
  }
}

}  // namespace

template <typename Real>
void gru_forward(GruReset reset, const RecurrentStep<Real>& step, const GruStep<Real>& gru) {
  switch (reset) {
    case GruReset::kAfter:
      return forward_after(step, gru);
    case GruReset::kBefore:
      return forward_before(step, gru);
  }
}

template <typename Real>
void gru_backward(GruReset reset, const RecurrentStepBack<Real>& step,
                  const GruStepBack<Real>& gru) {
  switch (reset) {
    case GruReset::kAfter:
      return backward_after(step, gru);
    case GruReset::kBefore:
      return backward_before(step, gru);
  }
}

template <typename Real>
void gru_gradients(GruReset reset, const CellGradients<Real>& of) {
  const std::size_t H = of.h_prev.columns();
  // Where dz of row k of U is: the last columns are the candidate's.
  const auto column = [&](std::size_t k) { return k < 2 * H ? k : of.dz.columns() - 3 * H + k; };
  for (std::size_t t = 0; t < of.dz.rows(); ++t) {
    for (std::size_t k = 0; k < 3 * H; ++k) {  // dz_r, dz_u, dz_h, one after the other
      const Real dz = of.dz(t, column(k));
      // [GRU-dU] ∂L/∂U_g = Σ_t dz_{g,t} x_tᵀ
      add_multiple(dz, of.x.row(t), of.dU.row(k));
      // [GRU-db] ∂L/∂b_g = Σ_t dz_{g,t}
      of.db[k] += dz;
      // [GRU-dW] ∂L/∂W_g = Σ_t dz_{g,t} h_{t−1}ᵀ of the gates r and u
      if (k < 2 * H) add_multiple(dz, of.h_prev.row(t), of.dW.row(k));
    }
    for (std::size_t j = 0; j < H; ++j) {
      reset == GruReset::kAfter ? add_candidate_after(of, t, j) : add_candidate_before(of, t, j);
    }
    for (std::size_t i = 0; i < of.dx.columns(); ++i) {
      // [GRU-dx] ∂L/∂x_t = Σ_g U_gᵀ dz_{g,t}
      Real dx_t = 0;
      for (std::size_t k = 0; k < 3 * H; ++k) dx_t += of.U(k, i) * of.dz(t, column(k));
      of.dx(t, i) = dx_t;
    }
  }
}

template <typename Real>
void gru_first_state(const FirstStateGradient<Real>& of) {
  const std::size_t H = of.W.columns();
  for (std::size_t row = 0; row < of.dz.rows(); ++row) {
    for (std::size_t j = 0; j < H; ++j) {
      // What step 1 kept is in dh_0 already. The columns before the last gate are those of W.
      // [GRU-after-dh0] ∂L/∂h_0 = δh_1 ⊙ u_1 + W_rᵀ dz_{r,1} + W_uᵀ dz_{u,1} + W_hᵀ dq_1
      // [GRU-before-dh0] ∂L/∂h_0 = δh_1 ⊙ u_1 + dp_1 ⊙ r_1 + W_rᵀ dz_{r,1} + W_uᵀ dz_{u,1}
      Real dh_0 = of.dh_0(row, j);
      for (std::size_t k = 0; k < of.dz.columns() - H; ++k) dh_0 += of.W(k, j) * of.dz(row, k);
      of.dh_0(row, j) = dh_0;
    }
  }
}

#define UNROLL_INSTANTIATE(Real)                                                                  \
  template void gru_forward(GruReset, const RecurrentStep<Real>&, const GruStep<Real>&);          \
  template void gru_backward(GruReset, const RecurrentStepBack<Real>&, const GruStepBack<Real>&); \
  template void gru_gradients(GruReset, const CellGradients<Real>&);                              \
  template void gru_first_state(const FirstStateGradient<Real>&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
