#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>

#include "unroll/core/file.h"
#include "unroll/kernels/isa.h"
#include "unroll/tools/lab/race/activation_page.h"
#include "unroll/tools/lab/race/activation_race.h"
#include "unroll/tools/lab/race/activation_report.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct BenchFlags {
  ActivationRaceSettings race;
  std::string html = "unroll-activations.html";
  bool no_html = false;
  bool json = false;
  bool quiet = false;
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  return fmt::format("{:%Y-%m-%d}", fmt::localtime(now));
}

std::string command_text(const ActivationRaceSettings& race) {
  std::string text = "unroll bench activations";
  if (!race.functions.empty()) {
    text += fmt::format(" --functions {}", fmt::join(race.functions, ","));
  }
  return text + fmt::format(" --threads {} --bytes {} --seconds {}", fmt::join(race.threads, ","),
                            fmt::join(race.bytes, ","), race.seconds);
}

void activations_command(const BenchFlags& flags) {
  require_stdout();
  if (!flags.no_html) try_file(flags.html);
  Terminal terminal(flags.quiet);
  const auto progress = [&](const std::string& text) { terminal.progress(text); };
  const ActivationRaceResult result = race_activations(own_contenders(), flags.race, progress);
  terminal.clear();
  for (const std::string& who : result.conditions.disagreeing)
    terminal.warning("not timed: " + who);
  write_stdout(flags.json ? activation_json(result.rows) : activation_table(result));
  if (flags.no_html) return;
  write_file(flags.html, activation_page(result, {cpu_name(), today(), command_text(flags.race)}));
  terminal.note(fmt::format("the accuracy–speed planes are in {}", flags.html));
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const ActivationFunction& function : activation_functions()) {
    names.emplace_back(function.name);
  }
  return names;
}

void add_race_flags(CLI::App& command, ActivationRaceSettings& race) {
  command
      .add_option("--threads", race.threads,
                  "Numbers of threads, a list; each thread has its part of the array")
      ->delimiter(',')
      ->check(whole_number(1, 1024))
      ->default_str("1");
  command.add_option("--bytes", race.bytes, "Sizes of the input array, a list")
      ->delimiter(',')
      ->check(whole_number(64, 1 << 30))
      ->default_str("262144");
  command.add_option("--functions", race.functions, "Functions to race, a list (default: all)")
      ->delimiter(',')
      ->check(CLI::IsMember(function_names()));
  command.add_option("--seconds", race.seconds, "Run all races for about this long")
      ->check(real_number(0.0, 36000.0))
      ->capture_default_str();
}

void add_activations_command(CLI::App& bench, int& status) {
  const auto flags = std::make_shared<BenchFlags>();
  CLI::App* command =
      bench.add_subcommand("activations",
                           "exp, expm1, log, tanh, sigmoid, ReLU on arrays of floats:\nunroll on "
                           "each instruction set against std and xsimd");
  add_race_flags(*command, flags->race);
  command->add_flag("--json", flags->json,
                    "Print the rows as one JSON array, and write a page only if --html is given");
  CLI::Option* html =
      command->add_option("--html", flags->html, "File of the page with the accuracy–speed planes")
          ->type_name("FILE")
          ->capture_default_str();
  command->add_flag("--no-html", flags->no_html, "Write no page")->excludes(html);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, html, &status] {
    flags->no_html |= flags->json && html->count() == 0;
    activations_command(*flags);
    status = 0;
  });
}

}  // namespace

void add_bench_command(CLI::App& program, int& status) {
  CLI::App* bench =
      program.add_subcommand("bench", "Measure how fast the library is on this machine");
  bench->require_subcommand(1);
  add_activations_command(*bench, status);
  add_bench_cells_command(*bench, status);
  add_bench_predict_command(*bench, status);
}

}  // namespace unroll
