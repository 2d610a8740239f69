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

/// A number that threads wait for. Whoever changes it asks the kernel to wake somebody only if
/// somebody sleeps: std::atomic's own notify asks also if any other atomic of the process has a
/// sleeper whose address falls into the same one of 16 groups (libstdc++ 12).
class WaitedFor {
 public:
  std::uint32_t load() const noexcept { return value_.load(std::memory_order_acquire); }
  void set(std::uint32_t value) noexcept {
    value_ = value;
    wake();
  }
  /// Returns the number before.
  std::uint32_t add(std::uint32_t more) noexcept {
    const std::uint32_t before = value_.fetch_add(more);
    wake();
    return before;
  }
  /// Wakes nobody unless it becomes 0. Returns the number before.
  std::uint32_t subtract(std::uint32_t less) noexcept {
    const std::uint32_t before = value_.fetch_sub(less);
    if (before == less) wake();
    return before;
  }
  /// Returns when it is no longer `old`: spins for `most`, then sleeps.
  void wait_while(std::uint32_t old, std::chrono::nanoseconds most) noexcept {
    if (spin_until(most, [&] { return load() != old; })) return;
    ++sleepers_;  // before `wait` looks at the value; whoever changes it looks here afterwards
    value_.wait(old);
    --sleepers_;
  }

 private:
  void wake() noexcept {
    if (sleepers_ != 0) value_.notify_all();
  }

  std::atomic<std::uint32_t> value_{0};
  std::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace unroll
