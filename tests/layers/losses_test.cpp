// Squared error, sigmoid cross-entropy, and the weights of rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/layers/sigmoid_cross_entropy.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/layers/squared_error.h"

namespace unroll {
namespace {

using test::central_differences;
using test::kDifferenceBound;
using test::random_tensor;
using test::relative_error;

/// Targets in [0, 1], 0 and 1 among them.
Tensor<double> random_probabilities(const Shape& shape) {
  Tensor<double> y = random_tensor(shape, "y");
  for (double& y_k : y.values()) y_k = std::min(1.0, std::abs(y_k));
  y[0] = 0;
  y[1] = 1;
  return y;
}

TEST(SquaredError, IsHalfTheSquaredLengthOfTheDifference) {
  const Tensor<double> O = random_tensor({6, 4}, "O");
  const Tensor<double> y = random_tensor({6, 4}, "y");
  double sum = 0;
  for (std::size_t k = 0; k < O.size(); ++k) sum += (O[k] - y[k]) * (O[k] - y[k]);
  EXPECT_NEAR(squared_error<double>(O.matrix(), y.matrix(), 0.25), 0.25 * sum / 2, 1e-14);
}

TEST(SquaredError, GradientMatchesCentralDifferences) {
  Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const Tensor<double> y = random_tensor({6, 4}, "y");
  Tensor<double> dO(O.shape());
  squared_error<double>(O.matrix(), y.matrix(), 1.0 / 6, dO.matrix());
  const auto loss = [&] { return squared_error<double>(O.matrix(), y.matrix(), 1.0 / 6); };
  EXPECT_LT(relative_error(dO.values(), central_differences(O.values(), loss)), kDifferenceBound);
}

TEST(SquaredError, MayWriteItsGradientOverTheOutputs) {
  Tensor<float> O({1, 2});
  O[0] = 3;
  O[1] = -1;
  Tensor<float> y({1, 2});
  y[0] = 1;
  EXPECT_EQ(squared_error<float>(O.matrix(), y.matrix(), 0.5, O.matrix()), 0.5 * (4 + 1) / 2);
  EXPECT_EQ(O[0], 1);
  EXPECT_EQ(O[1], -0.5F);
}

TEST(SquaredError, RefusesShapesThatDiffer) {
  const Tensor<double> O({2, 3});
  const Tensor<double> y({3, 2});
  Tensor<double> dO({3, 2});
  EXPECT_THROW(squared_error<double>(O.matrix(), y.matrix(), 1), ShapeError);
  EXPECT_THROW(squared_error<double>(O.matrix(), O.matrix(), 1, dO.matrix()), ShapeError);
}

TEST(SigmoidCrossEntropy, IsItsFormula) {
  const Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const Tensor<double> y = random_probabilities({6, 4});
  double sum = 0;
  for (std::size_t k = 0; k < O.size(); ++k) {
    const double p = 1 / (1 + std::exp(-O[k]));
    sum -= y[k] * std::log(p) + (1 - y[k]) * std::log(1 - p);
  }
  EXPECT_NEAR(sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 0.25), 0.25 * sum, 1e-13);
}

TEST(SigmoidCrossEntropy, GradientMatchesCentralDifferences) {
  Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const Tensor<double> y = random_probabilities({6, 4});
  Tensor<double> dO(O.shape());
  sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1.0 / 6, dO.matrix());
  const auto loss = [&] { return sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1.0 / 6); };
  EXPECT_LT(relative_error(dO.values(), central_differences(O.values(), loss)), kDifferenceBound);
}

TEST(SigmoidCrossEntropy, SurvivesScoresThatOverflowTheExponential) {
  Tensor<float> O({1, 3});
  O[0] = 1000;
  O[1] = -1000;
  O[2] = 1000;
  Tensor<float> y({1, 3});
  y[1] = y[2] = 1;
  EXPECT_EQ(sigmoid_cross_entropy<float>(O.matrix(), y.matrix(), 1, O.matrix()), 2000);
  EXPECT_EQ(O[0], 1);
  EXPECT_EQ(O[1], -1);
  EXPECT_EQ(O[2], 0);
}

TEST(SigmoidCrossEntropy, KeepsTheSmallLossOfASureAnswer) {
  Tensor<double> O({1, 1});
  O[0] = -50;
  const Tensor<double> y({1, 1});
  EXPECT_NEAR(sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1) / std::exp(-50.0), 1, 1e-14);
}

TEST(SigmoidCrossEntropy, RefusesATargetThatIsNoProbability) {
  const Tensor<double> O({2, 3});
  for (double wrong : {-0.1, 1.1, std::nan("")}) {
    Tensor<double> y({2, 3});
    y[4] = wrong;
    try {
      sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1);
      ADD_FAILURE() << "no error for " << wrong;
    } catch (const ShapeError& error) {
      EXPECT_NE(std::string(error.what()).find("of row 1, column 1 is not in [0, 1]"),
                std::string::npos)
          << error.what();
    }
  }
}

const std::vector<float> kWeights{0.25F, 3, 1, 1, 0.5F, 7};

TEST(WeightedLoss, GradientOfSoftmaxMatchesCentralDifferences) {
  Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const std::vector<std::int32_t> classes{3, 0, 1, 1, 2, 0};
  Tensor<double> dO(O.shape());
  const auto loss = [&] {
    return softmax_cross_entropy<double>(O.matrix(), classes, 1.0 / 6, kWeights, dO.matrix());
  };
  const auto numeric = central_differences(O.values(), loss);
  loss();
  EXPECT_LT(relative_error(dO.values(), numeric), kDifferenceBound);
}

TEST(WeightedLoss, GradientOfSigmoidsMatchesCentralDifferences) {
  Tensor<double> O = random_tensor({6, 4}, "O", 2);
  const Tensor<double> y = random_probabilities({6, 4});
  Tensor<double> dO(O.shape());
  const auto loss = [&] {
    return sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1.0 / 6, kWeights, dO.matrix());
  };
  const auto numeric = central_differences(O.values(), loss);
  loss();
  EXPECT_LT(relative_error(dO.values(), numeric), kDifferenceBound);
}

TEST(WeightedLoss, CountsARowAsOftenAsItsWeightSays) {
  const Tensor<double> O = random_tensor({2, 3}, "O");
  Tensor<double> dO({2, 3});
  const std::vector<std::int32_t> classes{2, 0};
  const auto of_row = [&](std::size_t r) {
    return softmax_cross_entropy<double>(O.matrix().row_range(r, 1),
                                         std::span(classes).subspan(r, 1), 1);
  };
  const std::vector<float> weights{2, 5};
  EXPECT_NEAR(softmax_cross_entropy<double>(O.matrix(), classes, 0.5, weights, dO.matrix()),
              0.5 * (2 * of_row(0) + 5 * of_row(1)), 1e-14);
}

TEST(WeightedLoss, RefusesWeightsThatAreNotOneForEachRow) {
  const Tensor<double> O({2, 3});
  Tensor<double> dO({2, 3});
  const std::vector<std::int32_t> classes{2, 0};
  EXPECT_THROW(softmax_cross_entropy<double>(O.matrix(), classes, 1, kWeights, dO.matrix()),
               ShapeError);
  EXPECT_THROW(sigmoid_cross_entropy<double>(O.matrix(), O.matrix(), 1, kWeights, dO.matrix()),
               ShapeError);
}

TEST(SigmoidCrossEntropy, RefusesShapesThatDiffer) {
  const Tensor<double> O({2, 3});
  const Tensor<double> y({3, 2});
  Tensor<double> dO({3, 2});
  EXPECT_THROW(sigmoid_cross_entropy<double>(O.matrix(), y.matrix(), 1), ShapeError);
  EXPECT_THROW(sigmoid_cross_entropy<double>(O.matrix(), O.matrix(), 1, dO.matrix()), ShapeError);
}

}  // namespace
}  // namespace unroll
