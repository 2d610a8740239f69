#include "unroll/layers/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "unroll/layers/recurrent.h"

namespace unroll {
namespace {

TEST(GlorotInit, StaysInsideItsBoundAndNearlyReachesIt) {
  Parameter<double> parameter("W", {4 * 30, 20});
  init_glorot(parameter, 1, 4);
  const double bound = std::sqrt(6.0 / 50);
  double largest = 0;
  for (double value : parameter.value.values()) largest = std::max(largest, std::abs(value));
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.98 * bound);
}

TEST(OrthogonalInit, HasOrthonormalColumnsInEachBlock) {
  Parameter<double> parameter("W", {4 * 16, 16});
  init_orthogonal(parameter, 1, 4);
  for (std::size_t block = 0; block < 4; ++block) {
    const auto q = parameter.value.matrix().row_range(block * 16, 16);
    for (std::size_t i = 0; i < 16; ++i) {
      for (std::size_t j = 0; j < 16; ++j) {
        double product = 0;
        for (std::size_t r = 0; r < 16; ++r) product += q(r, i) * q(r, j);
        EXPECT_NEAR(product, i == j ? 1 : 0, 1e-14);
      }
    }
  }
}

TEST(OrthogonalInit, HasOrthonormalRowsWhereThereAreFewer) {
  Parameter<double> parameter("W", {3, 8});
  init_orthogonal(parameter, 1);
  const auto q = parameter.value.matrix();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0;
      for (std::size_t c = 0; c < 8; ++c) product += q(i, c) * q(j, c);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-14);
    }
  }
}

TEST(RecurrentInit, SetsTheForgetBiasOfTheFirstGateOnly) {
  RecurrentLayer<double> lstm("lstm", 3, 5, Cell::kLstm);
  init_recurrent(lstm, RecurrentInit::kOrthogonal, 1, 1);
  for (std::size_t k = 0; k < 20; ++k) EXPECT_EQ(lstm.b.value[k], k < 5 ? 1 : 0);
}

TEST(RecurrentInit, MakesTheIdentityForAnIrnn) {
  RecurrentLayer<double> rnn("rnn", 3, 4, CellKind(Cell::kRnn, Activation::kRelu));
  init_recurrent(rnn, RecurrentInit::kIdentity, 1, 1);
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(rnn.W.value.matrix()(r, c), r == c ? 1 : 0);
  }
}

TEST(RecurrentInit, StaysWithinOneOverTheRootOfHWhereUniform) {
  RecurrentLayer<double> lstm("lstm", 3, 16, Cell::kLstm);
  init_recurrent(lstm, RecurrentInit::kUniform, 0, 1);
  for (double value : lstm.W.value.values()) EXPECT_LE(std::abs(value), 0.25);
}

TEST(RecurrentInit, DependsOnNameAndSeedOnly) {
  RecurrentLayer<float> a("lstm.0.forward", 3, 5, Cell::kLstm);
  RecurrentLayer<float> b("lstm.0.forward", 3, 5, Cell::kLstm);
  RecurrentLayer<float> other("lstm.0.backward", 3, 5, Cell::kLstm);
  init_recurrent(other, RecurrentInit::kGlorot, 1, 9);
  init_recurrent(a, RecurrentInit::kGlorot, 1, 9);
  init_recurrent(b, RecurrentInit::kGlorot, 1, 9);
  EXPECT_TRUE(std::ranges::equal(a.U.value.values(), b.U.value.values()));
  EXPECT_FALSE(std::ranges::equal(a.U.value.values(), other.U.value.values()));
}

}  // namespace
}  // namespace unroll
