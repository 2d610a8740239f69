#include "unroll/tools/program/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/tools/program/presets.h"

namespace unroll {

namespace {

/// Whether a switch was turned on by a word that CLI11 notes as `result`: a switch that has only a
/// name which says no (--no-header) is on when that is "false".
bool is_on(const FlagDescription& flag, const CLI::Option& option, const std::string& result) {
  const bool says_no = flag.opposite.empty() && !option.get_fnames().empty();
  return (result == "true") != says_no;
}

Setting given_switch(const FlagDescription& flag, const CLI::Option& option) {
  const std::vector<std::string>& results = option.results();
  if (std::ranges::adjacent_find(results, std::not_equal_to<>()) != results.end()) {
    throw UsageError(fmt::format("--{} excludes --{}", flag.name,
                                 flag.opposite.empty() ? flag.name + "=false" : flag.opposite));
  }
  return {flag.name, is_on(flag, option, results.front()) ? "true" : "false", ""};
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_default(const Setting& setting, const FlagDescription& flag) {
  if (setting.value == flag.default_value) return true;
  const auto number = number_in(setting.value);
  return flag.is_number && number && number == number_in(flag.default_value);
}

/// As it would be typed.
std::vector<std::string> words_of(const Setting& setting, const FlagDescription& flag) {
  if (!flag.is_switch()) return {"--" + flag.name, setting.value};
  if (setting.value == "true") return {"--" + flag.name};
  if (!flag.opposite.empty()) return {"--" + flag.opposite};
  return {};
}

}  // namespace

Settings given_settings(const CLI::App& command) {
  Settings settings;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    const CommandDescription description = describe(command);
    const FlagDescription& flag = *find_flag(description, option->get_lnames().front());
    settings.push_back(flag.is_switch() ? given_switch(flag, *option)
                                        : Setting{flag.name, option->results().front(), ""});
  }
  return settings;
}

Settings preset_settings(std::string_view name) {
  Settings settings;
  for (const PresetFlag& flag : preset_of(name).flags) {
    settings.push_back(
        {std::string(flag.flag), std::string(flag.value), fmt::format("--preset {}", name)});
  }
  return settings;
}

Settings merge(std::span<const Settings> sources, const CommandDescription& command) {
  Settings merged;
  for (const FlagDescription& flag : command.flags) {
    const Setting* last = nullptr;
    for (const Settings& source : sources) {
      const auto found = std::ranges::find(source, flag.name, &Setting::flag);
      if (found != source.end()) last = &*found;
    }
    // A default that a file repeats is not "given": what refuses or warns of flags that were given
    // has nothing to say about it. One that is typed is.
    if (last != nullptr && (last->origin.empty() || !is_default(*last, flag)))
      merged.push_back(*last);
  }
  return merged;
}

std::string value_of(const Settings& settings, std::string_view flag, std::string missing) {
  const auto found = std::ranges::find(settings, flag, &Setting::flag);
  return found == settings.end() ? std::move(missing) : found->value;
}

void apply(const Settings& settings, CLI::App& app) {
  const CommandDescription command = describe(app);
  std::vector<std::string> words;
  for (const Setting& setting : settings) {
    for (std::string& word : words_of(setting, *find_flag(command, setting.flag)))
      words.push_back(std::move(word));
  }
  std::ranges::reverse(words);  // CLI11 takes words from the back
  app.parse(words);
}

void check_each(const Settings& settings, CLI::App& app) {
  for (const Setting& setting : settings) {
    try {
      apply({setting}, app);
    } catch (const CLI::RequiredError&) {
    } catch (const CLI::RequiresError&) {
    } catch (const CLI::ParseError& error) {
      throw UsageError(fmt::format("{}: {}", setting.origin, error.what()));
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}", setting.origin, error.what()));
    }
  }
}

std::string with_origins(std::string_view message, const Settings& settings) {
  std::string text(message);
  for (const Setting& setting : settings) {
    const std::string flag = "--" + setting.flag;
    if (!setting.origin.empty() && message.find(flag) != std::string_view::npos)
      text += fmt::format(" [{} {} is from {}]", flag, setting.value, setting.origin);
  }
  return text;
}

void let_others_complete(CLI::App& command) {
  for (CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
    for (CLI::Option* needed : std::set<CLI::Option*>(option->get_needs()))
      option->remove_needs(needed);
    if (!option->get_required()) continue;
    option->required(false)->option_text(option->get_type_name() + " REQUIRED");
  }
}

}  // namespace unroll
