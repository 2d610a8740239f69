// One LSTM, GRU or RNN layer, forward and a training step, on one thread and on two: ours, in fp32
// and in bfloat16, and the peers whose modules lie beside this program (bench/peers/cells,
// bench/compare-cells.sh). With --from-ids the layer reads ids of words.
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

#include "bench/cell_shapes.h"
#include "bench/cell_tables.h"
#include "bench/conditions.h"
#include "bench/peers/cells/load_cell_peers.h"
#include "bench/program.h"
#include "tests/support/marked_section.h"
#include "unroll/tools/lab/race/cell_race.h"

namespace unroll::bench {
namespace {

/// The number of different ids: a text classifier has as many words.
constexpr std::size_t kVocabulary = 20000;

struct Flags {
  CellGrid grid = {.cells = {Cell::kLstm, Cell::kGru, Cell::kRnn}};
  CellRaceSettings race = {.cases = {}, .threads = {1, 2}, .seconds = 300, .least_rounds = 30};
  std::string shapes;
  bool from_ids = false;
  std::string markdown;
};

/// A flag that takes a list of an enumeration's names.
template <typename Enum>
void add_names(CLI::App& program, const std::string& flag, std::vector<Enum>& values) {
  std::vector<std::string> names;
  for (Enum value : kAll<Enum>) names.emplace_back(to_string(value));
  const auto set = [&values](const std::vector<std::string>& chosen) {
    values.clear();
    for (const std::string& name : chosen) values.push_back(*from_name<Enum>(name));
  };
  program
      .add_option_function<std::vector<std::string>>(
          flag, set, fmt::format("Of these: {}", fmt::join(names, ",")))
      ->delimiter(',')
      ->check(CLI::IsMember(names));
}

void add_sizes(CLI::App& program, const std::string& flag, std::vector<std::size_t>& sizes,
               const std::string& help) {
  program.add_option(flag, sizes, help)
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
}

void add_grid_flags(CLI::App& program, CellGrid& grid) {
  add_names(program, "--cells", grid.cells);
  program
      .add_option_function<std::string>(
          "--activation",
          [&grid](const std::string& name) { grid.activation = *from_name<Activation>(name); },
          "The RNN's")
      ->check(CLI::IsMember({"tanh", "relu", "sigmoid"}));
  add_names(program, "--passes", grid.passes);
  add_sizes(program, "--steps", grid.steps, "T");
  add_sizes(program, "--hidden", grid.hidden, "H");
  add_sizes(program, "--input", grid.input,
            "I; without it 100 up to H = 128, above that H; from ids H and 300");
  add_sizes(program, "--batch", grid.batch, "B");
}

void add_shapes_flag(CLI::App& program, std::string& shapes) {
  CLI::Option* flag = program.add_option(
      "--shapes", shapes,
      fmt::format("Instead of sizes: {}; without either the short selection. The grid takes hours",
                  fmt::join(kShapeNames, ", ")));
  for (const char* size : {"--steps", "--hidden", "--input", "--batch"}) {
    flag->excludes(program.get_option(size));
  }
}

void add_from_ids_flag(CLI::App& program, Flags& flags) {
  program
      .add_flag("--from-ids", flags.from_ids,
                fmt::format("x_t are vectors of {} words, read by their ids; ours has multiplied "
                            "all by U beforehand. LSTM, forward, B 1, H 128 to 512 unless told",
                            kVocabulary))
      ->excludes(program.get_option("--shapes"))
      ->excludes(program.get_option("--passes"));
}

/// What --from-ids takes: a text at a time, unless the flags say otherwise.
CellGrid grid_from_ids(const CLI::App& program, CellGrid grid) {
  if (program.count("--cells") == 0) grid.cells = {Cell::kLstm};
  if (program.count("--hidden") == 0) grid.hidden = {128, 256, 512};
  if (program.count("--batch") == 0) grid.batch = {1};
  grid.passes = {CellPass::kForward};
  grid.vocabulary = kVocabulary;
  return grid;
}

void add_flags(CLI::App& program, Flags& flags) {
  add_grid_flags(program, flags.grid);
  add_shapes_flag(program, flags.shapes);
  add_from_ids_flag(program, flags);
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

/// False if somebody did not agree, and so was not timed.
bool run(Flags flags, const std::string& command) {
  std::optional<test::MarkedSection> section;
  if (!flags.markdown.empty()) {
    section.emplace(flags.markdown, section_name(flags.from_ids ? "cells-from-ids" : "cells"));
  }
  flags.race.cases =
      flags.shapes.empty() ? cases_of(flags.grid) : named_shapes(flags.shapes, flags.grid);
  const CellPeers peers = load_cell_peers(program_folder() / "peers" / "cells");
  std::vector<CellContender> contenders = {our_cells(), our_cells(PrecisionChoice::kBFloat16)};
  std::ranges::copy(peers.contenders, std::back_inserter(contenders));
  const auto progress = [](const std::string& what) { fmt::print(stderr, "{}\n", what); };
  const CellRaceResult result = race_cells(contenders, flags.race, progress);
  for (const std::string& who : result.conditions.disagreeing)
    fmt::print(stderr, "not timed: {}\n", who);
  const std::string text =
      conditions({result.conditions, peers.versions, command}) + cell_tables(result.rows);
  if (section) section->write(text);
  fmt::print("{}", text);
  return result.conditions.disagreeing.empty();
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  CLI::App program("Races of recurrent layers over shapes and threads", "cells");
  unroll::bench::Flags flags;
  unroll::bench::add_flags(program, flags);
  return unroll::bench::run_program(program, count, arguments, [&] {
    if (flags.from_ids) flags.grid = unroll::bench::grid_from_ids(program, flags.grid);
    return unroll::bench::run(flags, unroll::bench::command_line("cells", count, arguments));
  });
}
