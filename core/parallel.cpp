#include "unroll/core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>

namespace unroll {

namespace {

/// Some tens of microseconds: longer than any step that is worth sharing.
constexpr std::size_t kSpins = 1000;

/// Tells the processor that this is a loop that waits.
void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Ends a thread whose team has lost another one to an exception.
struct TeamEnded {};

}  // namespace

std::size_t thread_count() noexcept {
  return static_cast<std::size_t>(omp_get_max_threads());
}

void set_thread_count(std::size_t count) noexcept {
  omp_set_num_threads(static_cast<int>(std::max<std::size_t>(count, 1)));
}

Range part_of(std::size_t count, std::size_t part, std::size_t parts,
              std::size_t multiple) noexcept {
  const std::size_t blocks = (count + multiple - 1) / multiple;
  const auto cut = [&](std::size_t k) { return std::min(count, blocks * k / parts * multiple); };
  return {cut(part), cut(part + 1)};
}

void parallel_parts(std::size_t parts, FunctionRef<std::size_t> body) {
  if (parts <= 1 || thread_count() == 1 || omp_in_parallel()) {
    for (std::size_t part = 0; part < parts; ++part) body(part);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(static, 1)
  for (std::size_t part = 0; part < parts; ++part) {
    try {
      body(part);
    } catch (...) {
#pragma omp critical(unroll_parallel_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void Team::meet() {
  if (meeting_.size == 1) return;
  const std::size_t now = meeting_.count.load(std::memory_order_relaxed);
  if (meeting_.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == meeting_.size) {
    meeting_.arrived.store(0, std::memory_order_relaxed);
    meeting_.count.store(now + 1, std::memory_order_release);
    return;
  }
  for (std::size_t spins = 0; meeting_.count.load(std::memory_order_acquire) == now; ++spins) {
    if (meeting_.failed.load(std::memory_order_relaxed)) throw TeamEnded();
    if (spins < kSpins) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

void parallel_team(std::size_t most, FunctionRef<Team&> body) {
  const std::size_t size = omp_in_parallel() ? 1 : std::clamp<std::size_t>(most, 1, thread_count());
  if (size == 1) {
    Team::Meeting alone{1};
    Team team(alone, 0);
    return body(team);
  }
  std::exception_ptr failure;
  std::optional<Team::Meeting> meeting;
  // Regions are always of all threads, of which some may have nothing to do: libgomp asks for
  // memory and makes threads anew whenever their number changes.
#pragma omp parallel
  {
#pragma omp single
    meeting.emplace(std::min(size, static_cast<std::size_t>(omp_get_num_threads())));
    const auto index = static_cast<std::size_t>(omp_get_thread_num());
    try {
      if (index < meeting->size) {
        Team team(*meeting, index);
        body(team);
      }
    } catch (const TeamEnded&) {
    } catch (...) {
      meeting->failed = true;
#pragma omp critical(unroll_parallel_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void parallel_for(std::size_t count, std::size_t grain, FunctionRef<Range> body) {
  const std::size_t most = count / std::max<std::size_t>(grain, 1);
  const std::size_t parts = std::clamp<std::size_t>(most, 1, thread_count());
  parallel_parts(parts, [&](std::size_t part) { body(part_of(count, part, parts)); });
}

}  // namespace unroll
