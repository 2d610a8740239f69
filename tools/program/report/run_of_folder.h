/// What a report says about the run in a folder, apart from a test.
#pragma once

#include <string>

#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/program/report/run_report.h"

namespace unroll {

/// The page in a run's folder.
inline constexpr const char* kReportFile = "report.html";

/// Whether a folder holds a run: a model, or what happened in one that has none yet.
bool is_run(const std::string& folder);

/// `classifier`: the folder's model; null if there is none yet. Throws DataError.
ReportedRun run_of_folder(const std::string& folder, const TextClassifier* classifier);

}  // namespace unroll
