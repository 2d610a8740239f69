/// The commands and their flags as data.
///
/// The flags are declared once, where a command adds them to its CLI::App. Everything else that has
/// to know them reads this table, which is made from those declarations: completion in shells, the
/// manual page, files of settings. A new flag is therefore in all of them at once.
///
/// What a value may be is its type name, as `--help` shows it: `FILE` and `DIR` are paths, names in
/// braces or between bars are what may be typed (`{lstm,gru}`, `none|zh|FILE`), words in capitals
/// are placeholders.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

struct FlagDescription {
  std::string name;                  ///< without dashes; that of an argument without a flag
  std::string letter;                ///< "h" of -h; empty: none
  std::string opposite;              ///< the flag that says no, of a switch that has one
  std::string value;                 ///< what it takes, as `--help` shows it; empty: it is a switch
  std::vector<std::string> choices;  ///< what may be typed, as far as that is known
  bool takes_file = false;
  bool takes_folder = false;
  bool is_number = false;
  bool is_argument = false;  ///< it has no flag: its place tells
  bool is_required = false;
  std::string default_value;
  std::string help;  ///< one line

  bool is_switch() const { return value.empty(); }
};

struct CommandDescription {
  std::string name;
  std::string help;
  std::vector<FlagDescription> flags;
  std::vector<CommandDescription> commands;
};

CommandDescription describe(const CLI::App& app);

/// The flag of this name; nullptr if there is none.
const FlagDescription* find_flag(const CommandDescription& command, std::string_view name);

}  // namespace unroll
