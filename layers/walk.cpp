#include "unroll/layers/walk.h"

#include <algorithm>

namespace unroll {

namespace {

/// A thread with a row or two spends its time reading W: rows are worth splitting from this many
/// on.
constexpr std::size_t kFewestRows = 4;

/// Threads that share units do so many steps as one team: forming one takes a microsecond, as long
/// as half a small step.
constexpr std::size_t kStepsOfTeam = 32;

StepRows rows_at(const RaggedShape& shape, std::size_t t, Range rows) {
  const std::size_t end = std::min(rows.end, shape.active(t));
  return {shape.index(t, rows.begin), rows.begin, end > rows.begin ? end - rows.begin : 0};
}

/// Cuts the positions into as many steps as one team does.
void for_each_chunk(Range positions, WalkOrder order, FunctionRef<Range> body) {
  const std::size_t count = (positions.size() + kStepsOfTeam - 1) / kStepsOfTeam;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t steps = std::min((k + 1) * kStepsOfTeam, positions.size());
    const std::size_t done = k * kStepsOfTeam;
    switch (order) {
      case WalkOrder::kAscending:
        body({positions.begin + done, positions.begin + steps});
        break;
      case WalkOrder::kDescending:
        body({positions.end - steps, positions.end - done});
        break;
    }
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

void share_walk(const RaggedShape& shape, Range positions, WalkOrder order, std::size_t units,
                std::size_t grain, FunctionRef<const WalkShare&> body) {
  const std::size_t B = shape.batch();
  if (shares_units(shape)) {
    return for_each_chunk(positions, order, [&](Range chunk) {
      parallel_team(units / grain, [&](Team& team) {
        const Range own = part_of(units, team.index(), team.size(), grain);
        body({chunk, {0, B}, own, team.size() > 1 ? &team : nullptr});
      });
    });
  }
  const std::size_t parts = std::min(B / kFewestRows, thread_count());
  parallel_parts(parts, [&](std::size_t part) {
    body({positions, rows_of_part(shape, part, parts), {0, units}});
  });
}

}  // namespace unroll
