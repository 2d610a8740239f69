/// What `unroll train` says before the first step: data, text, model, memory, plan.
#pragma once

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class Terminal;

/// Notes the plan, and warns of what is dubious in it.
void note_plan(const TrainingPlan& plan, const TextClassifier& classifier,
               const ClassWeights& weights, Terminal& terminal);

}  // namespace unroll
