#include "unroll/core/memory_plan.h"

#include <gtest/gtest.h>

#include <vector>

namespace unroll {
namespace {

/// Two buffers in two parts.
struct Buffers {
  Tensor<float> x;
  Tensor<double> y;
  std::vector<int> ids;

  void plan(MemoryPlan& plan) {
    plan.begin_part("first");
    plan.add(x, {3, 5});
    plan.begin_part("second");
    plan.add(y, {7});
    plan.begin_part("first");
    plan.add(ids, 11);
  }
};

TEST(MemoryPlan, AddsUpPartsInTheOrderInWhichTheyBegan) {
  Buffers buffers;
  MemoryPlan plan;
  buffers.plan(plan);
  ASSERT_EQ(plan.parts().size(), 2);
  EXPECT_EQ(plan.parts()[0].name, "first");
  EXPECT_EQ(plan.bytes("first"), 15 * sizeof(float) + 11 * sizeof(int));
  EXPECT_EQ(plan.bytes("second"), 7 * sizeof(double));
  EXPECT_EQ(plan.bytes("third"), 0);
  EXPECT_EQ(plan.total(), plan.bytes("first") + plan.bytes("second"));
}

TEST(MemoryPlan, ThatCountsLeavesBuffersAsTheyAre) {
  Buffers buffers;
  MemoryPlan plan;
  buffers.plan(plan);
  EXPECT_EQ(buffers.x.data(), nullptr);
  EXPECT_EQ(buffers.ids.capacity(), 0);
}

TEST(MemoryPlan, ThatReservesGivesThemTheirMemoryAndNoElements) {
  Buffers buffers;
  MemoryPlan plan(MemoryPlan::Mode::kReserve);
  buffers.plan(plan);
  const float* data = buffers.x.data();
  EXPECT_NE(data, nullptr);
  EXPECT_TRUE(buffers.x.empty());
  EXPECT_TRUE(buffers.ids.empty());
  EXPECT_EQ(buffers.ids.capacity(), 11);
  buffers.x.resize({5, 3});
  EXPECT_EQ(buffers.x.data(), data);
}

}  // namespace
}  // namespace unroll
