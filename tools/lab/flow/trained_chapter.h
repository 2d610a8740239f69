/// The tour's last chapter: an LSTM's carry before and after training on a task that needs a long
/// memory, from several forget biases.
#pragma once

#include "unroll/tools/lab/flow/flow_report.h"

namespace unroll {

/// Trains one classifier per forget bias (a second or two each) and measures it before and after.
FlowChapterResult run_trained_chapter(const FlowTourSettings& settings);

}  // namespace unroll
