#include "unroll/tools/program/settings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/toml_settings.h"
#include "unroll/tools/program/usage.h"

namespace unroll {

namespace {

/// A text or a number as a flag's value. Nothing for what is neither.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  return std::nullopt;
}

/// "title,body". A comma inside an item would make two of it.
std::optional<std::string> joined(const toml::array& items) {
  std::vector<std::string> texts;
  for (const toml::node& item : items) {
    const auto text = text_of(item);
    if (!text || text->find(',') != std::string::npos) return std::nullopt;
    texts.push_back(*text);
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

/// "spam=5,ham=1".
std::optional<std::string> joined(const toml::table& items) {
  std::vector<std::string> texts;
  for (const auto& [name, item] : items) {
    const auto text = text_of(item);
    if (!text) return std::nullopt;
    texts.push_back(fmt::format("{}={}", std::string_view(name), *text));
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

/// Flags whose value is several, written with commas between.
constexpr std::array kLists{std::string_view("text-col"), std::string_view("class-weight")};
constexpr std::array kTables{std::string_view("class-weight")};

/// A number is no path, though a file may have such a name: `dev = 3` is a slip. Columns may have
/// numbers.
bool is_wrong_number(const toml::node& node, const FlagDescription& flag) {
  return node.is_number() && (flag.takes_file || flag.takes_folder || !flag.choices.empty());
}

std::optional<std::string> value_in(const toml::node& node, const FlagDescription& flag) {
  if (is_wrong_number(node, flag)) return std::nullopt;
  if (flag.is_switch()) {
    const auto on = node.value_exact<bool>();
    return on ? std::optional<std::string>(*on ? "true" : "false") : std::nullopt;
  }
  if (node.is_array() && std::ranges::count(kLists, flag.name) > 0) return joined(*node.as_array());
  if (node.is_table() && std::ranges::count(kTables, flag.name) > 0)
    return joined(*node.as_table());
  return text_of(node);
}

std::string_view expected_of(const FlagDescription& flag) {
  if (flag.is_switch()) return "true or false";
  if (flag.is_number) return "a number";
  if (std::ranges::count(kTables, flag.name) > 0)
    return "a text in quotes, or a table of labels and their weights";
  if (std::ranges::count(kLists, flag.name) > 0)
    return "a text in quotes, or a list of such without commas";
  return "a text in quotes";
}

std::vector<std::string> keys_of(const CommandDescription& command) {
  std::vector<std::string> keys;
  for (const FlagDescription& flag : command.flags)
    if (is_key(flag)) keys.push_back(flag.name);
  return keys;
}

const FlagDescription& flag_of(std::string_view key, const std::string& where,
                               const CommandDescription& command) {
  for (const FlagDescription& flag : command.flags) {
    if (!flag.opposite.empty() && flag.opposite == key) {
      throw UsageError(
          fmt::format("{}: write {} = false for {} = true", where, flag.name, flag.opposite));
    }
  }
  const FlagDescription* flag = find_flag(command, key);
  if (flag != nullptr && is_key(*flag)) return *flag;
  if (flag != nullptr) {
    throw UsageError(
        fmt::format("{}: {} is for the command line alone: take it out of the file", where, key));
  }
  throw UsageError(fmt::format("{}: unroll {} has no setting {}{}", where, command.name,
                               in_quotes(key), suggestion(key, keys_of(command))));
}

Setting setting_of(const std::string& path, const toml::key& key, const toml::node& node,
                   const CommandDescription& command) {
  const std::string where = place_text(path, key.source().begin);
  const FlagDescription& flag = flag_of(key.str(), where, command);
  if (const auto value = value_in(node, flag)) return {flag.name, *value, where};
  throw UsageError(fmt::format("{}: {} is {}; expected {}", place_text(path, node.source().begin),
                               flag.name, kind_of(node), expected_of(flag)));
}

/// A number as TOML has it: it does not know .5 and 5., and no whole number above 2^63.
std::optional<std::string> number_text(const std::string& text) {
  std::int64_t whole = 0;
  double real = 0;
  const char* const end = text.data() + text.size();
  const auto is_all = [&](std::from_chars_result result) {
    return result.ec == std::errc() && result.ptr == end;
  };
  if (is_all(std::from_chars(text.data(), end, whole))) return fmt::format("{}", whole);
  if (text.find_first_of(".eE") == std::string::npos) return std::nullopt;
  if (is_all(std::from_chars(text.data(), end, real))) return fmt::format("{}", real);
  return std::nullopt;
}

/// The escapes of JSON are TOML's, which has one more character that it wants escaped.
std::string basic_string_of(std::string_view text) {
  std::string json = nlohmann::json(text).dump();
  for (std::size_t at = 0; (at = json.find('\x7f', at)) != std::string::npos;)
    json.replace(at, 1, "\\u007f");
  return json;
}

std::string line_of(const FlagDescription& flag, const std::string& value) {
  if (value.empty() && flag.default_value.empty()) return fmt::format("# {} =", flag.name);
  if (flag.is_switch()) return fmt::format("{} = {}", flag.name, value);
  if (invalid_utf8(value)) return fmt::format("# {} = a text that is not UTF-8", flag.name);
  const auto number = flag.is_number ? number_text(value) : std::nullopt;
  return fmt::format("{} = {}", flag.name, number ? *number : basic_string_of(value));
}

}  // namespace

std::string place_text(const std::string& path, const toml::source_position& position) {
  return to_string(Place{path, position.line, position.column});
}

std::string_view kind_of(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (node.is_string()) return "a text";
  if (node.is_number()) return "a number";
  return node.is_boolean() ? "true or false" : "a time";
}

toml::table parse_toml(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw DataError(fmt::format("{}: {} (settings are a file of TOML, a line a key: hidden = 256)",
                                place_text(path, error.source().begin), error.description()));
  }
}

std::vector<TomlEntry> in_order(const toml::table& table) {
  std::vector<TomlEntry> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  std::ranges::sort(entries, {}, [](const TomlEntry& entry) {
    const toml::source_position& begin = entry.first->source().begin;
    return std::pair(begin.line, begin.column);
  });
  return entries;
}

Settings settings_in(const toml::table& table, const std::string& path,
                     const CommandDescription& command) {
  Settings settings;
  for (const auto& [key, node] : in_order(table))
    settings.push_back(setting_of(path, *key, *node, command));
  return settings;
}

bool is_key(const FlagDescription& flag) {
  constexpr std::array kOfOneCall{std::string_view("help"), std::string_view("overwrite"),
                                  std::string_view("config"), std::string_view("dump-config"),
                                  std::string_view("until-step")};
  return !flag.is_argument && std::ranges::count(kOfOneCall, flag.name) == 0;
}

Settings read_settings(const std::string& path, const CommandDescription& command) {
  return settings_in(parse_toml(path), path, command);
}

Settings read_any_settings(const std::string& path) {
  const toml::table table = parse_toml(path);
  Settings settings;
  for (const auto& [key, node] : in_order(table)) {
    const auto on = node->value_exact<bool>();
    const auto value = on                 ? std::optional<std::string>(*on ? "true" : "false")
                       : node->is_array() ? joined(*node->as_array())
                       : node->is_table() ? joined(*node->as_table())
                                          : text_of(*node);
    settings.push_back({std::string(key->str()), value.value_or(""), path});
  }
  return settings;
}

std::string to_toml(const Settings& settings, const CommandDescription& command) {
  constexpr std::string_view kPreset = "preset";  // its flags are there, whatever it will be
  std::string text = fmt::format(
      "# Settings of `unroll {}`: a flag on the command line beats them.\n"
      "# Paths are relative to the folder where the program runs.\n",
      command.name);
  for (const FlagDescription& flag : command.flags) {
    if (!is_key(flag) || flag.name == kPreset) continue;
    const std::string value = value_of(settings, flag.name, flag.default_value);
    text += fmt::format("\n# {}\n{}\n", flag.help, line_of(flag, value));
  }
  return text;
}

}  // namespace unroll
