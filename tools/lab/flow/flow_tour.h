/// The guided tour of gradient flow: the cases that show what vanishes, what explodes, what dies
/// and what stays, each with the reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "unroll/tools/lab/flow/flow_experiment.h"

namespace unroll {

struct FlowCase {
  FlowExperiment experiment;
  std::string why;  ///< plain text
};

/// Cases that share a plot: at most six.
struct FlowChapter {
  std::string anchor;  ///< a word
  std::string title;
  std::vector<std::string> equations;  ///< IDs
  std::string introduction;            ///< plain text
  std::vector<FlowCase> cases;
};

/// What all cases of the tour share.
struct FlowTourSettings {
  std::size_t hidden = 32;
  std::size_t lags = 200;
  std::size_t draws = 10;
  std::uint64_t seed = 1;
};

std::vector<FlowChapter> flow_tour(const FlowTourSettings& settings);

/// One case of the user's own as a chapter.
FlowChapter single_case(const FlowExperiment& experiment);

}  // namespace unroll
