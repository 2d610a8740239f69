/// How much memory the process may still ask for.
#pragma once

#include "unroll/core/memory_plan.h"

namespace unroll {

/// Throws MemoryError if a training that has loaded its data and made its model can't get the rest
/// of its plan under the limits on this process (ulimit -v, ulimit -d): better now than after the
/// first epoch.
void refuse_more_memory_than_left(const MemoryPlan& training);

}  // namespace unroll
