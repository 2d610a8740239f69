/// Threads: the one place that decides how many there are, and the ways to use them.
///
/// The process has one budget, thread_count(): a caller and thread_count() − 1 helpers, which all
/// callers share. So however many threads of a program call at once, at most callers +
/// thread_count() − 1 threads are busy. The caller does the work in which no helper takes part
/// because it is busy, asleep or without a processor. Results never depend on who did what.
///
/// Everything here may be called from any thread, and in a forked child, whatever its parent did
/// with this library. (A child's own OpenMP regions are OpenMP's matter: libgomp's hang where the
/// parent has used some.) OpenBLAS makes no threads (kernels/openblas.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "unroll/core/function_ref.h"
#include "unroll/core/range.h"

namespace unroll {

/// The most that --threads and set_thread_count take.
inline constexpr std::size_t kMostThreads = 1024;  // 1 + helpers that ThreadPool has room for

/// How many threads the calling thread's work may use now: the process's count, or fewer within a
/// ThreadLimit; 1 inside work that threads share. By default the process has OMP_NUM_THREADS,
/// otherwise usable_processors() (unroll/core/processors.h).
std::size_t thread_count() noexcept;
/// Sets the process's count, for all its threads; it lies between 1 and kMostThreads. Work that is
/// being done keeps the count with which it began.
void set_thread_count(std::size_t count) noexcept;

/// While a ThreadLimit lives, work of the calling thread uses at most this many threads.
class ThreadLimit {
 public:
  explicit ThreadLimit(std::size_t most) noexcept;
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  std::size_t before_;
};

/// Part `part` of `parts` nearly equal, contiguous parts of 0 .. count − 1, cut at multiples of
/// `multiple`.
Range part_of(std::size_t count, std::size_t part, std::size_t parts,
              std::size_t multiple = 1) noexcept;

/// Runs body(part) for part = 0 .. parts − 1, once each, on up to thread_count() threads: whoever
/// is free takes the next one, and with parts for all of them the same thread as the last time, if
/// it can. An exception that a body throws reaches the caller (one of them, if several do); of the
/// other parts some may not have run then.
void parallel_parts(std::size_t parts, FunctionRef<std::size_t> body);

/// Cuts 0 .. count − 1 into contiguous ranges, none smaller than `grain` if that can be helped, and
/// runs body(range) on each. Results must not depend on where the cuts are.
void parallel_for(std::size_t count, std::size_t grain, FunctionRef<Range> body);

/// Cuts 0 .. count − 1 into one range for each thread, at multiples of `multiple`, and runs
/// body(range) on each: for work whose ranges a thread should meet again, since they are in its
/// cache. Results must not depend on where the cuts are.
void parallel_shares(std::size_t count, std::size_t multiple, FunctionRef<Range> body);

/// The threads of parallel_team, which run side by side and wait for each other.
class Team {
 public:
  std::size_t index() const noexcept { return index_; }  ///< of this thread, from 0
  std::size_t size() const noexcept;
  /// Returns when every thread of the team has called it: what they wrote before is then seen by
  /// all. Waits by spinning for microseconds, then asleep.
  void meet();

  struct Meeting;  ///< what a team shares
  Team(Meeting& meeting, std::size_t index) : meeting_(meeting), index_(index) {}

 private:
  Meeting& meeting_;
  std::size_t index_;
};

/// Helpers that are awake join a team within this time, or within it after one another.
inline constexpr std::chrono::microseconds kJoinTime{2};

/// Runs body(team) on at most this many threads at once. Only threads that answer in time take
/// part, so nobody waits for a thread that does not run. Every thread must meet as often as the
/// others. An exception that a body throws ends the others' next meeting and reaches the caller. A
/// helper that sleeps needs some 50 us to wake up; a longer `patience` waits for it.
void parallel_team(std::size_t most, FunctionRef<Team&> body,
                   std::chrono::nanoseconds patience = kJoinTime);

}  // namespace unroll
