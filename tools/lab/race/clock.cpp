#include "unroll/tools/lab/race/clock.h"

#include <sys/resource.h>
#include <time.h>

#include <chrono>
#include <cstdint>

namespace unroll {

namespace {

constexpr int kAdditionsInARow = 1000;
constexpr int kRows = 200;

/// A thousand additions, each of the last one's result. Of two registers: an addition of a constant
/// takes no time at all on Intel's newer cores.
void add_in_a_row(std::uint64_t& sum, std::uint64_t step) {
#if defined(__x86_64__)
  asm volatile(".rept 1000\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(step));
#elif defined(__aarch64__)
  asm volatile(".rept 1000\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(step));
#else
  for (int i = 0; i < kAdditionsInARow; ++i) {
    sum += step;
    asm volatile("" : "+r"(sum), "+r"(step));  // so that no compiler shortens it
  }
#endif
}

}  // namespace

double measured_clock() {
  using Clock = std::chrono::steady_clock;
  std::uint64_t sum = 0;
  const auto start = Clock::now();
  for (int row = 0; row < kRows; ++row) add_in_a_row(sum, 1);
  const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
  return kAdditionsInARow * kRows / taken.count();
}

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

long times_interrupted() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

}  // namespace unroll
