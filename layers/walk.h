/// The walk of a recurrent layer through the steps of a ragged batch: which rows there are at a
/// step, where they come from and where they go on, and how threads share them.
#pragma once

#include <cstddef>

#include "unroll/core/parallel.h"
#include "unroll/core/ragged.h"

namespace unroll {

/// Rows of one step.
struct StepRows {
  std::size_t token = 0;  ///< the first one in the (N, ·) matrices
  std::size_t row = 0;    ///< the first one in the (B, ·) matrices
  std::size_t count = 0;
};

/// A step of a walk. Rows are at the same place among `here`, `before` and `after`, as far as they
/// are there: the first min(here.count, after.count) of `here` go on.
struct WalkStep {
  StepRows here, before, after;
  std::size_t come() const;   ///< how many of `here` there were in the step before
  std::size_t go_on() const;  ///< how many of them there are in the step after
};

/// What one thread does of a walk.
struct WalkShare {
  Range positions;       ///< its steps
  Range rows;            ///< of the batch
  Range units;           ///< of the layer
  Team* team = nullptr;  ///< the threads that share its rows' units; null: it has all units

  /// To be called after each step: threads that share units wait for each other.
  void finish_step() const {
    if (team != nullptr) team->meet();
  }
};

/// The step at `position`, counted in the order in which the direction reads.
WalkStep walk_step(const RaggedShape& shape, Direction direction, std::size_t position, Range rows);

/// Where in the (N, ·) matrices a row begins and ends, as the direction reads.
std::size_t first_token(const RaggedShape& shape, Direction direction, std::size_t row);
std::size_t last_token(const RaggedShape& shape, Direction direction, std::size_t row);

/// Steps with so many tokens together, if there are as many, as positions first, first + 1, …, last
/// − 1; and where their tokens are.
struct WalkChunk {
  Range positions;
  Range tokens;
};
/// The chunk of steps that ends before position `end` > 0.
WalkChunk chunk_before(const RaggedShape& shape, Direction direction, std::size_t end,
                       std::size_t tokens);

/// In which order a walk takes its positions: a pass through time, or back through time.
enum class WalkOrder { kAscending, kDescending };

/// Runs body(share) so that all shares together are a walk through these positions. Each share has
/// some rows of a large batch. A small batch has too few; there threads share the units, a multiple
/// of `grain` each, and form their team anew every few steps, so that one that has lost its
/// processor is not waited for long. Results do not depend on who does what.
void share_walk(const RaggedShape& shape, Range positions, WalkOrder order, std::size_t units,
                std::size_t grain, FunctionRef<const WalkShare&> body);

/// Whether threads share the units of a batch's walk rather than its rows.
bool shares_units(const RaggedShape& shape);

/// How many threads can take part in it: more are not worth their while in the rest of the pass
/// either. At least 1.
std::size_t walk_threads(const RaggedShape& shape, std::size_t units, std::size_t grain);

}  // namespace unroll
