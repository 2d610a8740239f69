/// The report of training runs: one page without scripts and without anything from the network.
///
/// A single run has its curves, its answers on labelled texts, and its settings. Several runs are
/// drawn over each other, with a table of what differs between them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "unroll/tools/program/report/chart.h"
#include "unroll/tools/program/report/run_history.h"
#include "unroll/tools/program/report/test_section.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

/// How far gradients reach, as `train --gradflow` has measured it.
struct FlowCurve {
  std::size_t epoch = 0;  ///< 0: before training
  std::string layer;
  std::vector<Point> points;  ///< log10 of the Jacobian's norm by lag
};

struct ReportedRun {
  std::string name;  ///< its folder
  std::optional<RunHistory> history = {};
  Settings settings = {};          ///< empty where its folder has none
  std::string settings_text = {};  ///< the file as it is
  std::string hash = {};
  std::size_t model_bytes = 0;   ///< of the file; 0: there is no model yet
  std::size_t memory_bytes = 0;  ///< that training planned; 0: unknown
  /// Whether the model and its settings are not those of the history: `--overwrite` keeps them
  /// until the new run has an epoch as good as its linear model, or ends.
  bool has_other_model = false;
  std::vector<FlowCurve> flow = {};
  std::string flow_page = {};  ///< its path from the page; empty: there is none
  std::optional<TestResult> test = {};
};

std::string run_report(std::span<const ReportedRun> runs);

}  // namespace unroll
