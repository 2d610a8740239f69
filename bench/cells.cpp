// One RNN or LSTM layer, forward and a training step, on one thread and on two: ours, and the peers
// whose modules lie beside this program (bench/peers/cells, bench/compare-cells.sh).
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

#include "bench/cell_tables.h"
#include "bench/conditions.h"
#include "bench/peers/cells/load_cell_peers.h"
#include "tests/support/marked_section.h"
#include "unroll/core/error.h"
#include "unroll/tools/benchmark/cell_race.h"

namespace unroll::bench {
namespace {

struct Flags {
  std::vector<std::string> cells = {"lstm", "rnn"};
  std::vector<std::string> passes = {"forward", "train"};
  std::vector<std::size_t> batches, hidden;
  CellRaceSettings race = {.cases = {}, .threads = {1, 2}, .seconds = 300, .least_rounds = 30};
  std::string markdown;
};

void add_flags(CLI::App& program, Flags& flags) {
  program.add_option("--cells", flags.cells, "Of these only")
      ->delimiter(',')
      ->check(CLI::IsMember({"lstm", "rnn"}))
      ->capture_default_str();
  program.add_option("--passes", flags.passes, "Of these only")
      ->delimiter(',')
      ->check(CLI::IsMember({"forward", "train"}))
      ->capture_default_str();
  program.add_option("--hidden", flags.hidden, "Of 64,128,256,512 only these")->delimiter(',');
  program.add_option("--batch", flags.batches, "Of 1,16,32,64 only these")->delimiter(',');
  program.add_option("--threads", flags.race.threads, "Thread counts")
      ->delimiter(',')
      ->capture_default_str();
  program
      .add_option("--seconds", flags.race.seconds, "About so long; the largest layers take more")
      ->capture_default_str();
  program.add_option("--rounds", flags.race.least_rounds, "Of each race, however long they take")
      ->capture_default_str();
  program.add_option("--markdown", flags.markdown, "Writes the tables into this file as well");
}

/// An empty list wants all.
bool is_wanted(const std::vector<std::size_t>& wanted, std::size_t value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

std::vector<CellCase> cases_of(const Flags& flags) {
  std::vector<CellPass> passes;
  for (const std::string& name : flags.passes) passes.push_back(*from_name<CellPass>(name));
  std::vector<CellCase> cases;
  for (const std::string& cell : flags.cells) {
    const auto all = short_selection(*from_name<Cell>(cell), Activation::kTanh, passes);
    std::ranges::copy_if(all, std::back_inserter(cases), [&](const CellCase& at) {
      return is_wanted(flags.hidden, at.hidden) && is_wanted(flags.batches, at.batch);
    });
  }
  return cases;
}

/// False if somebody did not agree, and so was not timed.
bool run(Flags flags, const std::string& command) {
  std::optional<test::MarkedSection> section;
  if (!flags.markdown.empty()) section.emplace(flags.markdown, section_name("cells"));
  flags.race.cases = cases_of(flags);
  const CellPeers peers = load_cell_peers(program_folder() / "peers" / "cells");
  std::vector<CellContender> contenders = {our_cells()};
  std::ranges::copy(peers.contenders, std::back_inserter(contenders));
  const auto progress = [](const std::string& what) { fmt::print(stderr, "{}\n", what); };
  const CellRaceResult result = race_cells(contenders, flags.race, progress);
  for (const std::string& who : result.disagreeing) fmt::print(stderr, "not timed: {}\n", who);
  const std::string text =
      conditions({result.clock, result.undisturbed, result.disagreeing, peers.versions, command}) +
      cell_tables(result.rows);
  if (section) section->write(text);
  fmt::print("{}", text);
  return result.disagreeing.empty();
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  CLI::App program("Races of recurrent layers over shapes and threads", "cells");
  unroll::bench::Flags flags;
  unroll::bench::add_flags(program, flags);
  try {
    program.parse(count, arguments);
    return unroll::bench::run(flags, unroll::bench::command_line("cells", count, arguments)) ? 0
                                                                                             : 1;
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "cells: {}\n", error.what());
    return error.exit_status();
  }
}
