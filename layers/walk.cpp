#include "unroll/layers/walk.h"

#include <algorithm>

namespace unroll {

namespace {

/// A thread with a row or two spends its time reading W: rows are worth splitting from this many
/// on.
constexpr std::size_t kFewestRows = 4;

StepRows rows_at(const RaggedShape& shape, std::size_t t, Range rows) {
  const std::size_t end = std::min(rows.end, shape.active(t));
  return {shape.index(t, rows.begin), rows.begin, end > rows.begin ? end - rows.begin : 0};
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

void share_walk(const RaggedShape& shape, std::size_t units, std::size_t grain,
                FunctionRef<const WalkShare&> body) {
  const std::size_t B = shape.batch();
  const bool by_rows = B >= 2 * kFewestRows;  // of fewer, threads share the units
  parallel_team(by_rows ? B / kFewestRows : units / grain, [&](Team& team) {
    const std::size_t k = team.index(), n = team.size();
    if (by_rows) {
      body({rows_of_part(shape, k, n), {0, units}, team, false});
    } else {
      body({{0, B}, part_of(units, k, n, grain), team, n > 1});
    }
  });
}

}  // namespace unroll
