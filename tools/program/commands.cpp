#include "unroll/tools/program/commands.h"

#include <fmt/format.h>

#include <map>

#include "unroll/core/file.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

void add_column_flags(CLI::App& command, ReadOptions& options) {
  command.add_option("--text-col", options.text_column, "Column of the texts, by name or number")
      ->capture_default_str();
  command
      .add_option("--label-col", options.label_column, "Column of the labels, by name or number")
      ->capture_default_str();
  command.add_flag("!--no-header", options.header,
                   "The first row is data; columns are numbers from 1");
}

void add_threads_flag(CLI::App& command) {
  command
      .add_option_function<std::size_t>(
          "--threads", [](std::size_t count) { set_thread_count(count); },
          "Most threads; fewer are used where that is faster (default: OMP_NUM_THREADS,\n"
          "or the processors that affinity and quota leave, as `unroll doctor` shows)")
      ->check(CLI::Range(1, 1024));
}

void add_precision_flag(CLI::App& command, Precision& precision) {
  add_choice(command, "--precision", precision,
             "As what recurrent layers multiply values; bf16 rounds to 8 bits, and is\n"
             "nearly twice as fast where the CPU has products of bfloat16; elsewhere\n"
             "only single texts are predicted faster");
}

CLI::AsNumberWithUnit memory_size() {
  const std::map<std::string, double> units{{"K", 0x1p10}, {"M", 0x1p20}, {"G", 0x1p30}};
  using Unit = CLI::AsNumberWithUnit;
  return Unit(units, static_cast<Unit::Options>(Unit::CASE_INSENSITIVE | Unit::UNIT_REQUIRED));
}

std::string mib_text(std::size_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 0x1p20);
}

void add_quiet_flag(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet,
                   "Neither progress nor notes on stderr, only warnings and errors");
}

TextClassifier load_classifier(const std::string& path) {
  TextClassifier classifier = TextClassifier::load(path);
  if (const auto warning = classifier.icu_warning()) {
    Terminal(false).warning(fmt::format("{}: {}", path, *warning));
  }
  return classifier;
}

std::string with_version(std::string_view object) {
  constexpr int kJsonVersion = 1;  // rises when a key changes its meaning or goes
  return fmt::format("{{\"version\":{},{}", kJsonVersion, object.substr(1));
}

void write_output(const std::string& path, std::string_view content) {
  if (path == "-") {
    fmt::print("{}", content);
  } else {
    write_file(path, content);
  }
}

}  // namespace unroll
