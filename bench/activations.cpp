// exp, expm1, log, tanh, sigmoid, ReLU of float arrays from L1 to DRAM, on one and two threads: who
// is how fast, and how exact. The same race as `unroll bench activations`, at more sizes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "unroll/tools/benchmark/activation_race.h"
#include "unroll/tools/benchmark/activation_report.h"

namespace {

/// With the output as large: within L1 (32 KiB and more), L2 (1 MiB and more), L3, and beyond it.
const std::vector<std::size_t> kSizes = {8 << 10, 256 << 10, 4 << 20, 64 << 20};

int run(int argc, char** argv) {
  unroll::ActivationRaceSettings settings;
  settings.threads = {1, 2};
  settings.bytes = kSizes;
  settings.seconds = 120;
  bool json = false;
  CLI::App program("Races of the activations over sizes and threads", "activations");
  program.add_option("--functions", settings.functions, "A list; default: all")->delimiter(',');
  program.add_option("--threads", settings.threads, "A list; default: 1,2")->delimiter(',');
  program.add_option("--bytes", settings.bytes, "Sizes of the input array, a list")->delimiter(',');
  program.add_option("--seconds", settings.seconds, "About so long for all races, or as it takes");
  program.add_flag("--json", json, "Print the rows as one JSON array");
  CLI11_PARSE(program, argc, argv);
  const unroll::ActivationRaceResult result =
      unroll::race_activations(unroll::own_contenders(), settings,
                               [](const std::string& state) { fmt::print(stderr, "{}\n", state); });
  for (const std::string& who : result.disagreeing) fmt::print(stderr, "not timed: {}\n", who);
  fmt::print("{}", json ? unroll::activation_json(result.rows) : unroll::activation_table(result));
  return result.disagreeing.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "activations: {}\n", error.what());
    return 2;
  }
}
