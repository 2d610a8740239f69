#include "unroll/core/parallel.h"
#include "tests/support/conditions.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "unroll/core/processors.h"

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

using ThreadCount = Parallel;
using ParallelParts = Parallel;
using ParallelTeam = Parallel;
using Fork = Parallel;

/// How many calls of `enter` have not left yet, and the most there ever were.
class Crowd {
 public:
  void enter() {
    const std::size_t now = ++inside_;
    for (std::size_t most = most_; most < now && !most_.compare_exchange_weak(most, now);) {
    }
  }
  void leave() { --inside_; }
  std::size_t most() const { return most_; }

 private:
  std::atomic<std::size_t> inside_{0}, most_{0};
};

TEST_F(ThreadCount, IsAtLeastOneAndAtMostTheLimit) {
  set_thread_count(0);
  EXPECT_EQ(thread_count(), 1U);
  set_thread_count(3);
  EXPECT_EQ(thread_count(), 3U);
  set_thread_count(1'000'000);
  EXPECT_EQ(thread_count(), kMostThreads);
}

TEST_F(ThreadCount, IsTheProcesssAlsoForThreadsThatAreMadeLater) {
  set_thread_count(3);
  std::size_t elsewhere = 0;
  std::thread([&] { elsewhere = thread_count(); }).join();
  EXPECT_EQ(elsewhere, 3U);
}

TEST_F(ThreadCount, ALimitHoldsForItsThreadAndItsLife) {
  std::size_t elsewhere = 0;
  {
    const ThreadLimit two(2);
    EXPECT_EQ(thread_count(), 2U);
    {
      const ThreadLimit more(8);
      EXPECT_EQ(thread_count(), 2U);
    }
    std::thread([&] { elsewhere = thread_count(); }).join();
  }
  EXPECT_EQ(elsewhere, 4U);
  EXPECT_EQ(thread_count(), 4U);
}

TEST_F(ThreadCount, IsOneInsideParallelWork) {
  std::atomic<std::size_t> most{0};
  parallel_parts(4, [&](std::size_t) { most = std::max(most.load(), thread_count()); });
  EXPECT_EQ(most, 1U);
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

TEST_F(ParallelParts, RunExactlyOnceEach) {
  for (std::size_t limit : {1U, 2U, 4U}) {
    const ThreadLimit threads(limit);
    for (std::size_t parts : {0U, 1U, 2U, 3U, 4U, 5U, 63U, 64U, 65U, 256U, 1000U}) {
      std::vector<std::atomic<int>> runs(parts);
      parallel_parts(parts, [&](std::size_t part) { ++runs[part]; });
      for (const std::atomic<int>& count : runs) ASSERT_EQ(count, 1) << parts;
    }
  }
}

TEST_F(ParallelParts, RunSideBySideAlsoWhenThereWereFewerThreadsBefore) {
  set_thread_count(2);
  parallel_parts(2, [](std::size_t) {});
  set_thread_count(4);
  std::barrier all(4);  // which no thread passes before all have come
  parallel_parts(4, [&](std::size_t) { all.arrive_and_wait(); });
}

TEST_F(ParallelParts, RunOnNoMoreThreadsThanTheLimit) {
  const ThreadLimit two(2);
  Crowd crowd;
  parallel_parts(100, [&](std::size_t) {
    crowd.enter();
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    crowd.leave();
  });
  EXPECT_LE(crowd.most(), 2U);
}

TEST_F(ParallelParts, OfManyCallersShareOneBudget) {
  constexpr std::size_t kCallers = 8;
  set_thread_count(3);
  Crowd crowd;
  std::atomic<std::size_t> done{0};
  std::vector<std::thread> callers;
  for (std::size_t k = 0; k < kCallers; ++k) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        parallel_parts(6, [&](std::size_t) {
          crowd.enter();
          std::this_thread::sleep_for(std::chrono::microseconds(20));
          ++done;
          crowd.leave();
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done, kCallers * 50 * 6);
  EXPECT_LE(crowd.most(), kCallers + 2);
}

TEST_F(ParallelParts, ThatFinishWhileTheCountChanges) {
  std::atomic<bool> is_over = false;
  std::thread changing([&] {
    for (std::size_t k = 0; !is_over; ++k) set_thread_count(1 + k % 5);
  });
  std::atomic<std::size_t> done{0};
  for (int round = 0; round < 300; ++round) parallel_parts(7, [&](std::size_t) { ++done; });
  is_over = true;
  changing.join();
  EXPECT_EQ(done, 300U * 7);
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

TEST_F(Parallel, SharesAreOneForEachThreadAndCutAtTheMultiple) {
  std::vector<std::atomic<int>> visits(1003);
  std::atomic<std::size_t> ranges{0};
  parallel_shares(visits.size(), 16, [&](Range range) {
    ++ranges;
    EXPECT_EQ(range.begin % 16, 0U);
    for (std::size_t i = range.begin; i < range.end; ++i) ++visits[i];
  });
  EXPECT_EQ(ranges, 4U);
  for (const std::atomic<int>& visit : visits) EXPECT_EQ(visit, 1);
}

TEST_F(ParallelParts, AnExceptionReachesTheCallerAsWhatItIs) {
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

TEST_F(ParallelParts, OneOfSeveralExceptionsReachesTheCaller) {
  const auto run = [] { parallel_parts(8, [](std::size_t) { throw std::runtime_error("all"); }); };
  EXPECT_THROW(run(), std::runtime_error);
}

TEST_F(ParallelParts, NestedOnesRunOnTheThreadThatCallsThem) {
  std::atomic<int> runs = 0, elsewhere = 0;
  parallel_parts(4, [&](std::size_t) {
    const auto outer = std::this_thread::get_id();
    parallel_parts(3, [&](std::size_t) {
      ++runs;
      if (std::this_thread::get_id() != outer) ++elsewhere;
    });
  });
  EXPECT_EQ(runs, 12);
  EXPECT_EQ(elsewhere, 0);
}

TEST_F(ParallelParts, NestedExceptionsReachTheOuterCaller) {
  const auto inner = [](std::size_t) { throw std::logic_error("inner"); };
  const auto run = [&] { parallel_parts(4, [&](std::size_t) { parallel_parts(2, inner); }); };
  EXPECT_THROW(run(), std::logic_error);
}

TEST_F(ParallelTeam, SeesWhatTheOthersWroteBeforeTheyMet) {
  for (std::size_t most : {1U, 2U, 3U, 4U, 9U}) {
    std::vector<std::size_t> written(4, 0);
    std::atomic<bool> wrong{false};
    std::atomic<std::size_t> members{0}, size{0};
    parallel_team(most, [&](Team& team) {
      ++members;
      size = team.size();
      for (std::size_t round = 1; round <= 200; ++round) {
        written[team.index()] = round;
        team.meet();
        for (std::size_t k = 0; k < team.size(); ++k) wrong = wrong || written[k] != round;
        team.meet();
      }
    });
    EXPECT_FALSE(wrong);
    EXPECT_EQ(members, size);
    EXPECT_LE(members, std::min<std::size_t>(most, 4));
  }
}

/// Calls until it says that it is done, for some seconds: a helper may have to wait for a
/// processor.
bool comes_true(const std::function<bool()>& is_done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (is_done()) return true;
  }
  return false;
}

TEST_F(ParallelTeam, HasMoreThanOneThreadWhereHelpersAreAwake) {
  std::size_t largest = 0;
  EXPECT_TRUE(comes_true([&] {
    parallel_team(4, [&](Team& team) {
      if (team.index() == 0) largest = team.size();
    });
    return largest > 1;
  }));
}

/// Runs two parts of some hundred microseconds; says whether a helper took one, with the caller's
/// set of processors.
bool is_helped() {
  const auto caller = std::this_thread::get_id();
  cpu_set_t own;
  ::sched_getaffinity(0, sizeof own, &own);
  std::atomic<bool> helped{false};
  parallel_parts(2, [&](std::size_t) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(300);
    while (std::chrono::steady_clock::now() < end) continue;
    cpu_set_t here;
    ::sched_getaffinity(0, sizeof here, &here);
    if (std::this_thread::get_id() != caller) helped = CPU_EQUAL(&own, &here) != 0;
  });
  return helped;
}

/// Both sleep between the calls. Without avoiding its processor Linux lets the helper wait for the
/// caller on many virtual machines.
TEST_F(ParallelParts, HelpACallerThatSleptToo) {
  if (!test::has_two_free_processors()) GTEST_SKIP() << "a helper needs a processor of its own";
  set_thread_count(2);
  int in_a_row = 0;
  EXPECT_TRUE(comes_true([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    in_a_row = is_helped() ? in_a_row + 1 : 0;
    return in_a_row == 20;
  }));
}

TEST_F(ParallelTeam, EndsWhenOneThreadThrows) {
  std::size_t lost = 0;
  const auto lose_one = [] {
    parallel_team(4, [](Team& team) {
      team.meet();
      if (team.index() == 1) throw std::runtime_error("one is lost");
      team.meet();
      team.meet();
    });
  };
  EXPECT_TRUE(comes_true([&] {
    try {
      lose_one();
    } catch (const std::runtime_error&) {
      ++lost;
    }
    return lost == 20;
  }));
}

TEST_F(ParallelTeam, ThrowsWhatTheCallersOwnThreadThrows) {
  const auto run = [] { parallel_team(4, [](Team&) { throw std::out_of_range("all"); }); };
  EXPECT_THROW(run(), std::out_of_range);
}

TEST_F(ParallelTeam, WithinPartsIsOfOne) {
  std::atomic<std::size_t> sizes{0};
  parallel_parts(2, [&](std::size_t) {
    parallel_team(4, [&](Team& team) {
      team.meet();
      sizes += team.size();
    });
  });
  EXPECT_EQ(sizes, 2U);
}

/// Whether `work` ends in a forked child, within seconds.
bool ends_in_a_child(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

bool all_parts_run() {
  std::vector<std::atomic<int>> runs(100);
  std::barrier all(4);
  parallel_parts(runs.size(), [&](std::size_t part) { ++runs[part]; });
  parallel_parts(4, [&](std::size_t) { all.arrive_and_wait(); });
  parallel_team(4, [&](Team& team) { team.meet(); });
  return std::ranges::all_of(runs, [](const auto& count) { return count == 1; });
}

TEST_F(Fork, AChildHasThreadsOfItsOwnBeforeAndAfterItsParentHas) {
  set_thread_count(1);
  parallel_parts(2, [](std::size_t) {});
  set_thread_count(4);
  EXPECT_TRUE(ends_in_a_child(all_parts_run));
  EXPECT_TRUE(all_parts_run());
  EXPECT_TRUE(ends_in_a_child(all_parts_run));
  EXPECT_TRUE(ends_in_a_child([] { return ends_in_a_child(all_parts_run) && all_parts_run(); }));
  EXPECT_TRUE(all_parts_run());
}

TEST_F(Fork, AChildHasThreadsAlsoWhileOthersOfItsParentAreAtWork) {
  std::atomic<bool> is_over = false;
  std::thread busy([&] {
    while (!is_over) parallel_parts(4, [](std::size_t) {});
  });
  for (int round = 0; round < 20; ++round) EXPECT_TRUE(ends_in_a_child(all_parts_run));
  is_over = true;
  busy.join();
}

}  // namespace
}  // namespace unroll
