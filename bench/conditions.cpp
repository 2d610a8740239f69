#include "bench/conditions.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "unroll/kernels/isa.h"

namespace unroll::bench {
namespace {

/// A value of the first CPU in /proc/cpuinfo: "cpu family", "model".
std::string cpu_value(const std::string& name) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(':');
    const std::size_t end = line.find_last_not_of(" \t", colon - 1);
    if (colon != std::string::npos && line.substr(0, end + 1) == name)
      return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

std::string conditions(const Conditions& of) {
  std::string text = fmt::format(
      "- {} (family {}, model {}) at {:.2f} GHz, GCC {}, {:%Y-%m-%d}; slices undisturbed by other "
      "jobs, in the worst race: {:.0f} %.\n- Peers: {}.\n",
      cpu_name(), cpu_value("cpu family"), cpu_value("model"), of.races.clock, __VERSION__,
      fmt::gmtime(std::time(nullptr)), 100 * of.races.undisturbed,
      of.versions.empty() ? "none" : fmt::format("{}", fmt::join(of.versions, ", ")));
  for (const std::string& who : of.races.disagreeing) text += "- Not timed: " + who + ".\n";
  return text + fmt::format("\n```\n{}\n```\n\n", of.command);
}

std::string section_name(std::string_view race) {
  return fmt::format("{}:family-{}-model-{}", race, cpu_value("cpu family"), cpu_value("model"));
}

std::string command_line(std::string_view race, int count, char** arguments) {
  return fmt::format("bench/compare-{}.sh{}{}", race, count > 1 ? " " : "",
                     fmt::join(arguments + 1, arguments + count, " "));
}

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace unroll::bench
