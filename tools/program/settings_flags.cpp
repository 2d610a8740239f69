#include "unroll/tools/program/settings_flags.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "unroll/tools/program/presets.h"
#include "unroll/tools/program/settings_file.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

std::string help_on_presets() {
  std::string help = "Flags that were measured together, which other flags beat";
  for (const Preset& preset : presets()) help += fmt::format("\n{}: {}", preset.name, preset.what);
  return help;
}

}  // namespace

void add_preset_flag(CLI::App& command, std::string& preset) {
  std::vector<std::string> names;
  for (const Preset& known : presets()) names.emplace_back(known.name);
  command.add_option("--preset", preset, help_on_presets())
      ->check(CLI::IsMember(std::move(names)))
      ->capture_default_str();
}

void add_source_flags(CLI::App& command, SourceFlags& sources) {
  command
      .add_option(
          "--config", sources.config,
          fmt::format("File of settings, which flags beat, such as the config.toml of a run\n"
                      "(default: {} of the working directory, if there is one)",
                      kSettingsOfFolder))
      ->type_name("FILE");
  command.add_flag("--dump-config", sources.dump, "Print all settings as such a file, and end");
}

SettingsFile settings_file(const SourceFlags& sources, CLI::App& command) {
  SettingsFile file{sources.config, {}};
  std::error_code ignored;
  if (file.path.empty() && std::filesystem::exists(kSettingsOfFolder, ignored))
    file.path = kSettingsOfFolder;
  if (file.path.empty()) return file;
  file.settings = read_settings(file.path, describe(command));
  check_each(file.settings, command);
  return file;
}

void tell_of(const SettingsFile& file) {
  const std::size_t count = file.settings.size();
  Terminal(false).note(fmt::format("config  {}: {} setting{}; flags beat them", file.path, count,
                                   count == 1 ? "" : "s"));
}

Settings settings_of(const Settings& given, const Settings& file,
                     const CommandDescription& command) {
  const std::string preset = value_of(given, "preset", "");  // it replaces that of the file
  const Settings of_file =
      preset.empty() ? preset_settings(value_of(file, "preset", "default")) : Settings();
  const Settings typed = preset_settings(preset.empty() ? "default" : preset);
  const Settings sources[] = {of_file, file, typed, given};
  return merge(sources, command);
}

}  // namespace unroll
