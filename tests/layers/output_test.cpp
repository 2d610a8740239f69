// Linear, embedding, softmax cross-entropy.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/layers/embedding.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/softmax_cross_entropy.h"

namespace unroll {
namespace {

using test::central_differences;
using test::kDifferenceBound;
using test::random_tensor;
using test::relative_error;

TEST(LinearBackward, MatchesCentralDifferences) {
  Linear<double> linear("output", 4, 3);
  for (auto* parameter : linear.parameters()) {
    parameter->value = random_tensor(parameter->value.shape(), parameter->name);
  }
  Tensor<double> h = random_tensor({5, 4}, "h");
  const Tensor<double> g = random_tensor({5, 3}, "g");
  Tensor<double> O({5, 3});
  const auto loss = [&] {
    linear.forward(h.matrix(), O.matrix());
    return test::dot(O.values(), g.values());
  };
  loss();
  Tensor<double> dh(h.shape());
  linear.backward(h.matrix(), g.matrix(), dh.matrix());
  EXPECT_LT(
      relative_error(linear.V.grad.values(), central_differences(linear.V.value.values(), loss)),
      kDifferenceBound);
  EXPECT_LT(
      relative_error(linear.c.grad.values(), central_differences(linear.c.value.values(), loss)),
      kDifferenceBound);
  EXPECT_LT(relative_error(dh.values(), central_differences(h.values(), loss)), kDifferenceBound);
}

TEST(EmbeddingBackward, AddsTheGradientsOfARepeatedWord) {
  Embedding<double> embedding("embedding", 4, 2);
  const std::vector<std::int32_t> ids{2, 0, 2};
  Tensor<double> dx({3, 2});
  for (std::size_t k = 0; k < 6; ++k) dx[k] = static_cast<double>(k + 1);
  embedding.backward(ids, dx.matrix());
  const std::vector<double> expected{3, 4, 0, 0, 1 + 5, 2 + 6, 0, 0};
  for (std::size_t k = 0; k < 8; ++k) EXPECT_EQ(embedding.E.grad[k], expected[k]);
}

TEST(EmbeddingBackward, TellsWhichRowsHaveAGradient) {
  Embedding<double> embedding("embedding", 4, 2);
  const Tensor<double> dx({3, 2});
  zero_grad<double>({&embedding.E});
  embedding.backward(std::vector<std::int32_t>{2, 0, 2}, dx.matrix());
  EXPECT_TRUE(std::ranges::equal(embedding.E.touched.rows(), std::vector<std::int32_t>{0, 2}));
  embedding.backward(std::vector<std::int32_t>{3, 3, 2}, dx.matrix());
  EXPECT_TRUE(std::ranges::equal(embedding.E.touched.rows(), std::vector<std::int32_t>{0, 2, 3}));
}

TEST(Embedding, RefusesAnIdOutsideTheTable) {
  const Embedding<double> embedding("embedding", 4, 2);
  const std::vector<std::int32_t> ids{4};
  Tensor<double> x({1, 2});
  EXPECT_THROW(embedding.forward(ids, x.matrix()), ShapeError);
}

TEST(SoftmaxCrossEntropy, IsTheLogarithmOfKForEqualScores) {
  const Tensor<double> O({2, 5});
  const std::vector<std::int32_t> y{0, 4};
  EXPECT_NEAR(softmax_cross_entropy<double>(O.matrix(), y, 0.5), std::log(5.0), 1e-15);
}

TEST(SoftmaxCrossEntropy, SurvivesScoresThatOverflowTheExponential) {
  Tensor<float> O({1, 3});
  O[0] = 1000;
  O[1] = -1000;
  const std::vector<std::int32_t> y{1};
  Tensor<float> dO(O.shape());
  EXPECT_EQ(softmax_cross_entropy<float>(O.matrix(), y, 1, dO.matrix()), 2000);
  EXPECT_EQ(dO[0], 1);
  EXPECT_EQ(dO[1], -1);
}

TEST(SoftmaxCrossEntropy, GradientMatchesCentralDifferences) {
  Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const std::vector<std::int32_t> y{0, 1, 2, 3, 3, 0};
  Tensor<double> dO(O.shape());
  softmax_cross_entropy<double>(O.matrix(), y, 1.0 / 6, dO.matrix());
  const auto loss = [&] { return softmax_cross_entropy<double>(O.matrix(), y, 1.0 / 6); };
  EXPECT_LT(relative_error(dO.values(), central_differences(O.values(), loss)), kDifferenceBound);
}

TEST(SoftmaxCrossEntropy, RefusesATargetOutOfRange) {
  const Tensor<double> O({1, 3});
  const std::vector<std::int32_t> y{3};
  EXPECT_THROW(softmax_cross_entropy<double>(O.matrix(), y, 1), ShapeError);
  const std::vector<std::int32_t> none{-1};
  EXPECT_THROW(softmax_cross_entropy<double>(O.matrix(), none, 1), ShapeError);
}

}  // namespace
}  // namespace unroll
