/// TOML as files of settings use it, for the files that read some: settings_file.cpp,
/// compare/comparison_spec.cpp. What they have in common is that each thing has a place to tell.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/tools/program/settings.h"

namespace unroll {

/// Throws DataError with line and column.
toml::table parse_toml(const std::string& path);

/// "settings.toml:3:1".
std::string place_text(const std::string& path, const toml::source_position& position);
/// "a number", for a message.
std::string_view kind_of(const toml::node& node);

using TomlEntry = std::pair<const toml::key*, const toml::node*>;
/// The entries as the file has them: the table has sorted them by name.
std::vector<TomlEntry> in_order(const toml::table& table);

/// A table whose keys are flags of `command`. Throws UsageError for what is no key of the command
/// or no value of the key.
Settings settings_in(const toml::table& table, const std::string& path,
                     const CommandDescription& command);

}  // namespace unroll
