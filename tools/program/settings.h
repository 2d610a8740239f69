/// Settings of a command from several sources: its flags beat a file of settings, which beats a
/// preset, which beats the defaults. All of them are values of the same flags, so each source is
/// read as flags are, with the same checks.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/program/flag_table.h"

namespace unroll {

struct Setting {
  std::string flag;    ///< without dashes
  std::string value;   ///< as it is typed behind the flag; "true" or "false" of a switch
  std::string origin;  ///< "unroll.toml:3:1", "--preset fast"; empty: the command line
};
using Settings = std::vector<Setting>;

/// The settings that the command line of `command`, which was parsed, has given. Throws UsageError
/// if a switch is said to be on and off.
Settings given_settings(const CLI::App& command);

/// The flags of a preset.
Settings preset_settings(std::string_view name);

/// What holds of several sources, from the weakest on: for each flag the last source that has it,
/// unless that gives the default. In the order of the command's flags.
Settings merge(std::span<const Settings> sources, const CommandDescription& command);

/// The value of a flag; `missing` where it is not set.
std::string value_of(const Settings& settings, std::string_view flag, std::string missing = "");

/// Parses the settings as flags, into the variables behind the app's options. Throws
/// CLI::ParseError.
void apply(const Settings& settings, CLI::App& app);

/// Throws UsageError with the place of the first setting that `app` does not accept. The app may
/// miss flags that it requires.
void check_each(const Settings& settings, CLI::App& app);

/// The message of an error, and where those flags in it come from that nobody has typed.
std::string with_origins(std::string_view message, const Settings& settings);

/// Lets a command line leave out what another source may bring: nothing is required, no flag needs
/// another.
void let_others_complete(CLI::App& command);

}  // namespace unroll
