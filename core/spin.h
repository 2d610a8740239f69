/// Waiting for another thread: by spinning for some microseconds, since that is how soon a running
/// thread answers, then asleep, since one that does not answer has lost its processor to somebody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace unroll {

/// Tells the processor that this is a loop that waits.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Spins until `is_done()` or until the time is over; says whether it is done.
template <typename Done>
bool spin_until(std::chrono::nanoseconds most, Done is_done) {
  constexpr int kLooksAtTheClock = 16;  // a look at the clock takes as long as some pauses
  if (is_done()) return true;
  const auto end = std::chrono::steady_clock::now() + most;
  do {
    for (int k = 0; k < kLooksAtTheClock; ++k) {
      relax();
      if (is_done()) return true;
    }
  } while (std::chrono::steady_clock::now() < end);
  return is_done();
}

/// Returns when `value` is no longer `old`: spins for `most`, then sleeps until somebody who has
/// changed the value notifies.
inline void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old,
                       std::chrono::nanoseconds most) {
  const auto changed = [&] { return value.load(std::memory_order_acquire) != old; };
  if (!spin_until(most, changed)) value.wait(old, std::memory_order_acquire);
}

}  // namespace unroll
