#include "unroll/tools/lab/race/core_pin.h"

namespace unroll {

namespace {

/// The number of the index-th core of a set that has more than that.
int nth_core(const cpu_set_t& cores, std::size_t index) {
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores) && index-- == 0) return core;
  }
  return 0;
}

}  // namespace

CorePin::CorePin(std::size_t thread, std::size_t threads) {
  CPU_ZERO(&before_);
  // One thread is left alone: the kernel gives it the idlest core. 0 is the calling thread.
  if (threads == 1 || ::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  if (static_cast<std::size_t>(CPU_COUNT(&before_)) < threads) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(nth_core(before_, thread), &one);
  pinned_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
}

CorePin::~CorePin() {
  if (pinned_) ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace unroll
