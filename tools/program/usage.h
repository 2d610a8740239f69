/// What is wrong with a command line, for the person who typed it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"

namespace unroll {

/// "; did you mean "--label-col"?", or nothing if none of the known words is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// Names the word that is wrong and the one that may have been meant; for what CLI11 says well
/// itself, its message.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error);

/// "Try `unroll train --help`.", by the command that the command line names.
std::string where_to_look(const CLI::App& program);

/// A word as a shell takes it for one: in quotes where it has to be.
std::string shell_word(std::string_view text);

/// The error's message, and the flags of the options that would mend it.
std::string message_with_flags(const Error& error);

}  // namespace unroll
