/// What the numbers of a race hold for, as Markdown: the CPU, the peers, the command.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/race/race.h"

namespace unroll::bench {

struct Conditions {
  RaceConditions races;
  std::vector<std::string> versions;  ///< of the peers
  std::string command;                ///< that does it again
};

/// A list, and the command below it.
std::string conditions(const Conditions& of);

/// "activations:family-25-model-17", the section of a page for this kind of CPU: one CPU has many
/// names, but one family and model.
std::string section_name(std::string_view race);

/// "bench/compare-activations.sh --seconds 30", which gives its flags on to main().
std::string command_line(std::string_view race, int count, char** arguments);

/// The folder this program is in.
std::filesystem::path program_folder();

}  // namespace unroll::bench
