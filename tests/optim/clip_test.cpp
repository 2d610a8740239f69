#include "unroll/optim/clip.h"

#include <gtest/gtest.h>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"

namespace unroll {
namespace {

struct ClipTest : testing::Test {
  ClipTest() {
    zero_grad(both);
    a.grad[0] = 3;
    b.grad[0] = -4;
  }
  Parameter<double> a{"a", {1}};
  Parameter<double> b{"b", {2}};
  ParameterList<double> both{&a, &b};
};

TEST_F(ClipTest, NormIsOverAllParametersTogether) {
  EXPECT_EQ(gradient_norm(both), 5);
}

TEST_F(ClipTest, ByNormScalesAllToTheLimit) {
  EXPECT_EQ(clip_by_norm(both, 1), 5);
  EXPECT_NEAR(a.grad[0], 0.6, 1e-15);
  EXPECT_NEAR(b.grad[0], -0.8, 1e-15);
}

TEST_F(ClipTest, ByNormLeavesSmallGradientsAlone) {
  EXPECT_EQ(clip_by_norm(both, 5), 5);
  EXPECT_EQ(a.grad[0], 3);
}

TEST_F(ClipTest, ByNormOfZeroOnlyMeasures) {
  EXPECT_EQ(clip_by_norm(both, 0), 5);
  EXPECT_EQ(b.grad[0], -4);
}

TEST_F(ClipTest, ByValueCutsEachValue) {
  clip_by_value(both, 3.5);
  EXPECT_EQ(a.grad[0], 3);
  EXPECT_EQ(b.grad[0], -3.5);
}

TEST(GradientNorm, DoesNotDependOnTheNumberOfThreads) {
  Parameter<float> large("large", {1000003});
  large.make_grad();
  Random random(1, "g");
  for (float& g : large.grad.values()) g = static_cast<float>(random.normal());
  const std::size_t before = thread_count();
  set_thread_count(1);
  const double one = gradient_norm<float>({&large});
  set_thread_count(3);
  const double three = gradient_norm<float>({&large});
  set_thread_count(before);
  EXPECT_EQ(one, three);
}

}  // namespace
}  // namespace unroll
