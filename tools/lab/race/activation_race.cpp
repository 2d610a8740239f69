#include "unroll/tools/lab/race/activation_race.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/core/tensor.h"
#include "unroll/tools/lab/race/activation_error.h"

namespace unroll {

namespace {

/// A relative error that no formula meant for float makes where it is timed, and every wrong one.
constexpr double kAgreement = 1e-4;
/// Values of an input on which agreement is looked at: enough to meet every branch.
constexpr std::size_t kAgreementValues = 1 << 16;
/// Floats in a block that no part is cut in: a cache line.
constexpr std::size_t kBlock = 16;

/// One contender at one function, before it is raced.
struct Entry {
  const ActivationContender* contender;
  const ArrayFunction* f;
  double max_ulp;
};

const ActivationFunction& function_named(const std::string& name) {
  std::string known;
  for (const ActivationFunction& function : activation_functions()) {
    if (function.name == name) return function;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", function.name);
  }
  throw UsageError(fmt::format("function \"{}\": there are {}", name, known));
}

std::vector<const ActivationFunction*> chosen_functions(const std::vector<std::string>& names) {
  std::vector<const ActivationFunction*> chosen;
  for (const std::string& name : names) chosen.push_back(&function_named(name));
  if (!names.empty()) return chosen;
  for (const ActivationFunction& function : activation_functions()) chosen.push_back(&function);
  return chosen;
}

void check_sizes(const ActivationRaceSettings& settings) {
  for (std::size_t threads : settings.threads) {
    if (threads == 0) throw UsageError("threads: expected at least 1, found 0");
    for (std::size_t bytes : settings.bytes) {
      if (bytes / sizeof(float) / kBlock >= threads) continue;
      throw UsageError(fmt::format("bytes: expected at least {} for {} thread{}, found {}",
                                   threads * kBlock * sizeof(float), threads,
                                   threads == 1 ? "" : "s", bytes));
    }
  }
}

Tensor<float> input(const ActivationFunction& function, std::size_t n) {
  Tensor<float> x(Shape{n});
  Random random(1, "activation race");
  for (float& value : x.values()) {
    value = static_cast<float>(random.uniform(function.low, function.high));
  }
  return x;
}

/// Those who know the function and agree on it; who does not is named.
std::vector<Entry> entries_of(const ActivationFunction& function,
                              const std::vector<ActivationContender>& contenders,
                              std::vector<std::string>& disagreeing) {
  const FloatSweep sweep(function);
  const Tensor<float> x = input(function, kAgreementValues);
  std::vector<Entry> entries;
  for (const ActivationContender& contender : contenders) {
    const auto found = contender.functions.find(function.name);
    if (found == contender.functions.end() || !found->second) continue;
    const double error = relative_error(function, found->second, x);
    if (error > kAgreement) {
      disagreeing.push_back(fmt::format("{} {}, {}: {:.2g} off", contender.implementation,
                                        contender.isa, function.name, error));
      continue;
    }
    entries.push_back({&contender, &found->second, sweep.max_ulp(found->second)});
  }
  return entries;
}

/// The racers of one race on arrays of their own; memcpy is the last.
class Course {
 public:
  Course(const ActivationFunction& function, const std::vector<Entry>& entries, std::size_t n,
         std::size_t threads)
      : x_(input(function, n)), memory_(Shape{n + kPage}) {
    const auto distance = reinterpret_cast<std::uintptr_t>(memory_.data()) -
                          reinterpret_cast<std::uintptr_t>(x_.data());
    y_ = memory_.data() + (kPage + kPage / 2 - distance / sizeof(float) % kPage) % kPage;
    for (const Entry& entry : entries) {
      const auto& set_threads = entry.contender->set_threads;
      if (set_threads) set_threads(threads);
      add(*entry.f, set_threads != nullptr, threads);
    }
    add(&copy, false, threads);
  }
  Course(const Course&) = delete;
  Course& operator=(const Course&) = delete;

  const std::vector<Racer>& racers() const { return racers_; }

 private:
  static void copy(std::size_t n, const float* x, float* y) {
    std::memcpy(y, x, n * sizeof(float));
  }

  void add(const ArrayFunction& f, bool has_own_threads, std::size_t threads) {
    const auto pass = [this, f, parts = has_own_threads ? 1 : threads](std::size_t thread) {
      const Range part = part_of(x_.size(), thread, parts, kBlock);
      f(part.end - part.begin, x_.data() + part.begin, y_ + part.begin);
    };
    racers_.push_back({pass, static_cast<double>(x_.size()), has_own_threads});
  }

  static constexpr std::size_t kPage = 4096 / sizeof(float);

  Tensor<float> x_;
  Tensor<float> memory_;
  /// Half a page away from x: a load waits for an earlier store whose address has the same last
  /// twelve bits, and chance should not decide who does.
  float* y_;
  std::vector<Racer> racers_;
};

/// The last of ours, weakest first, of this instruction set or (empty) of any; as many as there are
/// entries where there is none.
std::size_t index_of_ours(const std::vector<Entry>& entries, std::string_view isa) {
  std::size_t found = entries.size();
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const ActivationContender& contender = *entries[k].contender;
    if (contender.implementation == kOurs && (isa.empty() || contender.isa == isa)) found = k;
  }
  return found;
}

MedianInterval ratio_to(const RaceResult& race, std::size_t racer, std::size_t ours,
                        std::size_t count) {
  return ours < count ? race.ratio(racer, ours) : median_interval({});
}

/// One row for each entry and one for memcpy; `row` knows threads and bytes.
void add_rows(const ActivationFunction& function, const std::vector<Entry>& entries,
              const RaceResult& race, ActivationRow row, std::vector<ActivationRow>& rows) {
  const std::size_t best = index_of_ours(entries, "");
  for (std::size_t k = 0; k <= entries.size(); ++k) {
    const bool is_copy = k == entries.size();
    const RaceTime time = race.time(k);
    row.function = is_copy ? kCopy : function.name;
    row.implementation = is_copy ? "memcpy" : entries[k].contender->implementation;
    row.isa = is_copy ? "-" : entries[k].contender->isa;
    row.ns_per_element = time.ns_per_element;
    row.cycles_per_element = time.cycles_per_element;
    row.max_ulp = is_copy ? 0 : entries[k].max_ulp;
    row.times_best = ratio_to(race, k, best, entries.size());
    row.times_same_isa = ratio_to(race, k, index_of_ours(entries, row.isa), entries.size());
    rows.push_back(row);
  }
}

}  // namespace

ActivationRaceResult race_activations(const std::vector<ActivationContender>& contenders,
                                      const ActivationRaceSettings& settings,
                                      const std::function<void(const std::string&)>& progress) {
  check_sizes(settings);
  const std::vector<const ActivationFunction*> functions = chosen_functions(settings.functions);
  const std::size_t races = functions.size() * settings.threads.size() * settings.bytes.size();
  ActivationRaceResult result;
  for (const ActivationFunction* function : functions) {
    progress(fmt::format("{}: errors", function->name));
    const std::vector<Entry> entries =
        entries_of(*function, contenders, result.conditions.disagreeing);
    for (std::size_t threads : settings.threads) {
      for (std::size_t bytes : settings.bytes) {
        const std::size_t n = bytes / sizeof(float) / kBlock * kBlock;
        progress(fmt::format("{}: {} bytes, threads: {}", function->name, bytes, threads));
        const Course course(*function, entries, n, threads);
        const RaceResult run =
            race(course.racers(), {.threads = threads,
                                   .seconds = settings.seconds / static_cast<double>(races),
                                   .least_rounds = settings.least_rounds,
                                   .seed = settings.seed});
        result.conditions.add(run);
        ActivationRow row;
        row.threads = threads;
        row.bytes = n * sizeof(float);
        add_rows(*function, entries, run, row, result.rows);
      }
    }
  }
  return result;
}

}  // namespace unroll
