/// The page of `unroll compare`: intervals, verdicts and what each run took, in the manner of the
/// report of runs (report/run_report.h).
#pragma once

#include <string>

#include "unroll/tools/program/compare/comparison.h"

namespace unroll {

/// `folder`: that of the comparison, where the page will be; runs' own pages are linked from there.
std::string comparison_page(const Comparison& comparison, const std::string& folder);

}  // namespace unroll
