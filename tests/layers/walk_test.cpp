#include "unroll/layers/walk.h"
#include "tests/support/conditions.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "unroll/core/processors.h"

namespace unroll {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSteps = 100;

RaggedShape one_row() {
  const std::size_t length[] = {kSteps};
  return RaggedShape(length);
}

/// Which positions a walk of one row visits, in the order of the visits.
std::vector<std::size_t> visited(WalkOrder order) {
  std::vector<std::size_t> positions;
  const RaggedShape shape = one_row();
  share_walk(shape, {0, kSteps}, order, 16, 16, [&](const WalkShare& share) {
    const Range chunk = share.positions;
    for (std::size_t k = 0; k < chunk.size(); ++k) {
      const bool ascends = order == WalkOrder::kAscending;
      positions.push_back(ascends ? chunk.begin + k : chunk.end - 1 - k);
    }
  });
  return positions;
}

class Walk : public testing::Test {
 protected:
  Walk() : before_(thread_count()) { set_thread_count(2); }
  ~Walk() override { set_thread_count(before_); }

 private:
  std::size_t before_;
};

TEST_F(Walk, OfFewRowsVisitsEveryPositionOnceInItsOrder) {
  const std::vector<std::size_t> up = visited(WalkOrder::kAscending);
  const std::vector<std::size_t> down = visited(WalkOrder::kDescending);
  ASSERT_EQ(up.size(), kSteps);
  ASSERT_EQ(down.size(), kSteps);
  for (std::size_t k = 0; k < kSteps; ++k) {
    EXPECT_EQ(up[k], k);
    EXPECT_EQ(down[k], kSteps - 1 - k);
  }
}

/// A helper needs some microseconds to wake up, and sleeps again while the caller walks alone.
TEST_F(Walk, AsksAgainForHelpersThatWereAsleepAtItsBeginning) {
  if (!test::has_two_free_processors()) GTEST_SKIP() << "a helper needs a processor of its own";
  const RaggedShape shape = one_row();
  int shared_in_a_row = 0;  // one may be shared by chance: its helper woke up in time
  for (const auto end = Clock::now() + 20s; shared_in_a_row < 20 && Clock::now() < end;) {
    std::this_thread::sleep_for(2ms);  // longer than a helper stays awake
    bool is_shared = false;
    share_walk(shape, {0, kSteps}, WalkOrder::kAscending, 32, 16, [&](const WalkShare& share) {
      for (std::size_t k = 0; k < share.positions.size(); ++k) {
        for (const auto step = Clock::now() + 20us; Clock::now() < step;) continue;
        share.finish_step();
      }
      if (share.units.begin == 0) is_shared = is_shared || share.team != nullptr;
    });
    shared_in_a_row = is_shared ? shared_in_a_row + 1 : 0;
  }
  EXPECT_EQ(shared_in_a_row, 20);
}

}  // namespace
}  // namespace unroll
