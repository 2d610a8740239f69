#include "unroll/tools/python/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>

#include "unroll/tools/program/training_flags.h"
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

std::string flag_name(const std::string& setting) {
  return "--" + replaced(setting, '_', '-');
}

Setting setting_of(const CLI::Option& option) {
  return {.name = setting_name(option.get_lnames().front()),
          .default_value = option.get_default_str(),
          .help = with_setting_names(replaced(option.get_description(), '\n', ' ')),
          .is_switch = option.get_items_expected_max() == 0};
}

/// The words of a command line, the last one first, as CLI::App takes them.
std::vector<std::string> words_of(const SettingValues& values) {
  std::vector<std::string> words;
  for (const auto& [name, value] : values) {
    words.push_back(value.empty() ? flag_name(name) : flag_name(name) + "=" + value);
  }
  std::ranges::reverse(words);
  return words;
}

bool is_in_flag(char c) {
  return c == '-' || std::islower(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::vector<Setting> training_settings() {
  ParsedSettings defaults;
  CLI::App app("", "train");
  app.set_help_flag();
  add_training_flags(app, defaults.columns, defaults.options);
  std::vector<Setting> settings;
  for (const CLI::Option* option : app.get_options()) settings.push_back(setting_of(*option));
  return settings;
}

ParsedSettings parse_settings(const SettingValues& values) {
  ParsedSettings settings;
  CLI::App app("", "train");
  app.set_help_flag();
  add_training_flags(app, settings.columns, settings.options);
  try {
    app.parse(words_of(values));
    refuse_contradictory_flags(app, settings.options);
  } catch (const CLI::ParseError& error) {
    throw UsageError(with_setting_names(usage_message(app, error)));
  } catch (const UsageError& error) {
    throw UsageError(with_setting_names(error.what()));
  }
  return settings;
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
