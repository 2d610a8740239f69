#include "unroll/tools/lab/race/race.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/tools/lab/race/clock.h"
#include "unroll/tools/lab/race/core_pin.h"

namespace unroll {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// ----------------------------------------------------------------------------------------- threads

/// Threads that begin at the same moment. They are not OpenMP's: those go on spinning for a while
/// when they have nothing to do, on a core that a racer with threads of its own needs.
class StartLine {
 public:
  explicit StartLine(std::size_t threads) : missing_(threads) {}
  void wait() {
    missing_.fetch_sub(1);
    while (missing_.load() != 0) std::this_thread::yield();
  }

 private:
  std::atomic<std::size_t> missing_;
};

/// What happened on one thread.
struct Run {
  Clock::time_point start;
  Clock::time_point end;
  double cpu = 0;  ///< seconds that it had a core
};

/// What happened on all threads of a slice.
struct Runs {
  double wall;   ///< seconds from the first start to the last end
  double share;  ///< of it, that each thread had a core; the smallest
};

Runs together(const std::vector<Run>& runs) {
  const Clock::time_point start = std::ranges::min(runs, {}, &Run::start).start;
  const Clock::time_point end = std::ranges::max(runs, {}, &Run::end).end;
  const double wall = std::chrono::duration<double>(end - start).count();
  return {wall, wall > 0 ? std::ranges::min(runs, {}, &Run::cpu).cpu / wall : 1};
}

/// Runs prepare(thread), then body(thread), on each thread; what is told is about the bodies.
template <typename Prepare, typename Body>
Runs run_together(std::size_t threads, const Prepare& prepare, const Body& body) {
  StartLine line(threads);
  std::vector<Run> runs(threads);
  const auto run = [&](std::size_t thread) {
    const CorePin pin(thread, threads);
    prepare(thread);
    line.wait();
    Run told;
    told.cpu = -thread_cpu_seconds();
    told.start = Clock::now();
    body(thread);
    told.end = Clock::now();
    told.cpu += thread_cpu_seconds();
    runs[thread] = told;
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
    run(0);
  }
  return together(runs);
}

/// The clock of the slowest of the cores in use.
double clock_of(std::size_t threads) {
  std::vector<double> clocks(threads);
  const auto measure = [&](std::size_t thread) { clocks[thread] = measured_clock(); };
  run_together(
      threads, [](std::size_t) {}, measure);
  return std::ranges::min(clocks);
}

// ------------------------------------------------------------------------------------------ slices

/// Where there is more than one pass, one more before, untimed: another racer has left its data in
/// the caches.
Runs run_passes(const Racer& racer, std::size_t threads, std::size_t passes) {
  const auto run = [&](std::size_t thread, std::size_t count) {
    for (std::size_t pass = 0; pass < count; ++pass) racer.pass(thread);
  };
  return run_together(
      racer.has_own_threads ? 1 : threads,
      [&](std::size_t thread) { run(thread, passes > 1 ? 1 : 0); },
      [&](std::size_t thread) { run(thread, passes); });
}

/// How many passes fill a slice of so many seconds, where some took so long; at least one.
std::size_t passes_to_fill(double slice, std::size_t passes, double taken) {
  const double wanted = slice / taken * static_cast<double>(passes);
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(wanted)));
}

/// The passes in a slice, found by trying.
std::size_t passes_in(const Racer& racer, std::size_t threads, double slice) {
  run_passes(racer, threads, 1);  // page faults
  std::size_t passes = 1;
  double taken = run_passes(racer, threads, passes).wall;
  while (taken < slice / 4) {
    passes *= 2;
    taken = run_passes(racer, threads, passes).wall;
  }
  return passes_to_fill(slice, passes, taken);
}

/// A job that gets a core keeps it for as long at least: the kernel's shortest turn.
constexpr double kShortestTurn = 1e-3;

RaceSlice run_slice(const Racer& racer, std::size_t threads, std::size_t passes) {
  const long before = times_interrupted();
  const Runs runs = run_passes(racer, threads, passes);
  const auto lost = static_cast<double>(times_interrupted() - before) * kShortestTurn;
  const bool waits_for_its_own = racer.has_own_threads && threads > 1;
  RaceSlice slice;
  slice.ns = runs.wall * 1e9 / (static_cast<double>(passes) * racer.elements);
  slice.share = waits_for_its_own ? std::max(0.0, 1 - lost / runs.wall) : runs.share;
  return slice;
}

/// OpenMP's threads spin for a while after their work, in the hope of more: up to 300,000 pauses of
/// GCC's, and a pause is 40 to 140 cycles. Until they sleep, the others' threads would have one
/// core.
void await_quiet_of(const Racer& racer, std::size_t threads) {
  constexpr std::chrono::milliseconds kLongestSpin{15};
  if (racer.has_own_threads && threads > 1) std::this_thread::sleep_for(kLongestSpin);
}

/// Passes become more where a slice was far too short: they were counted while another job had the
/// core.
std::vector<RaceSlice> run_round(const std::vector<Racer>& racers, std::size_t threads,
                                 double slice, std::vector<std::size_t>& passes, Random& random) {
  std::vector<std::size_t> order(racers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  random.shuffle(std::span(order));
  std::vector<RaceSlice> slices(racers.size());
  double before = clock_of(threads);
  for (std::size_t r : order) {
    slices[r] = run_slice(racers[r], threads, passes[r]);
    await_quiet_of(racers[r], threads);
    const double after = clock_of(threads);
    slices[r].clock = std::min(before, after);
    before = after;
    const double ns = slices[r].ns * static_cast<double>(passes[r]) * racers[r].elements;
    if (ns * 1e-9 < slice / 2) passes[r] = passes_to_fill(slice, passes[r], ns * 1e-9);
  }
  return slices;
}

}  // namespace

RaceResult::RaceResult(std::vector<std::vector<RaceSlice>> slices) : slices_(std::move(slices)) {
  for (const std::vector<RaceSlice>& round : slices_) {
    for (const RaceSlice& slice : round) clock_ = std::max(clock_, slice.clock);
  }
}

bool RaceResult::is_quiet(const RaceSlice& slice) const noexcept {
  return slice.clock >= 0.95 * clock_ && slice.share >= 0.95;
}

double RaceResult::undisturbed() const {
  std::size_t quiet = 0, all = 0;
  for (const std::vector<RaceSlice>& round : slices_) {
    for (const RaceSlice& slice : round) quiet += is_quiet(slice);
    all += round.size();
  }
  return static_cast<double>(quiet) / static_cast<double>(all);
}

RaceTime RaceResult::time(std::size_t racer) const {
  std::vector<double> ns, cycles;
  const auto collect = [&](bool quiet_only) {
    for (const std::vector<RaceSlice>& round : slices_) {
      const RaceSlice& slice = round[racer];
      if (quiet_only && !is_quiet(slice)) continue;
      ns.push_back(slice.ns);
      cycles.push_back(slice.ns * slice.clock);
    }
  };
  collect(true);
  const std::size_t quiet = ns.size();
  if (quiet == 0) collect(false);
  return {median(ns), median(cycles), quiet};
}

MedianInterval RaceResult::ratio(std::size_t racer, std::size_t reference) const {
  std::vector<double> ratios;
  const auto collect = [&](bool quiet_only) {
    for (const std::vector<RaceSlice>& round : slices_) {
      if (quiet_only && !(is_quiet(round[racer]) && is_quiet(round[reference]))) continue;
      ratios.push_back(round[racer].ns / round[reference].ns);
    }
  };
  collect(true);
  if (ratios.empty()) collect(false);
  return median_interval(ratios);
}

void RaceConditions::add(const RaceResult& race) {
  add({.disagreeing = {}, .clock = race.clock(), .undisturbed = race.undisturbed()});
}

void RaceConditions::add(const RaceConditions& other) {
  disagreeing.insert(disagreeing.end(), other.disagreeing.begin(), other.disagreeing.end());
  clock = std::max(clock, other.clock);
  undisturbed = std::min(undisturbed, other.undisturbed);
}

RaceResult race(const std::vector<Racer>& racers, const RaceSettings& settings) {
  if (racers.empty() || settings.threads == 0 || settings.least_rounds == 0) {
    throw UsageError("race: needs at least one racer, one thread and one round");
  }
  const auto start = Clock::now();
  const auto slices_wanted = static_cast<double>(settings.least_rounds * racers.size());
  const double slice = std::min(settings.longest_slice, settings.seconds / slices_wanted);
  std::vector<std::size_t> passes;
  for (const Racer& racer : racers) passes.push_back(passes_in(racer, settings.threads, slice));
  Random random(settings.seed, "race");
  std::vector<std::vector<RaceSlice>> slices;
  while (slices.size() < settings.least_rounds || seconds_since(start) < settings.seconds) {
    slices.push_back(run_round(racers, settings.threads, slice, passes, random));
  }
  return RaceResult(std::move(slices));
}

}  // namespace unroll
