#include <fmt/format.h>

#include <memory>
#include <optional>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/race/cell_race.h"
#include "unroll/tools/lab/race/cell_report.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct BenchCellsFlags {
  CellCase at;
  std::optional<CellPass> pass;
  bool has_shape = false;
  PrecisionChoice precision = PrecisionChoice::kFull;
  double seconds = CellRaceSettings().seconds;
  bool json = false;
  bool quiet = false;
};

/// Without a size the short selection.
CellGrid grid_of(const BenchCellsFlags& flags) {
  CellGrid grid;
  grid.cells = {flags.at.cell};
  grid.activation = flags.at.activation;
  if (flags.pass) grid.passes = {*flags.pass};
  if (!flags.has_shape) return grid;
  grid.steps = {flags.at.steps};
  grid.hidden = {flags.at.hidden};
  grid.input = {flags.at.input};
  grid.batch = {flags.at.batch};
  return grid;
}

void cells_command(const BenchCellsFlags& flags) {
  CellRaceSettings settings;
  settings.cases = cases_of(grid_of(flags));
  settings.threads = {thread_count()};
  settings.seconds = flags.seconds;
  // fp32 first: it is held to the equations, and the other to it.
  std::vector<CellContender> contenders = {our_cells()};
  if (flags.precision != PrecisionChoice::kFull) contenders.push_back(our_cells(flags.precision));
  require_stdout();
  Terminal terminal(flags.quiet);
  const auto progress = [&](const std::string& text) { terminal.progress(text); };
  const CellRaceResult result = race_cells(contenders, settings, progress);
  terminal.clear();
  write_stdout(flags.json ? cell_json(result.rows) : cell_table(result));
}

void add_size(CLI::App& command, const std::string& flag, std::size_t& size,
              const std::string& help) {
  command.add_option(flag, size, help)->check(whole_number(1, 1 << 20))->capture_default_str();
}

void add_case_flags(CLI::App& command, BenchCellsFlags& flags) {
  add_choice(command, "--cell", flags.at.cell, "The cell");
  add_choice(command, "--activation", flags.at.activation, "φ of the RNN");
  command
      .add_option_function<std::string>(
          "--pass", [&flags](const std::string& name) { flags.pass = from_name<CellPass>(name); },
          "forward: inference; train: forward and backward; default: both")
      ->check(CLI::IsMember({"forward", "train"}));
  add_size(command, "--steps", flags.at.steps,
           "T, steps; if any size is given, only this shape is timed");
  add_size(command, "--batch", flags.at.batch, "B, rows of the batch");
  add_size(command, "--input", flags.at.input, "I, values of x_t");
  add_size(command, "--hidden", flags.at.hidden, "H, units");
}

}  // namespace

void add_bench_cells_command(CLI::App& bench, int& status) {
  const auto flags = std::make_shared<BenchCellsFlags>();
  CLI::App* command = bench.add_subcommand(
      "cells",
      "Time one RNN, LSTM or GRU layer, forward and a training step: useful GFLOP/s, and\n"
      "how much that is of the peak of the multiply-add units.\n"
      "Without a size: H 64 to 512 times B 1 to 64");
  add_case_flags(*command, *flags);
  add_choice(*command, "--precision", flags->precision,
             "Precision of what is multiplied; bf16 and half are raced against fp32");
  add_threads_flag(*command);
  command
      ->add_option("--seconds", flags->seconds,
                   "Run for about this long; the largest shapes take longer")
      ->check(real_number(0.0, 36000.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print the rows as one JSON array");
  add_quiet_flag(*command, flags->quiet);
  command->callback([command, flags, &status] {
    for (const char* size : {"--steps", "--batch", "--input", "--hidden"}) {
      flags->has_shape |= command->count(size) > 0;
    }
    refuse_flags_of_other_cell(*command, flags->at.cell);
    cells_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
