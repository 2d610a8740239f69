#include "unroll/tools/python/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "unroll/tools/program/flag_table.h"
#include "unroll/tools/program/settings.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/train/flag_checks.h"
#include "unroll/tools/program/train/training_flags.h"
#include "unroll/tools/program/usage.h"

namespace unroll {

namespace {

std::string replaced(std::string text, char from, char to) {
  std::ranges::replace(text, from, to);
  return text;
}

std::string setting_name(const std::string& flag) {
  return replaced(flag, '-', '_');
}

PythonSetting setting_of(const FlagDescription& flag) {
  return {.name = setting_name(flag.name),
          .default_value = flag.is_switch() ? "" : flag.default_value,
          .help = with_setting_names(flag.help),
          .is_switch = flag.is_switch(),
          .opposite = setting_name(flag.opposite)};
}

/// The flags, and what they write into.
struct Parser {
  Parser() {
    app.set_help_flag();
    add_training_flags(app, parsed.columns, parsed.options, preset);
  }

  ParsedSettings parsed;
  std::string preset;
  CLI::App app{"", "train"};
};

Settings given(const SettingValues& values) {
  Settings settings;
  for (const auto& [name, value] : values) {
    settings.push_back({replaced(name, '_', '-'), value, ""});
  }
  return settings;
}

void parse(const Settings& settings, Parser& parser) {
  const std::string preset = value_of(settings, "preset");
  if (!preset.empty())
    unroll::apply(Settings{{"preset", preset, ""}}, parser.app);  // whether there is one
  unroll::apply(settings_of(settings, {}, describe(parser.app)), parser.app);
  refuse_contradictory_flags(parser.app, parser.parsed.options);
}

bool is_in_flag(char c) {
  return c == '-' || std::islower(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::vector<PythonSetting> training_settings() {
  std::vector<PythonSetting> settings;
  for (const FlagDescription& flag : describe(Parser().app).flags) {
    settings.push_back(setting_of(flag));
  }
  return settings;
}

ParsedSettings parse_settings(const SettingValues& values) {
  Parser parser;
  try {
    parse(given(values), parser);
  } catch (const CLI::ParseError& error) {
    throw UsageError(with_setting_names(usage_message(parser.app, error)));
  } catch (const UsageError& error) {
    throw UsageError(with_setting_names(error.what()));
  }
  return std::move(parser.parsed);
}

std::string with_setting_names(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const bool is_flag = text.compare(at, 2, "--") == 0 && at + 2 < text.size() &&
                         text[at + 2] != '-' && is_in_flag(text[at + 2]);
    if (!is_flag) {
      result += text[at++];
      continue;
    }
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at) + 2;
    const auto end = std::find_if_not(begin, text.end(), is_in_flag);
    result += setting_name(std::string(begin, end));
    at = static_cast<std::size_t>(end - text.begin());
  }
  return result;
}

std::string message_with_settings(const Error& error) {
  return with_setting_names(message_with_flags(error));
}

}  // namespace unroll
