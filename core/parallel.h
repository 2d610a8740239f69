/// Threads: the one place that decides how many there are.
///
/// All parallelism is ours, by OpenMP; OpenBLAS is held to one thread (kernels/gemm.cpp), otherwise
/// its threads would multiply with these.
#pragma once

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

}  // namespace unroll
