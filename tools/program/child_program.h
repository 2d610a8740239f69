/// This program, run once more by itself with other arguments: work that deserves a process of its
/// own, so that its memory is its own and a failure ends nothing else.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/program/signals.h"

namespace unroll {

/// What is wished of a child that is at work.
enum class ChildMay {
  kGoOn,
  kEnd,  ///< it gets SIGTERM, once, and has the time that it needs to end well
  kDie,  ///< it gets SIGKILL
};

struct ChildProgram {
  std::vector<std::string> arguments;
  std::string settings;  ///< what its --config holds
  std::string input;     ///< the file that is its standard input; empty: nothing is
};

/// Runs `unroll ARGUMENTS... --config SETTINGS` and returns its exit status, 128 + n if signal n
/// ended it. Its results are thrown away, its stderr is ours. `meanwhile` is asked about twice a
/// second. A signal that `guard` notes is passed on, once; if this process is killed, the child
/// gets SIGTERM. Throws DiskError if it can't be started.
int run_program(const ChildProgram& program, const InterruptGuard& guard,
                const std::function<ChildMay()>& meanwhile);

}  // namespace unroll
