/// Requirements on the figures of a test, as a build or a deployment makes them:
/// `unroll test RUN FILE --require 'accuracy>=0.93' --require 'recall:spam >= 90%'`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "unroll/tools/classifier/evaluation.h"

namespace unroll {

enum class Relation { kAtLeast, kAbove, kAtMost, kBelow };

struct Requirement {
  std::string figure;  ///< a key of `test --json`, such as "accuracy", or "f1:LABEL"
  Relation relation = Relation::kAtLeast;
  double bound = 0;
};

/// Throws UsageError for a text that is none, and for a figure that no test has.
Requirement requirement_of(std::string_view text);

/// Throws Error (kRequirement) that names each requirement that does not hold, with its figure, and
/// UsageError for a figure that this evaluation does not have.
void require_all(std::span<const Requirement> requirements, const Evaluation& evaluation);

}  // namespace unroll
