/// What the ranks of a run of `unroll train` tell each other and the user, apart from gradients.
#pragma once

#include <memory>
#include <string>

#include "unroll/core/ranks.h"
#include "unroll/core/saved_state.h"
#include "unroll/optim/shard_sum.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

class Terminal;

/// What the ranks begin with must be equal, and what computes the bits. Throws UsageError.
void start_alike(const TrainFlags& flags, const TextClassifier& start, Ranks& ranks);

/// Every rank goes on from the first one's checkpoint; null where there is none.
std::shared_ptr<SavedState> share_checkpoint(const TrainFlags& flags,
                                             std::shared_ptr<SavedState> own, Ranks& ranks);

/// How long a step of several ranks takes, and what it sends.
void tell_of_ranks(const ShardTimes& times, Terminal& terminal);

/// Says at once that a rank is lost, and what is left of the run.
void tell_of_loss(const std::string& loss, const TrainFlags& flags);

}  // namespace unroll
