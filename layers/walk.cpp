#include "unroll/layers/walk.h"

#include <algorithm>

namespace unroll {

namespace {

/// A thread with a row or two spends its time reading W: rows are worth splitting from this many
/// on.
constexpr std::size_t kFewestRows = 4;

/// Threads that share units do so many steps as one team: forming one takes a microsecond, as long
/// as half a small step.
constexpr std::size_t kStepsOfTeam = 64;
/// A thread that waits for helpers to wake up does so many steps alone before it asks again, and
/// twice as many after each time that nobody came.
constexpr std::size_t kStepsAlone = 4;

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

/// Every thread takes a share of the units of each step.
void share_units(Range positions, WalkOrder order, Range rows, std::size_t units, std::size_t grain,
                 FunctionRef<const WalkShare&> body) {
  if (thread_count() == 1) return body({positions, rows, {0, units}});
  std::size_t alone = kStepsAlone;
  for (std::size_t done = 0; done < positions.size();) {
    std::size_t threads = 1;
    parallel_team(units / grain, [&](Team& team) {
      const std::size_t steps = team.size() > 1 ? kStepsOfTeam : alone;
      const Range chunk = next_positions(positions, order, done, steps);
      const Range own = part_of(units, team.index(), team.size(), grain);
      body({chunk, rows, own, team.size() > 1 ? &team : nullptr});
      if (team.index() == 0) threads = team.size();
    });
    done += threads > 1 ? kStepsOfTeam : alone;
    alone = threads > 1 ? kStepsAlone : std::min(2 * alone, kStepsOfTeam);
  }
}

}  // namespace

std::string to_string(Direction direction) {
  return direction == Direction::kForward ? "forward" : "backward";
}

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
  const std::size_t B = shape.batch();
  if (shares_units(shape)) return share_units(positions, order, {0, B}, units, grain, body);
  const std::size_t parts = walk_threads(shape, units, grain);
  parallel_parts(parts, [&](std::size_t part) {
    body({positions, rows_of_part(shape, part, parts), {0, units}});
  });
}

}  // namespace unroll
