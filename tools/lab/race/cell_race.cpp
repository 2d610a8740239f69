#include "unroll/tools/lab/race/cell_race.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/race/fma_peak.h"

namespace unroll {

namespace {

/// The error of float sums of a thousand products, and of 50 steps in a row, against double.
constexpr double kExact = 1e-4;
/// The error of one float contender against another; gradients add up thousands of rows.
constexpr double kAgreement = 1e-3;
/// The error of a contender that rounds what it multiplies, to bfloat16 at the roughest, one part
/// in 256.
constexpr double kRoughAgreement = 5e-2;

/// One contender at one case, before it is raced.
struct Entry {
  const CellContender* contender;
  std::unique_ptr<CellRunner> runner;
};

void check(const std::vector<CellContender>& contenders, const CellRaceSettings& settings) {
  if (contenders.empty()) throw UsageError("race_cells: needs at least one contender");
  for (std::size_t threads : settings.threads) {
    if (threads == 0) throw UsageError("threads: expected at least 1, found 0");
  }
  for (const CellCase& at : settings.cases) {
    if (at.steps > 0 && at.batch > 0 && at.input > 0 && at.hidden > 0) continue;
    throw UsageError(fmt::format("{}: expected sizes of at least 1", to_string(at)));
  }
  for (const CellCase& at : settings.cases) {
    if (at.vocabulary == 0 || at.pass == CellPass::kForward) continue;
    throw UsageError(fmt::format("{}: only a forward pass reads ids", to_string(at)));
  }
}

CellOutputs first_outputs(const CellProblem& problem, const Entry& first) {
  CellOutputs outputs = first.runner->outputs();
  const double error =
      std::max(error_of_plain_loops(problem, outputs.h), relative_error(outputs, outputs));
  if (error <= kExact) return outputs;
  throw Error(ErrorKind::kInternal,
              fmt::format("{}, {}: h is {:.2g} off the plain loops, or a gradient is not finite",
                          first.contender->implementation, to_string(problem.at), error));
}

/// Those who have such a layer and agree on it; who does not is named. The first is always there.
std::vector<Entry> entries_of(const CellProblem& problem, std::size_t threads,
                              const std::vector<CellContender>& contenders,
                              std::vector<std::string>& disagreeing) {
  std::vector<Entry> entries;
  CellOutputs expected;
  for (const CellContender& contender : contenders) {
    const bool rounds = contender.precision != PrecisionChoice::kFull;
    Entry entry{&contender, contender.make(problem, threads)};
    if (!entry.runner) continue;
    entry.runner->run();
    if (entries.empty()) {
      expected = first_outputs(problem, entry);
    } else if (const double error = relative_error(entry.runner->outputs(), expected);
               error > (rounds ? kRoughAgreement : kAgreement)) {
      disagreeing.push_back(fmt::format("{}, {}: {:.2g} off", contender.implementation,
                                        to_string(problem.at), error));
      continue;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

/// A racer for each entry, an element being a floating-point operation, and one for the peak.
std::vector<Racer> racers_of(const std::vector<Entry>& entries, const CellCase& at,
                             std::size_t threads) {
  std::vector<Racer> racers;
  for (const Entry& entry : entries) {
    CellRunner& runner = *entry.runner;
    racers.push_back({[&runner](std::size_t) { runner.run(); }, useful_flop(at), true});
  }
  racers.push_back(fma_peak_racer(threads));
  return racers;
}

void add_rows(const CellCase& at, const std::vector<Entry>& entries, std::size_t threads,
              const RaceResult& race, std::vector<CellRow>& rows) {
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const RaceTime time = race.time(k);
    CellRow row{.at = at, .implementation = entries[k].contender->implementation};
    row.precision = entries[k].contender->precision;
    row.threads = threads;
    row.us = time.ns_per_element * useful_flop(at) * 1e-3;
    row.gflops = gflops(time);
    row.peak_gflops = gflops(race.time(entries.size()));
    row.tokens_per_s = static_cast<double>(at.steps * at.batch) / (row.us * 1e-6);
    row.times_first = race.ratio(k, 0);
    rows.push_back(row);
  }
}

/// The library's number of threads is as before when it ends.
class ThreadCount {
 public:
  ThreadCount() : before_(thread_count()) {}
  ~ThreadCount() { set_thread_count(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  std::size_t before_;
};

}  // namespace

CellRaceResult race_cells(const std::vector<CellContender>& contenders,
                          const CellRaceSettings& settings,
                          const std::function<void(const std::string&)>& progress) {
  check(contenders, settings);
  const ThreadCount restored;
  const std::size_t races = settings.threads.size() * settings.cases.size();
  const RaceSettings one = {.seconds = settings.seconds / static_cast<double>(races),
                            .least_rounds = settings.least_rounds,
                            .seed = settings.seed};
  CellRaceResult result;
  for (std::size_t threads : settings.threads) {
    for (const CellCase& at : settings.cases) {
      progress(fmt::format("{}, {} thread{}", to_string(at), threads, threads == 1 ? "" : "s"));
      const CellProblem problem(at);
      const std::vector<Entry> entries =
          entries_of(problem, threads, contenders, result.conditions.disagreeing);
      RaceSettings run = one;
      run.threads = threads;
      const RaceResult found = race(racers_of(entries, at, threads), run);
      result.conditions.add(found);
      add_rows(at, entries, threads, found, result.rows);
    }
  }
  return result;
}

}  // namespace unroll
