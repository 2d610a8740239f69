#include "unroll/layers/walk.h"

#include <algorithm>
#include <chrono>

namespace unroll {

namespace {

/// A thread with a row or two spends its time reading W: rows are worth splitting from this many
/// on.
constexpr std::size_t kFewestRows = 4;

/// Threads that share units do so many steps as one team: forming one takes a microsecond, as long
/// as half a small step.
constexpr std::size_t kStepsOfTeam = 64;
/// Where helpers are missing, the team is formed anew after about this time: by then those that
/// were asleep have woken up.
constexpr std::chrono::microseconds kWakingTime{50};
/// So many times in a row missing helpers are waited for in earnest. Then they have no processor.
constexpr int kEarnestTries = 3;

StepRows rows_at(const RaggedShape& shape, std::size_t t, Range rows) {
  const std::size_t end = std::min(rows.end, shape.active(t));
  return {shape.index(t, rows.begin), rows.begin, end > rows.begin ? end - rows.begin : 0};
}

/// The next `count` positions after `done` of them.
Range next_positions(Range positions, WalkOrder order, std::size_t done, std::size_t count) {
  const std::size_t end = std::min(done + count, positions.size());
  switch (order) {
    case WalkOrder::kAscending:
      return {positions.begin + done, positions.begin + end};
    case WalkOrder::kDescending:
      return {positions.end - end, positions.end - done};
  }
  return {};
}

/// When a walk forms its next team, after one that lacked somebody.
class MissingHelpers {
 public:
  /// How many steps it goes without them.
  std::size_t steps() const { return steps_; }
  /// How long their coming is worth waiting for: a part of what they would have saved.
  std::chrono::nanoseconds patience() const {
    return tries_ > kEarnestTries ? kJoinTime
                                  : std::max<std::chrono::nanoseconds>(wait_, kJoinTime);
  }
  void have_come() { *this = {}; }
  void have_not_come(std::chrono::nanoseconds time_without) {
    ++tries_;
    wait_ = std::min<std::chrono::nanoseconds>(time_without / 4, kWakingTime);
    if (time_without < kWakingTime) steps_ *= 2;
  }

 private:
  std::size_t steps_ = 1;
  int tries_ = 0;
  std::chrono::nanoseconds wait_{0};
};

/// Each of so many threads takes a share of the units of each step.
void share_units(std::size_t threads, Range positions, WalkOrder order, Range rows,
                 std::size_t units, std::size_t grain, FunctionRef<const WalkShare&> body) {
  using Clock = std::chrono::steady_clock;
  MissingHelpers missing;
  for (std::size_t done = 0; done < positions.size();) {
    Clock::time_point start;
    std::size_t size = 1;
    const auto walk_on = [&](Team& team) {
      const std::size_t steps = team.size() == threads ? kStepsOfTeam : missing.steps();
      const Range chunk = next_positions(positions, order, done, steps);
      const Range own = part_of(units, team.index(), team.size(), grain);
      if (team.index() == 0) {
        start = Clock::now();
        size = team.size();
      }
      body({chunk, rows, own, team.size() > 1 ? &team : nullptr});
    };
    parallel_team(threads, walk_on, missing.patience());
    done += size == threads ? kStepsOfTeam : missing.steps();
    size == threads ? missing.have_come() : missing.have_not_come(Clock::now() - start);
  }
}

}  // namespace

std::size_t WalkStep::come() const {
  return std::min(here.count, before.count);
}

std::size_t WalkStep::go_on() const {
  return std::min(here.count, after.count);
}

WalkStep walk_step(const RaggedShape& shape, Direction direction, std::size_t position,
                   Range rows) {
  const std::size_t T = shape.steps();
  const bool forward = direction == Direction::kForward;
  const std::size_t t = forward ? position : T - 1 - position;
  WalkStep step{.here = rows_at(shape, t, rows), .before = {}, .after = {}};
  if (position > 0) step.before = rows_at(shape, forward ? t - 1 : t + 1, rows);
  if (position + 1 < T) step.after = rows_at(shape, forward ? t + 1 : t - 1, rows);
  return step;
}

std::size_t first_token(const RaggedShape& shape, Direction direction, std::size_t row) {
  return shape.index(direction == Direction::kForward ? 0 : shape.length(row) - 1, row);
}

std::size_t last_token(const RaggedShape& shape, Direction direction, std::size_t row) {
  return shape.index(direction == Direction::kForward ? shape.length(row) - 1 : 0, row);
}

WalkChunk chunk_before(const RaggedShape& shape, Direction direction, std::size_t end,
                       std::size_t tokens) {
  WalkChunk chunk{.positions = {end, end}, .tokens = {}};
  do {
    const StepRows rows =
        walk_step(shape, direction, --chunk.positions.begin, {0, shape.batch()}).here;
    const Range step{rows.token, rows.token + rows.count};
    const bool is_first = chunk.positions.size() == 1;
    chunk.tokens.begin = is_first ? step.begin : std::min(chunk.tokens.begin, step.begin);
    chunk.tokens.end = is_first ? step.end : std::max(chunk.tokens.end, step.end);
  } while (chunk.positions.begin > 0 && chunk.tokens.size() < tokens);
  return chunk;
}

bool shares_units(const RaggedShape& shape) {
  return shape.batch() < 2 * kFewestRows;
}

std::size_t walk_threads(const RaggedShape& shape, std::size_t units, std::size_t grain) {
  const std::size_t most = shares_units(shape) ? units / grain : shape.batch() / kFewestRows;
  return std::clamp<std::size_t>(most, 1, thread_count());
}

void share_walk(const RaggedShape& shape, Range positions, WalkOrder order, std::size_t units,
                std::size_t grain, FunctionRef<const WalkShare&> body) {
  const std::size_t B = shape.batch(), threads = walk_threads(shape, units, grain);
  if (threads == 1) return body({positions, {0, B}, {0, units}});
  if (shares_units(shape)) {
    return share_units(threads, positions, order, {0, B}, units, grain, body);
  }
  parallel_parts(threads, [&](std::size_t part) {
    body({positions, rows_of_part(shape, part, threads), {0, units}});
  });
}

}  // namespace unroll
