#include "unroll/tools/program/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace unroll {

namespace {

/// A command and its name in full: "unroll data split".
struct NamedCommand {
  std::string name;
  const CommandDescription* command;
};

void add_commands(const CommandDescription& command, const std::string& name,
                  std::vector<NamedCommand>& all) {
  all.push_back({name, &command});
  for (const CommandDescription& inner : command.commands)
    add_commands(inner, name + " " + inner.name, all);
}

std::vector<NamedCommand> all_commands(const CommandDescription& program) {
  std::vector<NamedCommand> all;
  add_commands(program, program.name, all);
  return all;
}

/// All names but the program's own, each in quotes, with `between` between them.
std::string quoted_names(const std::vector<NamedCommand>& commands, std::string_view between) {
  std::vector<std::string> names;
  for (const NamedCommand& command : commands)
    if (command.name != commands.front().name) names.push_back(fmt::format("'{}'", command.name));
  return fmt::format("{}", fmt::join(names, between));
}

/// "--train", "--unidirectional", "-h": all that may be typed.
std::vector<std::string> words_of(const FlagDescription& flag) {
  std::vector<std::string> words;
  if (flag.is_argument) return words;
  words.push_back("--" + flag.name);
  if (!flag.opposite.empty()) words.push_back("--" + flag.opposite);
  if (!flag.letter.empty()) words.push_back("-" + flag.letter);
  return words;
}

/// The help's first sentence or so: a shell shows one line. What a colon explains is cut with it:
/// "none: no network" would be "none".
std::string shortened(std::string_view help) {
  constexpr std::size_t kMost = 76;
  help = help.substr(0, std::min({help.find(". "), help.find(" (default"), help.size()}));
  if (const std::size_t colon = help.find(": "); colon != std::string_view::npos) {
    const std::size_t explained = help.rfind("; ", colon);
    help = help.substr(0, explained == std::string_view::npos ? colon : explained);
  }
  if (help.size() > kMost) help = help.substr(0, help.rfind(' ', kMost));
  return std::string(help);
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

bool takes_path(const CommandDescription& command, bool FlagDescription::*kind) {
  return std::ranges::any_of(
      command.flags, [&](const FlagDescription& flag) { return flag.is_argument && flag.*kind; });
}

/// The commands of a command, and the names that an argument may be.
std::vector<std::string> names_of(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const CommandDescription& inner : command.commands) names.push_back(inner.name);
  for (const FlagDescription& flag : command.flags)
    if (flag.is_argument) names.insert(names.end(), flag.choices.begin(), flag.choices.end());
  return names;
}

// ------------------------------------------------------------------------------------------- bash

/// What bash offers as a value: "_unroll_offer files 'none zh en'".
std::string bash_offer(const FlagDescription& flag) {
  return fmt::format("_unroll_offer {} '{}'",
                     flag.takes_file     ? "files"
                     : flag.takes_folder ? "folders"
                                         : "nothing",
                     fmt::join(flag.choices, " "));
}

/// Flags of which the same is offered are one line.
std::string bash_values(const std::vector<NamedCommand>& commands) {
  std::map<std::string, std::vector<std::string>> flags_by_offer;
  for (const auto& [name, command] : commands) {
    for (const FlagDescription& flag : command->flags) {
      if (flag.is_argument || flag.is_switch()) continue;
      flags_by_offer[bash_offer(flag)].push_back(fmt::format("'{} --{}'", name, flag.name));
    }
  }
  std::string text;
  for (const auto& [offer, flags] : flags_by_offer)
    text += fmt::format("    {}) {}; return ;;\n", fmt::join(flags, " | "), offer);
  return text;
}

std::string bash_flags(const NamedCommand& command) {
  std::vector<std::string> words;
  for (const FlagDescription& flag : command.command->flags) {
    for (std::string& word : words_of(flag)) words.push_back(std::move(word));
  }
  return fmt::format("    '{}') flags='{}' ;;\n", command.name, fmt::join(words, " "));
}

std::string bash_arguments(const NamedCommand& command) {
  const CommandDescription& found = *command.command;
  const bool files = takes_path(found, &FlagDescription::takes_file);
  const bool folders = takes_path(found, &FlagDescription::takes_folder);
  return fmt::format("    '{}') _unroll_offer {} '{}' ;;\n", command.name,
                     files     ? "files"
                     : folders ? "folders"
                               : "nothing",
                     fmt::join(names_of(found), " "));
}

constexpr std::string_view kBashOffer = R"(
# _unroll_offer files|folders|nothing 'NAME NAME': what begins as the word does.
_unroll_offer() {
  COMPREPLY=($(compgen -W "$2" -- "$word"))
  local path
  case $1 in files) path=-f ;; folders) path=-d ;; *) return ;; esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$path" -- "$word")
}
)";

constexpr std::string_view kBashWords = R"(
_unroll() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=unroll flags= name i
  COMPREPLY=()
  # Bash makes three words of --cell=lstm.
  if [ "$word" = '=' ]; then word=
  elif [ "$before" = '=' ]; then before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
)";

// ------------------------------------------------------------------------------------------- zsh

/// Help between brackets.
std::string zsh_help(const FlagDescription& flag) {
  std::string help = replace_all(shortened(flag.help), "'", "’");
  help = replace_all(std::move(help), "[", "\\[");
  return replace_all(std::move(help), "]", "\\]");
}

/// ":value:(lstm gru)", ":value:_files".
std::string zsh_value(const FlagDescription& flag) {
  if (flag.is_switch()) return "";
  const std::string names = fmt::format("{}", fmt::join(flag.choices, " "));
  const std::string_view paths = flag.takes_folder ? "_files -/" : "_files";
  if (!flag.takes_file && !flag.takes_folder)
    return names.empty() ? ":value: " : fmt::format(":value:({})", names);
  if (names.empty()) return fmt::format(":path:{}", paths);
  return fmt::format(":value:_alternative \"names\\:name\\:({})\" \"files\\:file\\:{}\"", names,
                     paths);
}

std::string zsh_flag(const FlagDescription& flag) {
  if (flag.is_argument) return fmt::format("'*{}'", zsh_value(flag));
  std::string text;
  for (const std::string& word : words_of(flag)) {
    text += fmt::format("{}'{}[{}]{}'", text.empty() ? "" : " \\\n    ", word, zsh_help(flag),
                        zsh_value(flag));
  }
  return text;
}

/// The name of a command's function: "_unroll_data_split".
std::string zsh_function(const std::string& name) {
  return "_" + replace_all(replace_all(name, " ", "_"), "-", "_");
}

/// The last kind holds for all further arguments: a command's model comes first, then texts.
std::vector<std::string> zsh_flags(const CommandDescription& command) {
  std::vector<std::string> specs;
  std::string rest;
  for (const FlagDescription& flag : command.flags) {
    if (flag.is_argument && (flag.takes_file || rest.empty())) rest = zsh_flag(flag);
    if (!flag.is_argument) specs.push_back(zsh_flag(flag));
  }
  if (!rest.empty()) specs.push_back(rest);
  return specs;
}

std::string zsh_leaf(const NamedCommand& command) {
  return fmt::format("\n{}() {{\n  _arguments \\\n    {}\n}}\n", zsh_function(command.name),
                     fmt::join(zsh_flags(*command.command), " \\\n    "));
}

std::string zsh_branch(const NamedCommand& command) {
  std::string names, calls;
  for (const CommandDescription& inner : command.command->commands) {
    names += fmt::format("      '{}:{}'\n", inner.name,
                         replace_all(replace_all(shortened(inner.help), ":", ","), "'", "’"));
    calls +=
        fmt::format("      {}) {} ;;\n", inner.name, zsh_function(command.name + " " + inner.name));
  }
  return fmt::format(
      "\n{0}() {{\n  local context state line\n  _arguments -C \\\n    {1} \\\n"
      "    '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n  command)\n    local -a commands=(\n{2}    )\n"
      "    _describe command commands ;;\n  argument)\n    case $line[1] in\n{3}    esac ;;\n"
      "  esac\n}}\n",
      zsh_function(command.name), fmt::join(zsh_flags(*command.command), " \\\n    "), names,
      calls);
}

// ------------------------------------------------------------------------------------------- fish

std::string fish_quoted(std::string_view text) {
  return "'" + replace_all(replace_all(std::string(text), "\\", "\\\\"), "'", "\\'") + "'";
}

/// "-x -a 'lstm gru'", "-r -F".
std::string fish_value(const FlagDescription& flag) {
  if (flag.is_switch()) return "";
  const std::string names =
      flag.choices.empty() ? ""
                           : " -a " + fish_quoted(fmt::format("{}", fmt::join(flag.choices, " ")));
  if (flag.takes_file) return " -r -F" + names;
  if (flag.takes_folder) return " -x -a '(__fish_complete_directories)'" + names;
  return " -x" + names;
}

std::string fish_flag(const std::string& begin, const FlagDescription& flag) {
  std::string text;
  for (const std::string& word : words_of(flag)) {
    const bool is_letter = !word.starts_with("--");
    text += fmt::format("{} {} {}{} -d {}\n", begin, is_letter ? "-s" : "-l",
                        word.substr(is_letter ? 1 : 2), fish_value(flag),
                        fish_quoted(shortened(flag.help)));
  }
  return text;
}

std::string fish_command(const NamedCommand& command) {
  const std::string begin =
      fmt::format("complete -c unroll -n 'test (__unroll_command) = \"{}\"'", command.name);
  std::string text;
  for (const CommandDescription& inner : command.command->commands)
    text += fmt::format("{} -a {} -d {}\n", begin, inner.name, fish_quoted(shortened(inner.help)));
  if (takes_path(*command.command, &FlagDescription::takes_file) ||
      takes_path(*command.command, &FlagDescription::takes_folder))
    text += begin + " -F\n";
  for (const FlagDescription& flag : command.command->flags) {
    text += flag.is_argument && !flag.choices.empty() ? begin + fish_value(flag) + "\n"
                                                      : fish_flag(begin, flag);
  }
  return text;
}

constexpr std::string_view kFishCommand =
    R"(# fish completion of unroll, written by `unroll completion fish`.

function __unroll_command
    set -l command unroll
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
            case {}
                set command "$command $word"
        end
    end
    echo $command
end

complete -c unroll -f
)";

}  // namespace

std::string bash_completion(const CommandDescription& program) {
  const std::vector<NamedCommand> commands = all_commands(program);
  std::string flags, arguments;
  for (const NamedCommand& command : commands) {
    flags += bash_flags(command);
    arguments += bash_arguments(command);
  }
  return fmt::format(
      "# bash completion of unroll, written by `unroll completion bash`.\n{}{}"
      "      {}) command=\"$command ${{COMP_WORDS[i]}}\" ;;\n    esac\n  done\n"
      "  case \"$command $before\" in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n    _unroll_offer nothing \"$flags\"\n    return\n  fi\n"
      "  case $command in\n{}  esac\n}}\ncomplete -F _unroll unroll\n",
      kBashOffer, kBashWords, quoted_names(commands, " | "), bash_values(commands), flags,
      arguments);
}

std::string zsh_completion(const CommandDescription& program) {
  std::string text =
      "#compdef unroll\n# zsh completion of unroll, written by `unroll completion zsh`.\n";
  for (const NamedCommand& command : all_commands(program))
    text += command.command->commands.empty() ? zsh_leaf(command) : zsh_branch(command);
  return text + "\n_unroll \"$@\"\n";
}

std::string fish_completion(const CommandDescription& program) {
  const std::vector<NamedCommand> commands = all_commands(program);
  std::string text = replace_all(std::string(kFishCommand), "{}", quoted_names(commands, " "));
  for (const NamedCommand& command : commands) text += fish_command(command);
  return text;
}

}  // namespace unroll
