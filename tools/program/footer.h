/// What the help and the manual page say below the flags: exit statuses, environment.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>

namespace unroll {

struct Meaning {
  std::string_view name;
  std::string_view text;
};

std::span<const Meaning> exit_statuses();
std::span<const Meaning> environment();

/// Both, as the help shows them.
std::string footer_text();

/// Puts the text of a command ahead of both.
void set_footer(CLI::App& command, std::string_view text);

}  // namespace unroll
