#include "unroll/tools/program/commands.h"

#include <fmt/format.h>

#include "unroll/core/file.h"
#include "unroll/core/parallel.h"

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
          "Threads (default: all processors, or OMP_NUM_THREADS)")
      ->check(CLI::Range(1, 1024));
}

void add_quiet_flag(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet,
                   "Neither progress nor notes on stderr, only warnings and errors");
}

void write_output(const std::string& path, std::string_view content) {
  if (path == "-") {
    fmt::print("{}", content);
  } else {
    write_file(path, content);
  }
}

}  // namespace unroll
