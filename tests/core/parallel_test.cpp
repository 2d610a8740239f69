#include "unroll/core/parallel.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace unroll {
namespace {

/// More threads than this machine may have processors, and the old number again afterwards.
class Parallel : public testing::Test {
 protected:
  Parallel() : before_(thread_count()) { set_thread_count(4); }
  ~Parallel() override { set_thread_count(before_); }

 private:
  std::size_t before_;
};

TEST_F(Parallel, ThreadCountIsAtLeastOne) {
  set_thread_count(0);
  EXPECT_EQ(thread_count(), 1U);
  set_thread_count(3);
  EXPECT_EQ(thread_count(), 3U);
}

TEST(PartOf, CoversTheRangeExactlyOnce) {
  for (std::size_t count : {0U, 1U, 2U, 7U, 64U, 100U, 1001U}) {
    for (std::size_t parts : {1U, 2U, 3U, 8U, 200U}) {
      for (std::size_t multiple : {1U, 4U, 16U}) {
        std::size_t next = 0;
        for (std::size_t part = 0; part < parts; ++part) {
          const Range range = part_of(count, part, parts, multiple);
          ASSERT_EQ(range.begin, next);
          ASSERT_LE(range.begin, range.end);
          ASSERT_TRUE(range.end == count || range.end % multiple == 0);
          next = range.end;
        }
        ASSERT_EQ(next, count) << parts << " parts, multiple " << multiple;
      }
    }
  }
}

TEST(PartOf, IsNearlyEqual) {
  for (std::size_t part = 0; part < 7; ++part) {
    const std::size_t size = part_of(100, part, 7).size();
    EXPECT_TRUE(size == 14 || size == 15) << size;
  }
}

TEST_F(Parallel, PartsRunExactlyOnceEach) {
  for (std::size_t parts : {0U, 1U, 2U, 3U, 4U, 5U, 100U}) {
    std::vector<std::atomic<int>> runs(parts);
    parallel_parts(parts, [&](std::size_t part) { ++runs[part]; });
    for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST_F(Parallel, PartsRunOnThreadsOfTheirOwn) {
  std::vector<int> thread(4);
  parallel_parts(4, [&](std::size_t part) { thread[part] = omp_get_thread_num(); });
  EXPECT_EQ(thread, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(Parallel, ForCoversTheRangeExactlyOnce) {
  for (std::size_t count : {0U, 1U, 3U, 17U, 1000U}) {
    for (std::size_t grain : {0U, 1U, 5U, 5000U}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_for(count, grain, [&](Range range) {
        for (std::size_t i = range.begin; i < range.end; ++i) ++visits[i];
      });
      for (const std::atomic<int>& visit : visits) EXPECT_EQ(visit, 1);
    }
  }
}

TEST_F(Parallel, ForCutsNothingSmallerThanTheGrain) {
  for (std::size_t count : {1U, 99U, 100U, 199U, 200U, 350U}) {
    parallel_for(count, 100, [&](Range range) {
      EXPECT_TRUE(range.size() >= 100 || count < 100) << range.size() << " of " << count;
    });
  }
}

TEST_F(Parallel, AnExceptionReachesTheCallerAsWhatItIs) {
  for (std::size_t threads : {1U, 4U}) {
    set_thread_count(threads);
    const auto run = [] {
      parallel_parts(8, [](std::size_t part) {
        if (part == 5) throw std::out_of_range("part 5");
      });
    };
    EXPECT_THROW(run(), std::out_of_range);
  }
}

TEST_F(Parallel, OneOfSeveralExceptionsReachesTheCaller) {
  const auto run = [] { parallel_parts(8, [](std::size_t) { throw std::runtime_error("all"); }); };
  EXPECT_THROW(run(), std::runtime_error);
}

TEST_F(Parallel, NestedRegionsRunSerially) {
  std::atomic<int> runs = 0;
  std::atomic<int> elsewhere = 0;
  parallel_parts(4, [&](std::size_t) {
    const int outer = omp_get_ancestor_thread_num(1);
    parallel_parts(3, [&](std::size_t) {
      ++runs;
      if (omp_get_level() != 1 || omp_get_thread_num() != outer) ++elsewhere;
    });
  });
  EXPECT_EQ(runs, 12);
  EXPECT_EQ(elsewhere, 0);
}

TEST_F(Parallel, NestedExceptionsReachTheOuterCaller) {
  const auto inner = [](std::size_t) { throw std::logic_error("inner"); };
  const auto run = [&] { parallel_parts(4, [&](std::size_t) { parallel_parts(2, inner); }); };
  EXPECT_THROW(run(), std::logic_error);
}

TEST_F(Parallel, ATeamsThreadsSeeWhatTheOthersWroteBeforeTheyMet) {
  for (std::size_t most : {1U, 2U, 3U, 4U, 9U}) {
    std::vector<std::size_t> written(4, 0);
    std::atomic<bool> wrong{false};
    std::atomic<std::size_t> members{0};
    parallel_team(most, [&](Team& team) {
      ++members;
      for (std::size_t round = 1; round <= 200; ++round) {
        written[team.index()] = round;
        team.meet();
        for (std::size_t k = 0; k < team.size(); ++k) wrong = wrong || written[k] != round;
        team.meet();
      }
    });
    EXPECT_FALSE(wrong);
    EXPECT_EQ(members, std::min<std::size_t>(most, 4));
  }
}

TEST_F(Parallel, AnExceptionEndsATeamThatWaits) {
  EXPECT_THROW(parallel_team(4,
                             [](Team& team) {
                               team.meet();
                               if (team.index() == 1) throw std::runtime_error("one is lost");
                               team.meet();
                               team.meet();
                             }),
               std::runtime_error);
}

TEST_F(Parallel, ATeamWithinARegionIsOfOne) {
  std::atomic<std::size_t> sizes{0};
  parallel_parts(2, [&](std::size_t) {
    parallel_team(4, [&](Team& team) {
      team.meet();
      sizes += team.size();
    });
  });
  EXPECT_EQ(sizes, 2U);
}

}  // namespace
}  // namespace unroll
