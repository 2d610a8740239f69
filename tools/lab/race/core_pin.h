/// A thread on a core of its own, for as long as that matters.
#pragma once

#include <sched.h>

#include <cstddef>

namespace unroll {

/// Holds the calling thread to the thread-th of the cores it may use, of at least `threads` that
/// there must be, and lets it go where it was before when it ends. Two threads that are started
/// together otherwise share a core until the kernel notices, which takes longer than a slice.
class CorePin {
 public:
  CorePin(std::size_t thread, std::size_t threads);
  ~CorePin();
  CorePin(const CorePin&) = delete;
  CorePin& operator=(const CorePin&) = delete;

 private:
  cpu_set_t before_;
  bool pinned_ = false;
};

}  // namespace unroll
