// exp, expm1, log, tanh, sigmoid and ReLU of floats, from the first cache to memory, on one thread
// and on two: ours on every instruction set, the standard library, xsimd, and the peers whose
// modules lie beside this program (bench/peers, bench/compare-activations.sh).
//
// Prints Markdown. --markdown FILE also writes it into the file's section for this kind of CPU.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "bench/activation_tables.h"
#include "bench/conditions.h"
#include "bench/peers/load_peers.h"
#include "bench/program.h"
#include "tests/support/marked_section.h"
#include "unroll/tools/lab/race/activation_race.h"
#include "unroll/tools/lab/race/activation_report.h"

namespace unroll::bench {
namespace {

struct Flags {
  ActivationRaceSettings race = {
      .functions = {},
      .threads = {1, 2},
      // With the output as large again: L1, L2, L3, and beyond the caches.
      .bytes = {8 << 10, 256 << 10, 4 << 20, 64 << 20},
      .seconds = 300,
  };
  bool json = false;
  std::string markdown;
};

void add_flags(CLI::App& program, Flags& flags) {
  program.add_option("--functions", flags.race.functions, "Race only these: tanh,exp,…")
      ->delimiter(',');
  program.add_option("--threads", flags.race.threads, "Thread counts, the first leads")
      ->delimiter(',')
      ->capture_default_str();
  program.add_option("--bytes", flags.race.bytes, "Sizes of the input array")
      ->delimiter(',')
      ->capture_default_str();
  program
      .add_option("--seconds", flags.race.seconds, "About so long; the largest arrays take more")
      ->capture_default_str();
  program.add_flag("--json", flags.json, "Prints the rows as one JSON array instead");
  program.add_option("--markdown", flags.markdown, "Writes the tables into this file as well");
}

/// The size whose ratios are shown: 256 KiB where it is raced.
std::size_t leading_size(const std::vector<std::size_t>& bytes) {
  const auto found = std::ranges::find(bytes, std::size_t{256 << 10});
  return found != bytes.end() ? *found : bytes.front();
}

/// False if somebody did not agree, and so was not timed.
bool run(const Flags& flags, const std::string& command) {
  std::optional<test::MarkedSection> section;
  if (!flags.markdown.empty()) section.emplace(flags.markdown, section_name("activations"));
  const Peers peers(program_folder() / "peers");
  std::vector<ActivationContender> contenders = own_contenders();
  std::ranges::copy(peers.contenders(), std::back_inserter(contenders));
  const auto progress = [](const std::string& what) { fmt::print(stderr, "{}\n", what); };
  const ActivationRaceResult result = race_activations(contenders, flags.race, progress);
  for (const std::string& who : result.conditions.disagreeing)
    fmt::print(stderr, "not timed: {}\n", who);
  const std::string text = conditions({result.conditions, peers.versions(), command}) +
                           activation_tables(result.rows, leading_size(flags.race.bytes));
  if (section) section->write(text);
  fmt::print("{}", flags.json ? activation_json(result.rows) : text);
  return result.conditions.disagreeing.empty();
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  CLI::App program("Races of the activations over sizes and threads", "activations");
  unroll::bench::Flags flags;
  unroll::bench::add_flags(program, flags);
  return unroll::bench::run_program(program, count, arguments, [&] {
    return unroll::bench::run(flags, unroll::bench::command_line("activations", count, arguments));
  });
}
