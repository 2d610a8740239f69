// Every op refuses shapes that do not fit, and names itself and both sides.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

void expect_shape_error(const std::function<void()>& call, const std::string& message) {
  try {
    call();
    ADD_FAILURE() << "no error; expected: " << message;
  } catch (const ShapeError& error) {
    EXPECT_EQ(error.what(), message);
  }
}

/// Operands of sizes that do not go together.
class Shapes : public testing::Test {
 protected:
  std::vector<float> two = std::vector<float>(2);
  std::vector<float> three = std::vector<float>(3);
  Tensor<float> tensor_3x4{Shape{3, 4}}, tensor_3x5{Shape{3, 5}}, tensor_2x4{Shape{2, 4}};
  MatrixView<float> m3x4 = tensor_3x4.matrix(), m3x5 = tensor_3x5.matrix(),
                    m2x4 = tensor_2x4.matrix();
};

TEST_F(Shapes, OfActivationsMustAgree) {
  expect_shape_error([&] { activate<float>(Activation::kTanh, two, three); },
                     "activate: x is 2, y is 3");
  expect_shape_error([&] { activate_backward<float>(Activation::kTanh, two, two, three); },
                     "activate_backward: y is 2, dx is 3");
  expect_shape_error([&] { softmax<float>(m3x4, m3x5); }, "softmax: x is 3×4, y is 3×5");
  const std::vector<std::int32_t> y = {0, 3, 2}, far = {0, 4, 2}, none = {};
  expect_shape_error([&] { softmax_cross_entropy_sum<float>(m3x4, y, 1, m3x5); },
                     "softmax_cross_entropy_sum: O is 3×4, dO is 3×5");
  expect_shape_error([&] { softmax_cross_entropy_sum<float>(m3x4, none, 1, m3x4); },
                     "softmax_cross_entropy_sum: O is 3×4, y is 0");
  expect_shape_error([&] { softmax_cross_entropy_sum<float>(m3x4, far, 1, m3x4); },
                     "softmax_cross_entropy_sum: y[1] is 4, O is 3×4");
}

TEST_F(Shapes, OfElementwiseOperandsMustAgree) {
  expect_shape_error([&] { add<float>(two, three); }, "add: x is 2, y is 3");
  expect_shape_error([&] { add_scaled<float>(1, two, three); }, "add_scaled: x is 2, y is 3");
  expect_shape_error([&] { multiply<float>(two, three, two); }, "multiply: x is 2, m is 3");
  expect_shape_error([&] { sigmoid_cross_entropy_sum<float>(two, three); },
                     "sigmoid_cross_entropy_sum: O is 2, y is 3");
}

TEST_F(Shapes, OfRowsMustFit) {
  expect_shape_error([&] { set_rows<float>(two, m3x4); }, "set_rows: z is 3×4, b is 2");
  expect_shape_error([&] { add_column_sums<float>(m3x4, three); },
                     "add_column_sums: dz is 3×4, db is 3");
  std::vector<std::int32_t> at(2);
  expect_shape_error([&] { keep_maximum<float>(three, 0, three, at); },
                     "keep_maximum: x is 3, at is 2");
  expect_shape_error([&] { add_where_maximum<float>(three, at, 0, three); },
                     "add_where_maximum: dy is 3, at is 2");
}

TEST_F(Shapes, OfEmbeddingsMustFit) {
  const std::vector<std::int32_t> ids = {0, 1, 2};
  expect_shape_error([&] { gather_rows<float>(m3x4, ids, m3x5); },
                     "gather_rows: table is 3×4, y is 3×5");
  expect_shape_error([&] { gather_rows<float>(m3x4, ids, m2x4); },
                     "gather_rows: y is 2×4, ids is 3");
  expect_shape_error([&] { scatter_add_rows<float>(m3x5, ids, m3x4); },
                     "scatter_add_rows: dtable is 3×4, dy is 3×5");
}

TEST_F(Shapes, IdsMustBeRowsOfTheTable) {
  expect_shape_error(
      [&] {
        gather_rows<float>(m2x4, std::vector<std::int32_t>{0, 2, 1}, m3x4);
      },
      "gather_rows: ids[1] is 2, table is 2×4");
  expect_shape_error(
      [&] {
        scatter_add_rows<float>(m3x4, std::vector<std::int32_t>{0, 1, -1}, m2x4);
      },
      "scatter_add_rows: ids[2] is -1, dtable is 2×4");
}

TEST_F(Shapes, OfOptimizerOperandsMustAgree) {
  expect_shape_error([&] { sgd_update<float>({}, two, {}, three); },
                     "sgd_update: value is 3, grad is 2");
  expect_shape_error([&] { sgd_update<float>({.momentum = 0.9F}, two, {}, two); },
                     "sgd_update: value is 2, velocity is 0");
  expect_shape_error([&] { adam_update<float>({}, two, two, three, two); },
                     "adam_update: value is 2, v is 3");
  expect_shape_error([&] { update_average<float>({}, two, three); },
                     "update_average: value is 2, average is 3");
}

TEST(ActivationNames, AreTheOnesOfTheFlags) {
  EXPECT_EQ(to_string(Activation::kTanh), "tanh");
  EXPECT_EQ(to_string(Activation::kSigmoid), "sigmoid");
  EXPECT_EQ(to_string(Activation::kRelu), "relu");
}

}  // namespace
}  // namespace unroll
