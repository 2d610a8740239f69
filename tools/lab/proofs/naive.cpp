#include "unroll/tools/lab/proofs/naive.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "unroll/core/error.h"

namespace unroll::naive {

namespace {

double sigma(double z) {
  return 1 / (1 + std::exp(-z));
}

double phi_of(Activation phi, double z) {
  switch (phi) {
    case Activation::kTanh:
      return std::tanh(z);
    case Activation::kSigmoid:
      return sigma(z);
    case Activation::kRelu:
      return z > 0 ? z : 0;
  }
  return z;
}

Vector sum(const Vector& a, const Vector& b) {
  Vector result = a;
  add(b, result);
  return result;
}

/// φ′(z_t), the diagonal of D_t.
Vector slopes(Activation phi, const Vector& z) {
  Vector result;
  for (double z_j : z) result.push_back(slope(phi, z_j));
  return result;
}

Vector softmax_of(const Vector& O) {
  double total = 0;
  for (double O_k : O) total += std::exp(O_k);
  Vector y_hat;
  for (double O_k : O) y_hat.push_back(std::exp(O_k) / total);
  return y_hat;
}

/// z_t = U x_t + W h_{t−1} + b
Vector pre_activation(const Network& n, const Vector& x_t, const Vector& h_prev) {
  return sum(sum(product(n.U, x_t), product(n.W, h_prev)), n.b);
}

void reserve_time(std::size_t T, std::initializer_list<std::vector<Vector>*> all) {
  for (std::vector<Vector>* values : all) values->resize(T + 1);
}

/// O_t, ŷ_t, L_t of every step.
void output_forward(const Network& n, const Sequence& s, Forward& forward) {
  const std::size_t T = s.steps();
  reserve_time(T, {&forward.O, &forward.y_hat});
  forward.L_t.resize(T + 1);
  for (std::size_t t = 1; t <= T; ++t) {
    forward.O[t] = sum(product(n.V, forward.h[t]), n.c);
    forward.y_hat[t] = softmax_of(forward.O[t]);
    forward.L_t[t] = -std::log(forward.y_hat[t][s.targets[t]]);
    forward.L += forward.L_t[t];
  }
}

/// dO_t, ∂L/∂V, ∂L/∂c, and what they send down to each h_t.
Sources output_backward(const Network& n, const Sequence& s, const Forward& forward,
                        Backward& backward) {
  const std::size_t T = s.steps();
  Sources sources{std::vector<Vector>(T + 1), Vector(n.h_0.size())};
  reserve_time(T, {&backward.dO});
  backward.dV = zeros(n.V.size(), n.h_0.size());
  backward.dc = Vector(n.c.size());
  for (std::size_t t = 1; t <= T; ++t) {
    backward.dO[t] = forward.y_hat[t];
    backward.dO[t][s.targets[t]] -= 1;
    add_outer(backward.dO[t], forward.h[t], backward.dV);
    add(backward.dO[t], backward.dc);
    sources.g[t] = transposed_product(n.V, backward.dO[t]);
  }
  return sources;
}

/// Zeros of the right sizes.
Backward empty_backward(const Network& n, const Sequence& s) {
  const std::size_t T = s.steps();
  const std::size_t H = n.h_0.size();
  Backward backward;
  reserve_time(T, {&backward.delta, &backward.delta_C, &backward.dz, &backward.dx});
  backward.path.resize(T + 1);
  backward.dU = zeros(n.U.size(), n.U[0].size());
  backward.dW = zeros(n.W.size(), H);
  backward.db = Vector(n.b.size());
  backward.dh_0 = backward.dC_0 = Vector(H);
  for (std::size_t t = 1; t <= T; ++t) {
    backward.path[t].resize(t + 1);
    backward.delta[t] = backward.delta_C[t] = Vector(H);
    backward.dz[t] = Vector(n.b.size());
  }
  return backward;
}

/// The gradients of the output layer, then of the cell below it.
template <typename Paths>
Backward whole_backward(const Network& n, const Sequence& s, const Forward& forward, Paths paths) {
  Backward output;
  const Sources sources = output_backward(n, s, forward, output);
  Backward backward = paths(n, s, forward, sources);
  backward.dO = std::move(output.dO);
  backward.dV = std::move(output.dV);
  backward.dc = std::move(output.dc);
  return backward;
}

/// What follows from the dz_k: every dz_k is the sum over t of the paths that enter there.
void parameter_gradients(const Network& n, const Sequence& s, const Forward& forward,
                         Backward& backward) {
  for (std::size_t k = 1; k <= s.steps(); ++k) {
    for (std::size_t t = k; t <= s.steps(); ++t) add(backward.path[t][k], backward.dz[k]);
    add_outer(backward.dz[k], s.x[k], backward.dU);
    add_outer(backward.dz[k], forward.h[k - 1], backward.dW);
    add(backward.dz[k], backward.db);
    backward.dx[k] = transposed_product(n.U, backward.dz[k]);
  }
}

// ------------------------------------------------------------------------------------------- LSTM

/// Row block g (f i a o = 0 1 2 3) of a stacked vector.
Vector gate(const Vector& stacked, std::size_t g) {
  const auto H = static_cast<std::ptrdiff_t>(stacked.size() / 4);
  const auto first = stacked.begin() + static_cast<std::ptrdiff_t>(g) * H;
  return {first, first + H};
}

/// e_t = o_t ⊙ (1 − tanh² C_t) = ∂h_t/∂C_t at fixed o_t.
double state_slope(const Forward& forward, std::size_t t, std::size_t j) {
  const double tanh_C = std::tanh(forward.C[t][j]);
  return forward.o[t][j] * (1 - tanh_C * tanh_C);
}

/// ∂(h_t, C_t)/∂z_t, (2H, 4H): h above C, gates f i a o.
Matrix gate_jacobian(const Forward& forward, std::size_t t) {
  const std::size_t H = forward.h[t].size();
  Matrix G = zeros(2 * H, 4 * H);
  for (std::size_t j = 0; j < H; ++j) {
    const double f = forward.f[t][j], i = forward.i[t][j];
    const double a = forward.a[t][j], o = forward.o[t][j];
    const double e = state_slope(forward, t, j);
    G[H + j][j] = forward.C[t - 1][j] * f * (1 - f);
    G[H + j][H + j] = a * i * (1 - i);
    G[H + j][2 * H + j] = i * (1 - a * a);
    for (std::size_t g = 0; g < 3; ++g) G[j][g * H + j] = e * G[H + j][g * H + j];
    G[j][3 * H + j] = std::tanh(forward.C[t][j]) * o * (1 - o);
  }
  return G;
}

// -------------------------------------------------------------------------------------------- GRU

/// Block k of vectors of H values each.
Vector block(const Vector& stacked, std::size_t k, std::size_t H) {
  const auto first = stacked.begin() + static_cast<std::ptrdiff_t>(k * H);
  return {first, first + static_cast<std::ptrdiff_t>(H)};
}

Vector stack(std::initializer_list<Vector> blocks) {
  Vector all;
  for (const Vector& values : blocks) all.insert(all.end(), values.begin(), values.end());
  return all;
}

/// Rows k·H … of a matrix times x.
Vector block_product(const Matrix& A, std::size_t k, const Vector& x) {
  Vector y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += A[k * x.size() + i][j] * x[j];
  }
  return y;
}

bool is_after(const Network& n) {
  switch (n.reset) {
    case GruReset::kAfter:
      return true;
    case GruReset::kBefore:
      return false;
  }
  return true;
}

/// ∂h_t/∂z_t, (H, S·H): of the blocks r, u, q if there is one, h. What h_t owes to r_t through the
/// candidate is in it.
Matrix gru_gate_jacobian(const Network& n, const Forward& forward, std::size_t t) {
  const std::size_t H = forward.h[t].size(), S = is_after(n) ? 4 : 3;
  const Vector& h_prev = forward.h[t - 1];
  Matrix G = zeros(H, S * H);
  for (std::size_t j = 0; j < H; ++j) {
    const double u = forward.u[t][j], candidate = forward.candidate[t][j];
    const double e = (1 - u) * (1 - candidate * candidate);  // ∂h_t/∂z_h
    G[j][H + j] = (h_prev[j] - candidate) * u * (1 - u);
    G[j][(S - 1) * H + j] = e;
    for (std::size_t k = 0; k < H; ++k) {
      const double r = forward.r[t][k], slope_r = r * (1 - r);
      if (!is_after(n)) G[j][k] = e * n.W[2 * H + j][k] * h_prev[k] * slope_r;
      if (is_after(n) && k == j) G[j][k] = e * forward.q[t][j] * slope_r;
    }
    if (is_after(n)) G[j][2 * H + j] = e * forward.r[t][j];
  }
  return G;
}

/// ∂z_t/∂h_{t−1}, (S·H, H), with r_t taken as fixed in the candidate's.
Matrix gru_weights_back(const Network& n, const Forward& forward, std::size_t t) {
  const std::size_t H = forward.h[t].size();
  Matrix W = n.W;
  if (is_after(n)) {
    W.resize(4 * H, Vector(H));  // U_h x_t + b_h knows nothing of h_{t−1}
    return W;
  }
  for (std::size_t j = 2 * H; j < 3 * H; ++j) W[j] = hadamard(W[j], forward.r[t]);
  return W;
}

/// What follows from the dz_k of a GRU.
void gru_parameter_gradients(const Network& n, const Sequence& s, const Forward& forward,
                             Backward& backward) {
  const std::size_t H = n.h_0.size(), last = is_after(n) ? 3 : 2;
  for (std::size_t k = 1; k <= s.steps(); ++k) {
    for (std::size_t t = k; t <= s.steps(); ++t) add(backward.path[t][k], backward.dz[k]);
    const Vector& dz = backward.dz[k];
    const Vector dr = block(dz, 0, H), du = block(dz, 1, H), dh = block(dz, last, H);
    const Vector of_x = stack({dr, du, dh}), of_h = stack({dr, du, Vector(H)});
    add_outer(of_x, s.x[k], backward.dU);
    add_outer(of_h, forward.h[k - 1], backward.dW);
    add(of_x, backward.db);
    backward.dx[k] = transposed_product(n.U, of_x);
    const Vector none(2 * H);
    if (is_after(n)) {
      add_outer(stack({none, block(dz, 2, H)}), forward.h[k - 1], backward.dW);
      add(block(dz, 2, H), backward.dd);
    } else {
      add_outer(stack({none, dh}), forward.p[k], backward.dW);
    }
  }
}

Vector upper(const Vector& state) {
  return {state.begin(), state.begin() + static_cast<std::ptrdiff_t>(state.size() / 2)};
}
Vector lower(const Vector& state) {
  return {state.begin() + static_cast<std::ptrdiff_t>(state.size() / 2), state.end()};
}

}  // namespace

// -------------------------------------------------------------------------------------------- RNN

Forward rnn_states(const Network& n, const Sequence& s) {
  Forward forward;
  reserve_time(s.steps(), {&forward.z, &forward.h});
  forward.h[0] = n.h_0;
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    forward.z[t] = pre_activation(n, s.x[t], forward.h[t - 1]);
    for (double z_j : forward.z[t]) forward.h[t].push_back(phi_of(n.phi, z_j));
  }
  return forward;
}

Forward rnn_forward(const Network& n, const Sequence& s) {
  Forward forward = rnn_states(n, s);
  output_forward(n, s, forward);
  return forward;
}

Backward rnn_paths(const Network& n, const Sequence& s, const Forward& forward,
                   const Sources& sources) {
  Backward backward = empty_backward(n, s);
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    // ∂L_t/∂h_k for k = t, t − 1, …, 0, and ∂L_t/∂z_k on the way.
    Vector dh = sources.g[t];
    for (std::size_t k = t; k >= 1; --k) {
      add(dh, backward.delta[k]);
      backward.path[t][k] = hadamard(slopes(n.phi, forward.z[k]), dh);
      dh = transposed_product(n.W, backward.path[t][k]);
    }
    add(dh, backward.dh_0);
  }
  parameter_gradients(n, s, forward, backward);
  return backward;
}

Backward rnn_backward(const Network& n, const Sequence& s, const Forward& forward) {
  return whole_backward(n, s, forward, rnn_paths);
}

ThirdStep rnn_third_step(const Network& n, const Sequence& s, const Forward& forward) {
  if (s.steps() != 3) throw ShapeError("rnn_third_step: the sequence must have 3 steps");
  const Vector D_1 = slopes(n.phi, forward.z[1]);
  const Vector D_2 = slopes(n.phi, forward.z[2]);
  const Vector D_3 = slopes(n.phi, forward.z[3]);
  Vector error = forward.y_hat[3];  // ŷ_3 − y_3
  error[s.targets[3]] -= 1;

  // k = 3: D_3 Vᵀ(ŷ_3 − y_3)
  const Vector k3 = hadamard(D_3, transposed_product(n.V, error));
  // k = 2: D_2 Wᵀ D_3 Vᵀ(ŷ_3 − y_3)
  const Vector k2 =
      hadamard(D_2, transposed_product(n.W, hadamard(D_3, transposed_product(n.V, error))));
  // k = 1: D_1 Wᵀ D_2 Wᵀ D_3 Vᵀ(ŷ_3 − y_3)
  const Vector k1 = hadamard(
      D_1, transposed_product(
               n.W, hadamard(D_2, transposed_product(
                                      n.W, hadamard(D_3, transposed_product(n.V, error))))));

  ThirdStep third{zeros(n.W.size(), n.h_0.size()), zeros(n.U.size(), n.U[0].size()),
                  Vector(n.b.size())};
  // [RNN-dW3] ∂L_3/∂W = Σ_{k=1..3} (D_k Wᵀ D_{k+1} … Wᵀ D_3 Vᵀ(ŷ_3 − y_3)) h_{k−1}ᵀ
  add_outer(k3, forward.h[2], third.dW);
  add_outer(k2, forward.h[1], third.dW);
  add_outer(k1, forward.h[0], third.dW);
  // [RNN-dU3] ∂L_3/∂U = Σ_{k=1..3} (D_k Wᵀ D_{k+1} … Wᵀ D_3 Vᵀ(ŷ_3 − y_3)) x_kᵀ
  add_outer(k3, s.x[3], third.dU);
  add_outer(k2, s.x[2], third.dU);
  add_outer(k1, s.x[1], third.dU);
  // [RNN-db3] ∂L_3/∂b = Σ_{k=1..3} D_k Wᵀ D_{k+1} … Wᵀ D_3 Vᵀ(ŷ_3 − y_3)
  add(k3, third.db);
  add(k2, third.db);
  add(k1, third.db);
  return third;
}

Matrix rnn_jacobian(const Network& n, const Forward& forward, std::size_t t) {
  Matrix J = n.W;
  for (std::size_t j = 0; j < J.size(); ++j) {
    for (double& entry : J[j]) entry *= slope(n.phi, forward.z[t][j]);
  }
  return J;
}

// ------------------------------------------------------------------------------------------- LSTM

Forward lstm_states(const Network& n, const Sequence& s) {
  Forward forward;
  reserve_time(s.steps(), {&forward.z, &forward.h, &forward.f, &forward.i, &forward.a, &forward.o,
                           &forward.C});
  forward.h[0] = n.h_0;
  forward.C[0] = n.C_0;
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    forward.z[t] = pre_activation(n, s.x[t], forward.h[t - 1]);
    for (double z : gate(forward.z[t], 0)) forward.f[t].push_back(sigma(z));
    for (double z : gate(forward.z[t], 1)) forward.i[t].push_back(sigma(z));
    for (double z : gate(forward.z[t], 2)) forward.a[t].push_back(std::tanh(z));
    for (double z : gate(forward.z[t], 3)) forward.o[t].push_back(sigma(z));
    forward.C[t] =
        sum(hadamard(forward.C[t - 1], forward.f[t]), hadamard(forward.i[t], forward.a[t]));
    for (std::size_t j = 0; j < n.h_0.size(); ++j) {
      forward.h[t].push_back(forward.o[t][j] * std::tanh(forward.C[t][j]));
    }
  }
  return forward;
}

Forward lstm_forward(const Network& n, const Sequence& s) {
  Forward forward = lstm_states(n, s);
  output_forward(n, s, forward);
  return forward;
}

Backward lstm_paths(const Network& n, const Sequence& s, const Forward& forward,
                    const Sources& sources) {
  const std::size_t H = n.h_0.size();
  Backward backward = empty_backward(n, s);
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    // ∂L_t/∂(h_k, C_k), the two taken as independent, for k = t, t − 1, …, 0.
    Vector state = sources.g[t];
    state.resize(2 * H);
    if (t == s.steps()) {
      std::ranges::copy(sources.g_C, state.begin() + static_cast<std::ptrdiff_t>(H));
    }
    for (std::size_t k = t; k >= 1; --k) {
      const Vector dh = upper(state);
      add(dh, backward.delta[k]);
      add(lower(state), backward.delta_C[k]);
      for (std::size_t j = 0; j < H; ++j) {
        backward.delta_C[k][j] += state_slope(forward, k, j) * dh[j];
      }
      backward.path[t][k] = transposed_product(gate_jacobian(forward, k), state);
      state = transposed_product(lstm_jacobian(n, forward, k), state);
    }
    add(upper(state), backward.dh_0);
    add(lower(state), backward.dC_0);
  }
  parameter_gradients(n, s, forward, backward);
  return backward;
}

Backward lstm_backward(const Network& n, const Sequence& s, const Forward& forward) {
  return whole_backward(n, s, forward, lstm_paths);
}

Matrix lstm_jacobian(const Network& n, const Forward& forward, std::size_t t) {
  const std::size_t H = n.h_0.size();
  // [GRAD-lstm-step] ∂(C_t, h_t)/∂(C_{t−1}, h_{t−1}) = [F_t, G_t; E_t F_t, E_t G_t + P_t]
  // Here h is above C.
  const Matrix G = gate_jacobian(forward, t);
  const Matrix through_gates = product(G, n.W);  // (2H, H): ∂(h_t, C_t)/∂h_{t−1}
  Matrix J = zeros(2 * H, 2 * H);
  for (std::size_t row = 0; row < 2 * H; ++row) {
    for (std::size_t column = 0; column < H; ++column) J[row][column] = through_gates[row][column];
  }
  for (std::size_t j = 0; j < H; ++j) {
    J[H + j][H + j] = forward.f[t][j];
    J[j][H + j] = state_slope(forward, t, j) * forward.f[t][j];
  }
  return J;
}

// -------------------------------------------------------------------------------------------- GRU

Forward gru_states(const Network& n, const Sequence& s) {
  Forward forward;
  const std::size_t H = n.h_0.size();
  reserve_time(s.steps(), {&forward.z, &forward.h, &forward.r, &forward.u, &forward.q, &forward.p,
                           &forward.candidate});
  forward.h[0] = n.h_0;
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    const Vector& h_prev = forward.h[t - 1];
    const Vector from_x = sum(product(n.U, s.x[t]), n.b);
    const Vector z_r = sum(block(from_x, 0, H), block_product(n.W, 0, h_prev));
    const Vector z_u = sum(block(from_x, 1, H), block_product(n.W, 1, h_prev));
    for (double z : z_r) forward.r[t].push_back(sigma(z));
    for (double z : z_u) forward.u[t].push_back(sigma(z));
    const Vector z_h = block(from_x, 2, H);
    Vector inside = z_h;
    if (is_after(n)) {
      forward.q[t] = sum(block_product(n.W, 2, h_prev), n.d);
      add(hadamard(forward.r[t], forward.q[t]), inside);
      forward.z[t] = stack({z_r, z_u, forward.q[t], z_h});
    } else {
      forward.p[t] = hadamard(forward.r[t], h_prev);
      add(block_product(n.W, 2, forward.p[t]), inside);
      forward.z[t] = stack({z_r, z_u, inside});
    }
    for (std::size_t j = 0; j < H; ++j) {
      const double u = forward.u[t][j], candidate = std::tanh(inside[j]);
      forward.candidate[t].push_back(candidate);
      forward.h[t].push_back((1 - u) * candidate + u * h_prev[j]);
    }
  }
  return forward;
}

Forward gru_forward(const Network& n, const Sequence& s) {
  Forward forward = gru_states(n, s);
  output_forward(n, s, forward);
  return forward;
}

Backward gru_paths(const Network& n, const Sequence& s, const Forward& forward,
                   const Sources& sources) {
  Backward backward = empty_backward(n, s);
  for (Vector& dz : backward.dz) dz.resize((is_after(n) ? 4 : 3) * n.h_0.size());
  backward.dd = Vector(n.d.size());
  for (std::size_t t = 1; t <= s.steps(); ++t) {
    // ∂L_t/∂h_k for k = t, t − 1, …, 0, and ∂L_t/∂z_k on the way.
    Vector dh = sources.g[t];
    for (std::size_t k = t; k >= 1; --k) {
      add(dh, backward.delta[k]);
      backward.path[t][k] = transposed_product(gru_gate_jacobian(n, forward, k), dh);
      dh = transposed_product(gru_jacobian(n, forward, k), dh);
    }
    add(dh, backward.dh_0);
  }
  gru_parameter_gradients(n, s, forward, backward);
  return backward;
}

Backward gru_backward(const Network& n, const Sequence& s, const Forward& forward) {
  return whole_backward(n, s, forward, gru_paths);
}

Matrix gru_jacobian(const Network& n, const Forward& forward, std::size_t t) {
  // [GRAD-gru-step] ∂h_t/∂h_{t−1} = diag(u_t) + G_t ∂z_t/∂h_{t−1}
  Matrix J = product(gru_gate_jacobian(n, forward, t), gru_weights_back(n, forward, t));
  for (std::size_t j = 0; j < J.size(); ++j) J[j][j] += forward.u[t][j];
  return J;
}

CellFunctions functions_of(Cell cell) {
  switch (cell) {
    case Cell::kRnn:
      return {rnn_states, rnn_paths, rnn_forward, rnn_backward};
    case Cell::kLstm:
      return {lstm_states, lstm_paths, lstm_forward, lstm_backward};
    case Cell::kGru:
      return {gru_states, gru_paths, gru_forward, gru_backward};
  }
  return {};
}

// --------------------------------------------------------------------------------- linear algebra

double slope(Activation phi, double z) {
  const double h = phi_of(phi, z);
  switch (phi) {
    case Activation::kTanh:
      // [RNN-dW3-tanh] RNN-dW3 with D_k = diag(1 − h_k²)
      return 1 - h * h;
    case Activation::kSigmoid:
      // [RNN-dW3-sigmoid] RNN-dW3 with D_k = diag h_k(1 − h_k)
      return h * (1 - h);
    case Activation::kRelu:
      // [RNN-dW3-relu] RNN-dW3 with D_k = diag [z_k > 0]
      return z > 0 ? 1 : 0;
  }
  return 1;
}

Vector product(const Matrix& A, const Vector& x) {
  Vector y(A.size());
  for (std::size_t i = 0; i < A.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += A[i][j] * x[j];
  }
  return y;
}

Vector transposed_product(const Matrix& A, const Vector& x) {
  Vector y(A.empty() ? 0 : A[0].size());
  for (std::size_t i = 0; i < A.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += A[i][j] * x[i];
  }
  return y;
}

Matrix product(const Matrix& A, const Matrix& B) {
  Matrix C;
  for (const Vector& row : A) C.push_back(transposed_product(B, row));
  return C;
}

Vector hadamard(const Vector& a, const Vector& b) {
  Vector result(a.size());
  for (std::size_t j = 0; j < a.size(); ++j) result[j] = a[j] * b[j];
  return result;
}

void add(const Vector& a, Vector& to) {
  for (std::size_t j = 0; j < a.size(); ++j) to[j] += a[j];
}

void add_outer(const Vector& a, const Vector& b, Matrix& to) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) to[i][j] += a[i] * b[j];
  }
}

Matrix zeros(std::size_t rows, std::size_t columns) {
  return Matrix(rows, Vector(columns));
}

Vector flat(const Matrix& A) {
  Vector values;
  for (const Vector& row : A) values.insert(values.end(), row.begin(), row.end());
  return values;
}

}  // namespace unroll::naive
