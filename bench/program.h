/// What the programs of races have in common: flags, errors, exit status.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "unroll/core/error.h"

namespace unroll::bench {

/// Reads the flags and runs body(), which returns false if something did not hold. The exit status:
/// 0, 1 for what did not hold, 2 for wrong usage, an Error's own after its message on stderr.
template <typename Body>
int run_program(CLI::App& program, int count, char** arguments, Body body) {
  try {
    program.parse(count, arguments);
    return body() ? 0 : 1;
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", program.get_name(), error.what());
    return error.exit_status();
  }
}

}  // namespace unroll::bench
