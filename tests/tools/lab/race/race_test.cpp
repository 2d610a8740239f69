#include "unroll/tools/lab/race/race.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/tools/lab/race/clock.h"

namespace unroll {
namespace {

TEST(Clock, IsThatOfAProcessor) {
  const double clock = measured_clock();
  EXPECT_GT(clock, 0);
  EXPECT_LT(clock, 20);
}

TEST(Clock, CountsInterruptions) {
  const long before = times_interrupted();
  EXPECT_GE(before, 0);
  EXPECT_GE(times_interrupted(), before);
}

TEST(RaceResult, GivesMediansPerRacer) {
  const RaceResult result({{{1, 2}, {10, 2}}, {{3, 2}, {12, 2}}, {{2, 2}, {11, 2}}});
  EXPECT_EQ(result.rounds(), 3U);
  EXPECT_EQ(result.clock(), 2);
  EXPECT_EQ(result.time(0).ns_per_element, 2);
  EXPECT_EQ(result.time(0).cycles_per_element, 4);
  EXPECT_EQ(result.time(1).ns_per_element, 11);
  EXPECT_EQ(result.time(1).slices, 3U);
}

TEST(RaceResult, ComparesWithinARound) {
  // The machine halves its speed in the second round, and the ratio does not care.
  const RaceResult result({{{1, 2}, {3, 2}}, {{2, 2}, {6, 2}}, {{1, 2}, {3, 2}}});
  EXPECT_EQ(result.ratio(1, 0).median, 3);
  EXPECT_EQ(result.ratio(1, 0).low, 3);
  EXPECT_EQ(result.ratio(0, 1).high, 1.0 / 3);
  EXPECT_EQ(result.ratio(0, 0).median, 1);
}

TEST(RaceResult, DropsASliceBesideASlowClock) {
  const RaceResult result({{{1, 2}, {3, 2}}, {{9, 1.8}, {3, 2}}, {{1, 1.92}, {3, 1.95}}});
  EXPECT_EQ(result.time(0).slices, 2U);
  EXPECT_EQ(result.time(0).ns_per_element, 1);
  EXPECT_EQ(result.time(1).slices, 3U);
  EXPECT_EQ(result.undisturbed(), 5.0 / 6);
  EXPECT_EQ(result.ratio(1, 0).low, 3);  // 3 / 9 is not among them
}

TEST(RaceConditions, KeepTheFastestClockAndTheLeastQuietOfAllRaces) {
  RaceConditions conditions;
  EXPECT_EQ(conditions.undisturbed, 1);
  conditions.add(RaceResult({{{1, 2}, {9, 1.8}}, {{1, 2}, {3, 2}}}));
  conditions.add(RaceResult({{{1, 3}, {3, 3}}}));
  EXPECT_EQ(conditions.clock, 3);
  EXPECT_EQ(conditions.undisturbed, 0.75);
  conditions.add({.disagreeing = {"who"}, .clock = 1, .undisturbed = 0.5});
  EXPECT_EQ(conditions.clock, 3);
  EXPECT_EQ(conditions.undisturbed, 0.5);
  EXPECT_EQ(conditions.disagreeing, (std::vector<std::string>{"who"}));
}

TEST(RaceResult, DropsASliceWhoseThreadHadNoCore) {
  const RaceResult result({{{1, 2}, {3, 2}}, {{9, 2, 0.5}, {3, 2}}, {{1, 2, 0.99}, {3, 2}}});
  EXPECT_EQ(result.time(0).slices, 2U);
  EXPECT_EQ(result.ratio(1, 0).low, 3);
}

TEST(RaceResult, UsesAllSlicesOfARacerThatHasNoQuietOne) {
  const RaceResult result({{{1, 2}, {5, 1}}, {{1, 2}, {7, 1}}});
  EXPECT_EQ(result.time(1).slices, 0U);
  EXPECT_EQ(result.time(1).ns_per_element, 6);
  EXPECT_EQ(result.ratio(1, 0).median, 6);
}

RaceSettings short_race(std::size_t threads) {
  return {.threads = threads, .seconds = 0, .least_rounds = 3, .longest_slice = 1e-5};
}

TEST(Race, LetsEveryThreadDoItsPart) {
  std::mutex mutex;
  std::set<std::size_t> seen;
  const auto pass = [&](std::size_t thread) {
    const std::lock_guard lock(mutex);
    seen.insert(thread);
  };
  const RaceResult result = race({{pass, 100, false}}, short_race(3));
  EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 2}));
  EXPECT_EQ(result.rounds(), 3U);
  EXPECT_GT(result.time(0).ns_per_element, 0);
  EXPECT_GT(result.clock(), 0);
}

TEST(Race, LeavesTheCallerOnTheCoresItMayUse) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  race({{[](std::size_t) {}, 1, false}}, short_race(2));
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Race, LeavesThreadsToARacerThatHasItsOwn) {
  std::atomic<std::size_t> others = 0;
  const auto pass = [&](std::size_t thread) { others += thread; };
  race({{pass, 1, true}}, short_race(2));
  EXPECT_EQ(others, 0U);
}

TEST(Race, GivesEveryRacerATurnInEveryRound) {
  std::array<int, 2> passes{};
  race({{[&](std::size_t) { ++passes[0]; }, 1, false},
        {[&](std::size_t) { ++passes[1]; }, 1, false}},
       short_race(1));
  EXPECT_GE(passes[0], 3);
  EXPECT_GE(passes[1], 3);
}

TEST(Race, RefusesNothing) {
  const Racer racer{[](std::size_t) {}, 1, false};
  EXPECT_THROW(race({}, {}), UsageError);
  EXPECT_THROW(race({racer}, {.threads = 0}), UsageError);
  EXPECT_THROW(race({racer}, {.least_rounds = 0}), UsageError);
}

TEST(Race, CountsItsPassesAnewWhereTheFirstWereDisturbed) {
  std::size_t calls = 0;
  const auto slow_at_first = [&](std::size_t) {
    if (++calls < 5) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  RaceSettings settings;
  settings.least_rounds = 10;
  settings.seconds = 0.02;
  race({{slow_at_first, 1}}, settings);
  EXPECT_GT(calls, 1000U);  // of some nanoseconds in slices of two milliseconds; else some twenty
}

}  // namespace
}  // namespace unroll
