/// Threads: the one place that decides how many there are.
///
/// All parallelism is ours, by OpenMP; OpenBLAS is held to one thread (kernels/gemm.cpp), otherwise
/// its threads would multiply with these.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "unroll/core/range.h"

namespace unroll {

/// How many threads a parallel region gets: by default OMP_NUM_THREADS or the number of processors.
std::size_t thread_count() noexcept;
/// At least 1.
void set_thread_count(std::size_t count) noexcept;

/// Part `part` of `parts` nearly equal, contiguous parts of 0 .. count − 1, cut at multiples of
/// `multiple`.
Range part_of(std::size_t count, std::size_t part, std::size_t parts,
              std::size_t multiple = 1) noexcept;

/// A borrowed callable, valid for the duration of the call it is passed to.
template <typename Argument>
class FunctionRef {
 public:
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
  FunctionRef(F&& function)  // NOLINT(bugprone-forwarding-reference-overload)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Argument argument) {
          (*static_cast<std::remove_reference_t<F>*>(object))(argument);
        }) {}
  void operator()(Argument argument) const { call_(object_, argument); }

 private:
  void* object_;
  void (*call_)(void*, Argument);
};

/// Runs body(part) for part = 0 .. parts − 1, each on a thread of its own where there are enough.
/// An exception that a body throws reaches the caller (the first one, if several do). Inside
/// another parallel region it runs serially.
void parallel_parts(std::size_t parts, FunctionRef<std::size_t> body);

/// Cuts 0 .. count − 1 into one contiguous range per thread, none smaller than `grain` if that can
/// be helped, and runs body(range) on each. Results must not depend on where the cuts are.
void parallel_for(std::size_t count, std::size_t grain, FunctionRef<Range> body);

/// Threads that run side by side and wait for each other, as those of parallel_team do.
class Team {
 public:
  std::size_t index() const noexcept { return index_; }  ///< of this thread, from 0
  std::size_t size() const noexcept { return meeting_.size; }
  /// Returns when every thread of the team has called it: what they wrote before is then seen by
  /// all. Waits by spinning, and lets another job have the processor when that takes long.
  void meet();

  /// What a team shares.
  struct Meeting {
    const std::size_t size;
    std::atomic<std::size_t> arrived{0};
    std::atomic<std::size_t> count{0};  // of meetings
    std::atomic<bool> failed{false};
  };
  Team(Meeting& meeting, std::size_t index) : meeting_(meeting), index_(index) {}

 private:
  Meeting& meeting_;
  std::size_t index_;
};

/// Runs body(team) on at most so many threads at once; on one inside another parallel region. Every
/// thread must meet as often as the others. An exception that a body throws ends the others' next
/// meeting and reaches the caller.
void parallel_team(std::size_t most, FunctionRef<Team&> body);

}  // namespace unroll
