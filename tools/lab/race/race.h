/// A paired race: contenders that do the same work take turns in one process, so that whatever
/// disturbs a machine meets all of them, and what is compared are ratios within a round.
///
/// Each round gives every contender one slice of some milliseconds, in an order drawn anew; before
/// and after each slice the clock is measured (clock.h). A slice is dropped if the clock beside it
/// is more than 5 % below the fastest one seen, or if one of its threads had no core for 5 % of the
/// time: another job was there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/race/median.h"

namespace unroll {

/// The name of the library's own implementation.
inline constexpr std::string_view kOurs = "unroll";

/// One way to do the work.
struct Racer {
  /// Does the part of thread 0 .. threads − 1 once. Called on all threads at once, again and again.
  std::function<void(std::size_t thread)> pass;
  /// What one pass of all parts covers: values, rows, tokens. Times are given per element.
  double elements = 1;
  /// It divides the work among threads of its own: only pass(0) is called, and does all of it.
  bool has_own_threads = false;
};

struct RaceSettings {
  std::size_t threads = 1;
  double seconds = 2;             ///< about so long; rounds go on until then
  std::size_t least_rounds = 30;  ///< however long they take
  double longest_slice = 2e-3;    ///< seconds; shorter where the seconds are short
  std::uint64_t seed = 1;         ///< of the order in each round
};

/// What one racer did in one round.
struct RaceSlice {
  double ns = 0;     ///< per element: wall time from the first thread's start to the last one's end
  double clock = 0;  ///< cycles per ns: the lower of before and after, of the slowest thread
  /// The share of the time in which its thread had a core; of several threads, the smallest share.
  /// Where the racer makes its threads itself, only the number of times that they lost a core is
  /// known; this is then the largest share that the number allows.
  double share = 1;
};

/// A racer's medians over the slices that were not dropped (over all, where all were).
struct RaceTime {
  double ns_per_element;
  double cycles_per_element;
  std::size_t slices;  ///< that were not dropped
};

class RaceResult {
 public:
  /// slices[round][racer]; at least one round.
  explicit RaceResult(std::vector<std::vector<RaceSlice>> slices);

  std::size_t rounds() const noexcept { return slices_.size(); }
  /// The part of all slices that was not dropped.
  double undisturbed() const;
  /// Cycles per ns, the fastest seen.
  double clock() const noexcept { return clock_; }
  RaceTime time(std::size_t racer) const;
  /// How many times as long `racer` takes as `reference`: the median over the rounds in which
  /// neither was dropped.
  MedianInterval ratio(std::size_t racer, std::size_t reference) const;

 private:
  bool is_quiet(const RaceSlice& slice) const noexcept;

  std::vector<std::vector<RaceSlice>> slices_;
  double clock_ = 0;
};

/// What holds for all races of one call.
struct RaceConditions {
  /// "onednn, lstm train, T 50, …: 0.3 off": who did not agree, and so was not timed.
  std::vector<std::string> disagreeing;
  double clock = 0;        ///< cycles per ns, the fastest seen
  double undisturbed = 1;  ///< the part of the slices that was not dropped, in the race with least

  /// One race more.
  void add(const RaceResult& race);
  /// Those of another call.
  void add(const RaceConditions& other);
};

/// Throws UsageError for no racers, no threads or no rounds.
RaceResult race(const std::vector<Racer>& racers, const RaceSettings& settings);

}  // namespace unroll
