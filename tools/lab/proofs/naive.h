/// The equations of docs/mathematics as plain loops: one sequence, one layer, one column at a time.
///
/// An oracle. It shares no code with the layers and knows no recursion backwards: a gradient is the
/// sum over all pairs (t, k) of the path that leaves the loss of step t and enters at step k, each
/// path a product of explicit Jacobians. At t = 3 that is the form which is written out in the
/// derivations. Slow on purpose, in double only.
///
/// Shapes: T steps, I input size, H hidden size, K classes. Vectors indexed by time run from 1 to
/// T as in the equations; index 0 holds the initial state where there is one, else nothing.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "unroll/kernels/ops.h"
#include "unroll/layers/cells/cell.h"

namespace unroll::naive {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;  ///< Matrix[row][column]

/// Every φ of an RNN.
inline constexpr std::array kActivations{Activation::kTanh, Activation::kSigmoid,
                                         Activation::kRelu};

/// The network of the homework; the LSTM's U, W, b hold the four gates stacked f i a o, the GRU's
/// r, u and the candidate.
struct Network {
  Matrix U;                            ///< RNN (H, I), LSTM (4H, I), GRU (3H, I)
  Matrix W;                            ///< RNN (H, H), LSTM (4H, H), GRU (3H, H)
  Vector b;                            ///< RNN (H), LSTM (4H), GRU (3H)
  Matrix V;                            ///< (K, H)
  Vector c;                            ///< (K)
  Vector h_0;                          ///< (H)
  Vector C_0;                          ///< (H), LSTM
  Activation phi = Activation::kTanh;  ///< RNN
  GruReset reset = GruReset::kAfter;   ///< GRU
  Vector d;                            ///< (H), GRU whose reset comes after
};

/// One sequence and the class of each step.
struct Sequence {
  std::vector<Vector> x;             ///< [1..T] (I)
  std::vector<std::size_t> targets;  ///< [1..T]
  std::size_t steps() const { return x.size() - 1; }
};

/// Every value of a forward pass. z is U x + W h_prev + b; for the LSTM (4H), and f, i, a, o, C are
/// set as well. For the GRU z stacks what the step saves: z_r, z_u, q where the reset comes after
/// (without r), and U_h x + b_h, to which W_h p is added where it comes before; r, u, q or p, and
/// the candidate are set as well.
struct Forward {
  std::vector<Vector> z, h, f, i, a, o, C;
  std::vector<Vector> r, u, q, p, candidate;
  std::vector<Vector> O, y_hat;  ///< [1..T] (K)
  std::vector<double> L_t;       ///< [1..T]
  double L = 0;
};

/// Every gradient of L = Σ_t L_t.
struct Backward {
  std::vector<Vector> dO;                 ///< [1..T] (K)
  std::vector<std::vector<Vector>> path;  ///< [t][k], k = 1..t: ∂L_t/∂z_k
  std::vector<Vector> delta;              ///< [1..T] (H): ∂L/∂h_t
  std::vector<Vector> delta_C;            ///< [1..T] (H): ∂L/∂C_t, LSTM
  std::vector<Vector> dz, dx;             ///< [1..T]
  Matrix dU, dW, dV;
  Vector db, dc, dd, dh_0, dC_0;
};

/// The gradient of whatever is above: g_t enters at h_t, g_C at C_T.
struct Sources {
  std::vector<Vector> g;  ///< [1..T] (H)
  Vector g_C;             ///< (H), LSTM
};

/// The recurrent layer alone: z, h, and for the LSTM f, i, a, o, C.
Forward rnn_states(const Network& network, const Sequence& sequence);
Forward lstm_states(const Network& network, const Sequence& sequence);
Forward gru_states(const Network& network, const Sequence& sequence);
/// Its gradients, dO, dV and dc left empty; path[t][k] is the part of dz_k that enters at step t.
Backward rnn_paths(const Network& network, const Sequence& sequence, const Forward& forward,
                   const Sources& sources);
Backward lstm_paths(const Network& network, const Sequence& sequence, const Forward& forward,
                    const Sources& sources);
Backward gru_paths(const Network& network, const Sequence& sequence, const Forward& forward,
                   const Sources& sources);

/// With the output layer O_t = V h_t + c, softmax and cross-entropy at every step.
Forward rnn_forward(const Network& network, const Sequence& sequence);
Backward rnn_backward(const Network& network, const Sequence& sequence, const Forward& forward);
Forward lstm_forward(const Network& network, const Sequence& sequence);
Backward lstm_backward(const Network& network, const Sequence& sequence, const Forward& forward);
Forward gru_forward(const Network& network, const Sequence& sequence);
Backward gru_backward(const Network& network, const Sequence& sequence, const Forward& forward);

/// These functions of one cell.
struct CellFunctions {
  Forward (*states)(const Network&, const Sequence&);
  Backward (*paths)(const Network&, const Sequence&, const Forward&, const Sources&);
  Forward (*forward)(const Network&, const Sequence&);
  Backward (*backward)(const Network&, const Sequence&, const Forward&);
};
CellFunctions functions_of(Cell cell);

/// ∂L_3/∂W, ∂L_3/∂U, ∂L_3/∂b of the RNN, the three paths k = 3, 2, 1 written out. T must be 3.
struct ThirdStep {
  Matrix dW, dU;
  Vector db;
};
ThirdStep rnn_third_step(const Network& network, const Sequence& sequence, const Forward& forward);

/// ∂h_t/∂h_{t−1} of the GRU, (H, H).
Matrix gru_jacobian(const Network& network, const Forward& forward, std::size_t t);
/// ∂h_t/∂h_{t−1} of the RNN, (H, H).
Matrix rnn_jacobian(const Network& network, const Forward& forward, std::size_t t);
/// ∂(h_t, C_t)/∂(h_{t−1}, C_{t−1}) of the LSTM, (2H, 2H), h above C.
Matrix lstm_jacobian(const Network& network, const Forward& forward, std::size_t t);

// -------------------------------------------------------------------------------- linear algebra

double slope(Activation phi, double z);                        ///< φ′(z)
Vector product(const Matrix& A, const Vector& x);              ///< A x
Vector transposed_product(const Matrix& A, const Vector& x);   ///< Aᵀ x
Matrix product(const Matrix& A, const Matrix& B);              ///< A B
Vector hadamard(const Vector& a, const Vector& b);             ///< a ⊙ b
void add(const Vector& a, Vector& to);                         ///< to += a
void add_outer(const Vector& a, const Vector& b, Matrix& to);  ///< to += a bᵀ
Matrix zeros(std::size_t rows, std::size_t columns);
Vector flat(const Matrix& A);  ///< row after row

}  // namespace unroll::naive
