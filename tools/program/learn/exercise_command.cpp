#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "unroll/tools/lab/sheets/exercise.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

template <>
inline constexpr std::array kAll<Language>{Language::kEnglish, Language::kChinese};

namespace {

/// The first of these that is set decides, as everywhere in POSIX.
Language language_of_locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view(value).starts_with("zh") ? Language::kChinese : Language::kEnglish;
  }
  return Language::kEnglish;
}

struct ExerciseFlags {
  ExerciseConfig config;
  Language language = language_of_locale();
  bool answers = false;
  std::string html;
  bool quiet = false;
};

void exercise_command(const ExerciseFlags& flags) {
  try_output(flags.html);
  const Exercise exercise = make_exercise(flags.config);
  const ExerciseKey key = solve(exercise);
  const Sheet sheet = to_sheet(exercise, flags.language, flags.answers ? &key : nullptr);
  if (flags.html.empty()) {
    write_stdout(to_text(sheet));
    return;
  }
  write_output(flags.html, to_html(sheet));
  if (flags.html != "-") Terminal(flags.quiet).note(fmt::format("written: {}", flags.html));
}

}  // namespace

void add_exercise_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<ExerciseFlags>();
  CLI::App* command =
      program.add_subcommand("exercise", "Make a small network to work out by hand, and its key");
  add_choice(*command, "--cell", flags->config.cell, "Recurrent layer");
  add_choice(*command, "--activation", flags->config.activation, "φ of the RNN");
  add_reset_flag(*command, flags->config.gru_reset);
  const auto size = [&](const char* flag, std::size_t& value, std::size_t least, std::size_t most,
                        const char* help) {
    command->add_option(flag, value, help)->check(whole_number(least, most))->capture_default_str();
  };
  size("--steps", flags->config.steps, 1, 6, "Steps T");
  size("--hidden", flags->config.hidden, 1, 4, "Units H");
  size("--input", flags->config.input, 1, 4, "Inputs I");
  size("--classes", flags->config.classes, 2, 4, "Classes K");
  add_seed_flag(*command, flags->config.seed, "Chooses the exercise");
  command->add_flag("--answers", flags->answers, "Print the key as well");
  add_choice(*command, "--lang", flags->language, "Language (default: that of the locale, or en)");
  command->add_option("--html", flags->html, "Write a page instead of text; - is stdout")
      ->type_name("FILE");
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, command, &status] {
    refuse_flags_of_other_cell(*command, flags->config.cell);
    exercise_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
