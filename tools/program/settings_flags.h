/// The flags that say where the settings of a command come from: --preset, --config; and
/// --dump-config, which shows them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "unroll/tools/program/settings.h"

namespace unroll {

/// The settings of a run in its folder.
inline constexpr const char* kSettingsFile = "config.toml";
/// Read from the working directory where --config names no other file.
inline constexpr const char* kSettingsOfFolder = "unroll.toml";

struct SourceFlags {
  std::string config;
  bool dump = false;
};

/// --preset, a setting like others: a file may have it.
void add_preset_flag(CLI::App& command, std::string& preset);
/// --config and --dump-config, which no file may have.
void add_source_flags(CLI::App& command, SourceFlags& sources);

struct SettingsFile {
  std::string path;  ///< empty: there is none
  Settings settings;
};

/// The file of --config, or the folder's, checked with the flags of `command`. Throws what
/// read_settings and check_each throw.
SettingsFile settings_file(const SourceFlags& sources, CLI::App& command);
/// Says which file it is.
void tell_of(const SettingsFile& file);

/// What holds: `given` beats the preset that it names, which beats the file, which beats the preset
/// that the file names.
Settings settings_of(const Settings& given, const Settings& file,
                     const CommandDescription& command);

}  // namespace unroll
