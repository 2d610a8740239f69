#include "unroll/core/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/core/parameter.h"

namespace unroll {
namespace {

template <typename Real>
Tensor<Real> counted(const Shape& shape) {
  Tensor<Real> tensor(shape);
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<Real>(i);
  return tensor;
}

template <typename Real>
class TensorOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(TensorOf, Reals);

TYPED_TEST(TensorOf, BeginsWithZeros) {
  const Tensor<TypeParam> tensor({3, 5});
  EXPECT_TRUE(std::ranges::all_of(tensor.values(), [](TypeParam x) { return x == 0; }));
}

TYPED_TEST(TensorOf, IsAlignedToACacheLine) {
  for (std::size_t size : {1U, 7U, 64U, 1000U}) {
    const Tensor<TypeParam> tensor(Shape{size});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % kAlignment, 0U);
  }
}

TYPED_TEST(TensorOf, CopiesItsElements) {
  const Tensor<TypeParam> original = counted<TypeParam>({2, 3});
  Tensor<TypeParam> copy = original;
  copy[0] = 9;
  EXPECT_EQ(original[0], 0);
  EXPECT_EQ(copy[5], 5);
  EXPECT_EQ(copy.shape(), (Shape{2, 3}));
}

TYPED_TEST(TensorOf, MayBeAssignedToItself) {
  Tensor<TypeParam> tensor = counted<TypeParam>({2, 3});
  Tensor<TypeParam>& same = tensor;
  tensor = same;
  EXPECT_EQ(tensor[5], 5);
  tensor = std::move(same);
  EXPECT_EQ(tensor[5], 5);
}

TYPED_TEST(TensorOf, IsEmptyAndUsableAfterAMove) {
  Tensor<TypeParam> from = counted<TypeParam>({2, 3});
  const Tensor<TypeParam> to = std::move(from);
  EXPECT_EQ(to[5], 5);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  from.resize({2, 2});
  from.fill(1);
  EXPECT_EQ(from[3], 1);
}

TYPED_TEST(TensorOf, KeepsItsMemoryWhenItShrinksAndGrowsBack) {
  Tensor<TypeParam> tensor({8, 8});
  const TypeParam* memory = tensor.data();
  tensor.resize({2, 3});
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  tensor.resize({4, 16});
  EXPECT_EQ(tensor.data(), memory);
}

TYPED_TEST(TensorOf, GrowsWhenItMust) {
  Tensor<TypeParam> tensor({2});
  tensor.resize({1000});
  tensor.fill(3);
  EXPECT_EQ(tensor[999], 3);
}

TYPED_TEST(TensorOf, MayBeEmpty) {
  Tensor<TypeParam> tensor;
  tensor.fill(1);
  const Tensor<TypeParam> copy = tensor;
  EXPECT_TRUE(copy.empty());
  EXPECT_TRUE(copy.matrix().empty());
  EXPECT_TRUE(Tensor<TypeParam>({0, 4}).values().empty());
}

TEST(Tensor, OfManyMegabytesIsZeroAndAlignedEachTime) {
  const Shape shape{(std::size_t{5} << 20) / sizeof(float) + 3};
  for (int time = 0; time < 3; ++time) {
    Tensor<float> tensor(shape);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % kAlignment, 0u);
    EXPECT_TRUE(std::ranges::all_of(tensor.values(), [](float value) { return value == 0; }));
    tensor.fill(1);
    Tensor<float> other = std::move(tensor);
    tensor = other;
    EXPECT_EQ(tensor[shape.size() - 1], 1);
    other.resize({2});
    other = Tensor<float>(shape);
    EXPECT_EQ(other[0], 0);
  }
}

TEST(TensorMatrix, TakesAllButTheLastDimensionAsRows) {
  Tensor<float> tensor({2, 3, 4});
  EXPECT_EQ(tensor.matrix().shape(), (Shape{6, 4}));
  EXPECT_EQ(Tensor<float>(Shape{5}).matrix().shape(), (Shape{1, 5}));
}

TEST(MatrixView, SeesRowsAndColumns) {
  Tensor<float> tensor = counted<float>({4, 5});
  const MatrixView<float> matrix = tensor.matrix();
  EXPECT_EQ(matrix(2, 3), 13);
  EXPECT_EQ(matrix.row(1)[4], 9);
  const MatrixView<float> window = matrix.row_range(1, 2).column_range(2, 3);
  EXPECT_EQ(window.shape(), (Shape{2, 3}));
  EXPECT_EQ(window.stride(), 5U);
  EXPECT_EQ(window(1, 2), 14);
  window(0, 0) = 100;
  EXPECT_EQ(tensor[7], 100);
}

TEST(MatrixView, ConvertsToReadingButNotBack) {
  EXPECT_TRUE((std::is_convertible_v<MatrixView<float>, MatrixView<const float>>));
  EXPECT_FALSE((std::is_convertible_v<MatrixView<const float>, MatrixView<float>>));
}

TEST(Parameter, HasAGradientOfItsShapeFromItsFirstNeedOn) {
  Parameter<float> U("rnn.0.forward.U", {4, 3});
  Parameter<float> b("rnn.0.forward.b", {4});
  EXPECT_EQ(count_values<float>({&U, &b}), 16U);
  EXPECT_TRUE(U.grad.empty()) << "who only predicts needs none";
  zero_grad<float>({&U});
  EXPECT_EQ(U.grad.shape(), U.value.shape());
  for (float g : U.grad.values()) EXPECT_EQ(g, 0);
  U.grad.fill(1);
  U.make_grad();
  EXPECT_EQ(U.grad[0], 1) << "there was one";
  free_grad<float>({&U});
  EXPECT_TRUE(U.grad.empty());
}

TEST(Parameter, PlansAGradientUnlessItIsFrozen) {
  Parameter<float> E("E", {100, 2}), W("W", {4, 4});
  const auto gradients = [&] {
    MemoryPlan plan;
    plan_parameters<float>({&E, &W}, plan);
    return plan.bytes("gradients");
  };
  const std::size_t all = gradients();
  EXPECT_GE(all, (E.value.size() + W.value.size()) * sizeof(float));
  E.frozen = true;
  EXPECT_LE(gradients(), all - E.value.size() * sizeof(float));
}

TEST(Parameter, GradientsAreClearedWhereTheyWereTouched) {
  Parameter<float> E("E", {3, 2});
  E.make_grad();
  E.grad.fill(1);
  zero_grad<float>({&E});
  EXPECT_EQ(E.grad[5], 0) << "nobody had said which rows";
  E.grad.fill(1);
  E.touched.add(std::vector<std::int32_t>{2, 0});
  zero_grad<float>({&E});
  EXPECT_EQ(E.grad[0], 0);
  EXPECT_EQ(E.grad[5], 0);
  EXPECT_EQ(E.grad[2], 1) << "not written to";
  EXPECT_TRUE(E.touched.all());
}

TEST(Parameter, GradientsAreClearedTogether) {
  Parameter<double> U("U", {2});
  Parameter<double> V("V", {1});
  U.make_grad();
  V.make_grad();
  U.grad.fill(1);
  V.grad.fill(2);
  zero_grad<double>({&U, &V});
  EXPECT_EQ(U.grad[1], 0);
  EXPECT_EQ(V.grad[0], 0);
}

TEST(Tensor, IsFiniteUnlessAnElementIsNot) {
  Tensor<float> x({3, 7});
  EXPECT_TRUE(is_finite(x));
  x.fill(-std::numeric_limits<float>::max());
  EXPECT_TRUE(is_finite(x));
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(is_finite(x));
    x[k] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(is_finite(x));
    x[k] = 0;
  }
  EXPECT_TRUE(is_finite(Tensor<double>()));
}

}  // namespace
}  // namespace unroll
