#include "unroll/tools/program/flag_table.h"

#include <algorithm>
#include <cctype>

namespace unroll {

namespace {

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_placeholder(std::string_view word) {
  return std::ranges::any_of(
      word, [](char letter) { return std::isupper(static_cast<unsigned char>(letter)) != 0; });
}

/// What may be typed of "TEXT:{lstm,gru}" or of "none|zh|FILE".
std::vector<std::string> choices_in(std::string_view value) {
  const std::size_t brace = value.find('{');
  if (brace != std::string_view::npos)
    return split(value.substr(brace + 1, value.find('}') - brace - 1), ',');
  if (value.find('|') == std::string_view::npos) return {};
  std::vector<std::string> words = split(value, '|');
  std::erase_if(words, is_placeholder);
  return words;
}

bool has_word(std::string_view value, std::string_view word) {
  return std::ranges::count(split(value, '|'), word) > 0;
}

bool is_negative(const CLI::Option& option, const std::string& name) {
  return std::ranges::count(option.get_fnames(), name) > 0;
}

void describe_names(const CLI::Option& option, FlagDescription& flag) {
  const std::vector<std::string>& names = option.get_lnames();
  flag.is_argument = names.empty() && option.get_snames().empty();
  flag.name = flag.is_argument ? option.get_name(true) : names.empty() ? "" : names.front();
  if (!option.get_snames().empty()) flag.letter = option.get_snames().front();
  if (names.size() == 2 && is_negative(option, names.back())) flag.opposite = names.back();
}

FlagDescription describe(const CLI::Option& option) {
  FlagDescription flag;
  describe_names(option, flag);
  flag.help = on_one_line(option.get_description());
  flag.is_required = option.get_required();
  flag.default_value = option.get_default_str();
  if (option.get_items_expected_max() == 0) {  // a switch
    if (flag.default_value.empty()) flag.default_value = "false";
    return flag;
  }
  flag.value = option.get_type_name();
  flag.choices = choices_in(flag.value);
  flag.takes_file = has_word(flag.value, "FILE");
  flag.takes_folder = has_word(flag.value, "DIR");
  flag.is_number = flag.value.starts_with("UINT") || flag.value.starts_with("FLOAT");
  return flag;
}

}  // namespace

CommandDescription describe(const CLI::App& app) {
  CommandDescription command{.name = app.get_name(),
                             .help = on_one_line(app.get_description()),
                             .flags = {},
                             .commands = {}};
  for (const CLI::Option* option : app.get_options()) command.flags.push_back(describe(*option));
  for (const CLI::App* inner : app.get_subcommands(nullptr))
    command.commands.push_back(describe(*inner));
  return command;
}

const FlagDescription* find_flag(const CommandDescription& command, std::string_view name) {
  const auto found = std::ranges::find(command.flags, name, &FlagDescription::name);
  return found == command.flags.end() ? nullptr : &*found;
}

}  // namespace unroll
