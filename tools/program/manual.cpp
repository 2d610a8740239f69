#include "unroll/tools/program/manual.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/version.h"
#include "unroll/tools/program/footer.h"

namespace unroll {

namespace {

/// Text for roff: a backslash and a hyphen are commands, so is a dot at the begin of a line.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
  }
  return escaped.starts_with('.') || escaped.starts_with('\'') ? "\\&" + escaped : escaped;
}

/// "UINT:1 .. 8192" is for the help; here "1 .. 8192", "lstm|gru|rnn".
std::string value_of(const FlagDescription& flag) {
  if (!flag.choices.empty() && flag.value.find('{') != std::string::npos)
    return fmt::format("{}", fmt::join(flag.choices, "|"));
  const std::size_t colon = flag.is_number ? flag.value.find(':') : std::string::npos;
  return colon == std::string::npos ? flag.value : flag.value.substr(colon + 1);
}

std::string entry_of(const FlagDescription& flag) {
  std::vector<std::string> names;
  if (!flag.letter.empty()) names.push_back(fmt::format("\\fB\\-{}\\fR", flag.letter));
  names.push_back(flag.is_argument ? fmt::format("\\fI{}\\fR", roff(flag.name))
                                   : fmt::format("\\fB\\-\\-{}\\fR", roff(flag.name)));
  if (!flag.opposite.empty()) names.push_back(fmt::format("\\fB\\-\\-{}\\fR", roff(flag.opposite)));
  std::string text = fmt::format(".TP\n{}", fmt::join(names, ", "));
  if (!flag.is_switch() && !flag.is_argument)
    text += fmt::format(" \\fI{}\\fR", roff(value_of(flag)));
  text += "\n" + roff(flag.help);
  if (flag.is_required) text += " (required)";
  if (!flag.is_switch() && !flag.default_value.empty())
    text += fmt::format(" (default: {})", roff(flag.default_value));
  return text + "\n";
}

std::string section_of(const CommandDescription& command, const std::string& name) {
  std::string arguments;
  for (const FlagDescription& flag : command.flags) {
    if (!flag.is_argument) continue;
    arguments += flag.is_required ? " " + flag.name : fmt::format(" [{}]", flag.name);
  }
  std::string text;
  if (command.commands.empty()) {
    text = fmt::format(".SS {}{} [flags]\n{}.\n", roff(name), roff(arguments), roff(command.help));
    for (const FlagDescription& flag : command.flags)
      if (flag.name != "help") text += entry_of(flag);
  }
  for (const CommandDescription& inner : command.commands)
    text += section_of(inner, name + " " + inner.name);
  return text;
}

std::string list_of(std::string_view title, std::span<const Meaning> meanings) {
  std::string text = fmt::format(".SH {}\n", title);
  for (const auto& [name, meaning] : meanings)
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(meaning));
  return text;
}

constexpr std::string_view kFiles = R"(.SH FILES
.TP
\fBunroll.toml\fR
In the working directory: settings of \fBunroll train\fR, which its flags beat.
.TP
\fBmodel.safetensors\fR
In the folder of a run: weights, vocabulary, labels and all else that a prediction needs.
.TP
\fBconfig.toml\fR
In the folder of a run: its settings, for \fBunroll train \-\-config\fR.
)";

}  // namespace

std::string manual_page(const CommandDescription& program) {
  std::string text = fmt::format(
      ".TH UNROLL 1 \"\" \"unroll {}\" \"User Commands\"\n.SH NAME\nunroll \\- recurrent text "
      "classifiers on the CPU\n.SH SYNOPSIS\n\\fBunroll\\fR \\fIcommand\\fR [\\fIflags\\fR]\n"
      ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
      kVersion, roff(program.help));
  for (const CommandDescription& command : program.commands)
    text += section_of(command, program.name + " " + command.name);
  text += list_of("EXIT STATUS", exit_statuses()) + list_of("ENVIRONMENT", environment());
  return text + std::string(kFiles);
}

}  // namespace unroll
