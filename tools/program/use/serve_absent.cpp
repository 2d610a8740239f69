#include "unroll/core/error.h"
#include "unroll/tools/program/commands.h"

namespace unroll {

std::string boost_version() {
  return "";
}

/// The command where the server was not built (tools/server/CMakeLists.txt).
void add_serve_command(CLI::App& program, int&) {
  CLI::App* command =
      program.add_subcommand("serve", "Answer requests about texts over HTTP (not built in)");
  command->allow_extras();
  command->callback([] {
    throw UsageError(
        "serve was not built in: install libboost-dev (Boost 1.74 or later) and build again");
  });
}

}  // namespace unroll
