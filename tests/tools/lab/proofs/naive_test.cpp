// The oracle's own gradients, against differences of its own loss: it must hold without the
// layers.

#include "unroll/tools/lab/proofs/naive.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/gradient_check.h"
#include "unroll/core/random.h"

namespace unroll::naive {
namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, Random& random) {
  Matrix matrix = zeros(rows, columns);
  for (Vector& row : matrix) {
    for (double& value : row) value = 0.8 * random.normal();
  }
  return matrix;
}

Vector random_vector(std::size_t size, Random& random) {
  return random_matrix(1, size, random)[0];
}

struct Problem {
  Problem(const CellKind& kind, std::size_t T) : cell(functions_of(kind.cell)) {
    constexpr std::size_t I = 3, H = 4, K = 2;
    const std::size_t gates = gate_count(kind.cell);
    Random random(11, "naive");
    network = {.U = random_matrix(gates * H, I, random),
               .W = random_matrix(gates * H, H, random),
               .b = random_vector(gates * H, random),
               .V = random_matrix(K, H, random),
               .c = random_vector(K, random),
               .h_0 = random_vector(H, random),
               .C_0 = random_vector(H, random),
               .phi = kind.activation,
               .reset = kind.reset,
               .d = describe(kind).has_d ? random_vector(H, random) : Vector()};
    sequence.x.resize(1);
    sequence.targets.resize(1);
    for (std::size_t t = 1; t <= T; ++t) {
      sequence.x.push_back(random_vector(I, random));
      sequence.targets.push_back(random.below(K));
    }
  }

  Forward forward() const { return cell.forward(network, sequence); }
  Backward backward() const { return cell.backward(network, sequence, forward()); }
  double error(std::span<double> values, const Vector& gradient) {
    const Vector numeric = test::central_differences(values, [&] { return forward().L; });
    return test::relative_error(gradient, numeric);
  }
  double error(Matrix& values, const Matrix& gradient) {
    Vector numeric;
    for (Vector& row : values) {
      for (double value : test::central_differences(row, [&] { return forward().L; })) {
        numeric.push_back(value);
      }
    }
    return test::relative_error(flat(gradient), numeric);
  }

  Network network;
  Sequence sequence;
  CellFunctions cell;
};

void expect_gradients(const CellKind& kind, std::size_t T) {
  SCOPED_TRACE(title(kind) + " T = " + std::to_string(T));
  Problem p(kind, T);
  const Backward d = p.backward();
  EXPECT_LT(p.error(p.network.U, d.dU), test::kDifferenceBound) << "dU";
  EXPECT_LT(p.error(p.network.W, d.dW), test::kDifferenceBound) << "dW";
  EXPECT_LT(p.error(p.network.b, d.db), test::kDifferenceBound) << "db";
  EXPECT_LT(p.error(p.network.V, d.dV), test::kDifferenceBound) << "dV";
  EXPECT_LT(p.error(p.network.c, d.dc), test::kDifferenceBound) << "dc";
  EXPECT_LT(p.error(p.network.h_0, d.dh_0), test::kDifferenceBound) << "dh_0";
  if (describe(kind).has_C) {
    EXPECT_LT(p.error(p.network.C_0, d.dC_0), test::kDifferenceBound) << "dC_0";
  }
  if (describe(kind).has_d) {
    EXPECT_LT(p.error(p.network.d, d.dd), test::kDifferenceBound) << "dd";
  }
  for (std::size_t t = 1; t <= p.sequence.steps(); ++t) {
    EXPECT_LT(p.error(p.sequence.x[t], d.dx[t]), test::kDifferenceBound) << "dx_" << t;
  }
}

TEST(Naive, GradientsMatchCentralDifferences) {
  for (std::size_t T : {1, 3, 5}) {
    for (Activation phi : {Activation::kTanh, Activation::kSigmoid, Activation::kRelu}) {
      expect_gradients({Cell::kRnn, phi}, T);
    }
    expect_gradients(Cell::kLstm, T);
    for (GruReset reset : {GruReset::kAfter, GruReset::kBefore}) {
      expect_gradients({Cell::kGru, Activation::kTanh, reset}, T);
    }
  }
}

TEST(Naive, ThirdStepWrittenOutIsTheSumOfItsPaths) {
  const Problem p(Cell::kRnn, 3);
  const Forward forward = p.forward();
  const Backward d = p.backward();
  const ThirdStep third = rnn_third_step(p.network, p.sequence, forward);
  Matrix dW = zeros(third.dW.size(), third.dW.size());
  for (std::size_t k = 1; k <= 3; ++k) add_outer(d.path[3][k], forward.h[k - 1], dW);
  for (std::size_t r = 0; r < dW.size(); ++r) {
    EXPECT_LT(test::relative_error(third.dW[r], dW[r]), 1e-14);
  }
}

TEST(Naive, JacobiansMatchCentralDifferencesOfTheState) {
  Problem p(Cell::kLstm, 2);
  const Matrix J = lstm_jacobian(p.network, p.forward(), 1);
  const std::size_t H = p.network.h_0.size();
  for (std::size_t row = 0; row < 2 * H; ++row) {
    const auto state = [&] {
      const Forward forward = p.forward();
      return row < H ? forward.h[1][row] : forward.C[1][row - H];
    };
    Vector numeric = test::central_differences(p.network.h_0, state);
    for (double value : test::central_differences(p.network.C_0, state)) numeric.push_back(value);
    EXPECT_LT(test::relative_error(J[row], numeric), test::kDifferenceBound) << row;
  }
}

TEST(Naive, JacobianOfAGruMatchesCentralDifferencesOfTheState) {
  for (GruReset reset : {GruReset::kAfter, GruReset::kBefore}) {
    Problem p({Cell::kGru, Activation::kTanh, reset}, 2);
    const Matrix J = gru_jacobian(p.network, p.forward(), 1);
    for (std::size_t row = 0; row < J.size(); ++row) {
      const Vector numeric =
          test::central_differences(p.network.h_0, [&] { return p.forward().h[1][row]; });
      EXPECT_LT(test::relative_error(J[row], numeric), test::kDifferenceBound) << row;
    }
  }
}

}  // namespace
}  // namespace unroll::naive
