/// Scripts that complete the program's command line in a shell: commands, flags, the names that a
/// flag takes, and files where it takes files.
///
/// A script is text without the program's help: it finds the command in the words that are typed
/// ("unroll data split"), and has a list for each.
#pragma once

#include <string>

#include "unroll/tools/program/flag_table.h"

namespace unroll {

std::string bash_completion(const CommandDescription& program);
std::string zsh_completion(const CommandDescription& program);
std::string fish_completion(const CommandDescription& program);

}  // namespace unroll
