/// The walk of a recurrent layer through the steps of a ragged batch: which rows there are at a
/// step, where they come from and where they go on, and how threads share them.
#pragma once

#include <cstddef>
#include <string>

#include "unroll/core/parallel.h"
#include "unroll/core/ragged.h"

namespace unroll {

/// Which end of a sequence is read first. Backward: h_t depends on h_{t+1}, and each row begins at
/// its own end.
enum class Direction { kForward, kBackward };
std::string to_string(Direction direction);

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

/// What one thread does of each step.
struct WalkShare {
  Range rows;   ///< of the batch
  Range units;  ///< of the layer
  Team& team;   ///< of all threads of the walk

  /// To be called after each step: threads that share its rows' units wait for each other.
  void finish_step() const {
    if (shares_units) team.meet();
  }
  bool shares_units;
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

/// Runs body(share) on all threads: of a large batch each has some rows, of a small one some units,
/// a multiple of `grain`. Results do not depend on which.
void share_walk(const RaggedShape& shape, std::size_t units, std::size_t grain,
                FunctionRef<const WalkShare&> body);

}  // namespace unroll
