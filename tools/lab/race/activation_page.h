/// What a race of the activations found, as a page: the accuracy–speed plane of each function.
#pragma once

#include <string>

#include "unroll/tools/lab/race/activation_race.h"

namespace unroll {

/// Where and how the race was held.
struct RaceCircumstances {
  std::string machine;  ///< the CPU's name
  std::string date;
  std::string command;  ///< the command line that makes the page
};

/// One file, light and dark, without scripts.
std::string activation_page(const ActivationRaceResult& result,
                            const RaceCircumstances& circumstances);

}  // namespace unroll
