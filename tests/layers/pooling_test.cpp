#include "unroll/layers/pooling.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"

namespace unroll {
namespace {

using test::random_tensor;

const RaggedShape kShape{std::vector<std::size_t>{4, 3, 1}};

/// h_t of row r, unit u: distinct small numbers.
Tensor<double> numbered(std::size_t H) {
  Tensor<double> h({kShape.tokens(), H});
  for (std::size_t k = 0; k < h.size(); ++k) h[k] = static_cast<double>(k * 7 % 23);
  return h;
}

Tensor<double> pooled(Pool pool, std::size_t directions, const Tensor<double>& h) {
  Pooling<double>::Record record;
  Tensor<double> p({kShape.batch(), h.shape()[1]});
  Pooling<double>(pool, directions).forward(kShape, h.matrix(), record, p.matrix());
  return p;
}

TEST(Pooling, MeanDividesByTheRowsOwnLength) {
  const Tensor<double> h = numbered(2);
  const Tensor<double> p = pooled(Pool::kMean, 1, h);
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t t = 0; t < kShape.length(row); ++t) sum += h.matrix()(kShape.index(t, row), 1);
    EXPECT_NEAR(p.matrix()(row, 1), sum / static_cast<double>(kShape.length(row)), 1e-14);
  }
}

TEST(Pooling, MaxIsTheLargestOfTheRowsOwnSteps) {
  Tensor<double> h = numbered(2);
  for (double& value : h.values()) value = -value - 1;  // all negative: a padded zero would win
  const Tensor<double> p = pooled(Pool::kMax, 1, h);
  for (std::size_t row = 0; row < 3; ++row) {
    double largest = -1e9;
    for (std::size_t t = 0; t < kShape.length(row); ++t) {
      largest = std::max(largest, h.matrix()(kShape.index(t, row), 0));
    }
    EXPECT_EQ(p.matrix()(row, 0), largest);
  }
}

TEST(Pooling, LastTakesEachDirectionsLastReadStep) {
  const Tensor<double> h = numbered(4);
  const Tensor<double> p = pooled(Pool::kLast, 2, h);
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(p.matrix()(row, 1), h.matrix()(kShape.index(kShape.length(row) - 1, row), 1));
    EXPECT_EQ(p.matrix()(row, 3), h.matrix()(kShape.index(0, row), 3));
  }
}

TEST(Pooling, BackwardMatchesCentralDifferences) {
  for (Pool pool : {Pool::kMax, Pool::kMean, Pool::kLast}) {
    const Pooling<double> pooling(pool, 2);
    Tensor<double> h = random_tensor({kShape.tokens(), 4}, "h");
    const Tensor<double> g = random_tensor({kShape.batch(), 4}, "g");
    Tensor<double> p(g.shape());
    Pooling<double>::Record record;
    const auto loss = [&] {
      pooling.forward(kShape, h.matrix(), record, p.matrix());
      return test::dot(p.values(), g.values());
    };
    loss();
    Tensor<double> dh(h.shape());
    dh.fill(99);  // must be overwritten
    pooling.backward(kShape, record, g.matrix(), dh.matrix());
    EXPECT_LT(test::relative_error(dh.values(), test::central_differences(h.values(), loss)),
              test::kDifferenceBound)
        << to_string(pool);
  }
}

}  // namespace
}  // namespace unroll
