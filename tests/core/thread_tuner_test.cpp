#include "unroll/core/thread_tuner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "unroll/core/random.h"

namespace unroll {
namespace {

/// A machine without clocks: what one turn of work 1 takes with so many threads, at a time.
using Seconds = std::function<double(std::size_t threads, double now)>;

struct Outcome {
  double seconds = 0;
  std::map<std::size_t, double> turns;  ///< by number of threads
  double share(std::size_t threads) const {
    double all = 0;
    for (const auto& [unused, count] : turns) all += count;
    const auto found = turns.find(threads);
    return found == turns.end() ? 0 : found->second / all;
  }
};

Outcome run(ThreadTuner& tuner, double seconds, const Seconds& turn, double begin = 0) {
  Outcome outcome;
  while (outcome.seconds < seconds) {
    const std::size_t threads = tuner.threads();
    const double took = turn(threads, begin + outcome.seconds);
    tuner.finished(1, took);
    outcome.seconds += took;
    ++outcome.turns[threads];
  }
  return outcome;
}

/// Steps of this many seconds on one thread; each thread more helps by this much.
Seconds scaling(double one, double help) {
  return [=](std::size_t threads, double) {
    return one / (1 + help * static_cast<double>(threads - 1));
  };
}

TEST(ThreadTuner, KeepsAllThreadsWhereTheyAreFasterAndTriesFewerSeldom) {
  for (double step : {2e-4, 3e-3, 0.3}) {
    ThreadTuner tuner(2);
    const Outcome alone = run(tuner, 200 * std::max(step, 0.01), scaling(step, 0.8));
    EXPECT_GT(alone.share(2), 0.96) << step;
  }
}

TEST(ThreadTuner, GoesDownToOneThreadWhereThatIsFaster) {
  ThreadTuner tuner(2);
  EXPECT_GT(run(tuner, 1, scaling(1e-4, -0.4)).share(1), 0.97);
}

TEST(ThreadTuner, FindsTheBestOfManyThreads) {
  ThreadTuner tuner(16);  // beyond four, every thread costs more than it brings
  const Seconds turn = [](std::size_t threads, double) {
    return threads <= 4 ? 4e-3 / static_cast<double>(threads)
                        : 1e-3 * (1 + 0.1 * static_cast<double>(threads - 4));
  };
  run(tuner, 1, turn);
  EXPECT_GT(run(tuner, 2, turn).share(4), 0.9);
}

TEST(ThreadTuner, UsesOneLessWhereOneOfManyIsBusy) {
  ThreadTuner tuner(16);
  const Seconds turn = [](std::size_t threads, double) {
    return threads == 16 ? 2e-3 : 16e-3 / static_cast<double>(threads);
  };
  run(tuner, 1, turn);
  EXPECT_GT(run(tuner, 2, turn).share(15), 0.9);
}

TEST(ThreadTuner, LeavesAThreadThatLosesItsProcessorAndComesBack) {
  ThreadTuner tuner(2);
  const Seconds quiet = scaling(3e-4, 0.7);
  // For 3 ms of every 6 the second thread does not run, and the step waits for it.
  const Seconds busy = [&](std::size_t threads, double now) {
    const double phase = now - 6e-3 * static_cast<double>(static_cast<long>(now / 6e-3));
    return threads == 1 || phase < 3e-3 ? quiet(threads, now) : 6e-3 - phase + 1e-4;
  };
  run(tuner, 1, quiet);
  const double one = 3e-4;
  const Outcome beside = run(tuner, 2, busy);
  double steps = 0;
  for (const auto& [unused, count] : beside.turns) steps += count;
  EXPECT_LT(beside.seconds / steps, 1.1 * one);
  run(tuner, 1.2, quiet);
  EXPECT_GT(run(tuner, 1, quiet).share(2), 0.9);
}

TEST(ThreadTuner, FindsTheBestWhereEachThreadMoreCostsLittle) {
  for (std::size_t most : {8U, 16U, 48U, 128U}) {
    ThreadTuner tuner(most);
    const Seconds turn = [](std::size_t threads, double) {
      return threads <= 4 ? 4e-3 / static_cast<double>(threads)
                          : 1e-3 * (1 + 0.03 * static_cast<double>(threads - 4));
    };
    run(tuner, 1, turn);
    EXPECT_GT(run(tuner, 2, turn).share(4), 0.9) << most;
  }
}

TEST(ThreadTuner, IsNotLedAstrayByAFewVeryLongTurns) {
  ThreadTuner tuner(2);
  Random random(1, "turns");
  const Seconds turn = [&](std::size_t threads, double) {
    return (random.uniform() < 0.01 ? 30 : 1) * (threads == 2 ? 1e-3 : 1.8e-3);
  };
  EXPECT_GT(run(tuner, 20, turn).share(2), 0.85);
}

TEST(ThreadTuner, CostsLittleWhereTurnsAreVeryLong) {
  ThreadTuner tuner(2);
  EXPECT_LT(run(tuner, 20, scaling(1.8, 0.8)).share(1), 0.1);
}

TEST(ThreadTuner, CostsLittleWhereTurnsAreOfVeryDifferentLength) {
  for (double length : {1e-3, 20e-3}) {
    ThreadTuner tuner(2);
    Random random(1, "turns");
    const Seconds turn = [&](std::size_t threads, double) {
      return (0.5 + random.uniform()) * (threads == 2 ? length : 1.7 * length);
    };
    EXPECT_GT(run(tuner, 3000 * length, turn).share(2), 0.93) << length;
  }
}

TEST(ThreadTuner, LimitsItsThreadWhileATurnLives) {
  const std::size_t before = thread_count();
  set_thread_count(2);
  ThreadTuner tuner(1);
  {
    const ThreadTuner::Turn turn(tuner, 1);
    EXPECT_EQ(thread_count(), 1U);
  }
  EXPECT_EQ(thread_count(), 2U);
  set_thread_count(before);
}

}  // namespace
}  // namespace unroll
