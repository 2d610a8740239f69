#include "unroll/tools/program/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll {

namespace {

using Words = std::vector<std::string>;

/// Letters to insert, delete or replace to make one word of the other (Levenshtein 1965).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

std::string_view without_dashes(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

Words commands_of(const CLI::App& app) {
  Words names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

Words flags_of(const CLI::App& app) {
  Words names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// The command that the words before the mistake have chosen.
const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : chosen(*commands.front());
}

/// "unroll bench".
std::string full_name(const CLI::App& app) {
  return (app.get_parent() == nullptr ? "" : full_name(*app.get_parent()) + " ") + app.get_name();
}

std::string unknown_word(const CLI::App& app, const std::string& word) {
  if (word.starts_with('-')) {
    const bool before_command = app.get_parent() == nullptr;
    return fmt::format("{} has no flag \"{}\"{}", full_name(app), word,
                       before_command ? "; the flags of a command come after its name"
                                      : suggestion(word.substr(0, word.find('=')), flags_of(app)));
  }
  const Words commands = commands_of(app);
  if (commands.empty()) {
    return fmt::format("{} has no use for the argument \"{}\"", full_name(app), word);
  }
  const std::string meant = suggestion(word, commands);
  return fmt::format("{} has no command \"{}\"{}", full_name(app), word,
                     meant.empty() ? fmt::format("; it has {}", fmt::join(commands, ", ")) : meant);
}

/// The first word that belongs to nothing, and the command where it was met.
std::optional<std::string> about_unknown_word(const CLI::App& app) {
  const Words unknown = app.remaining();
  if (!unknown.empty()) return unknown_word(app, unknown.front());
  for (const CLI::App* command : app.get_subcommands()) {
    if (const auto message = about_unknown_word(*command)) return message;
  }
  return std::nullopt;
}

std::optional<std::string> about_repeated_flag(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const auto most = static_cast<std::size_t>(option->get_items_expected_max());
    if (most > 0 && option->count() > most) {
      return fmt::format("{} is given {}", option->get_name(),
                         option->count() == 2 * most ? "twice" : "several times");
    }
  }
  return std::nullopt;
}

/// The flag that sets an option of the library.
struct FlagOfOption {
  std::string_view option;
  std::string_view flag;
};
constexpr FlagOfOption kFlagsOfOptions[] = {{"encoding", "--encoding"},
                                            {"format", "--format"},
                                            {"jsonl", "--jsonl"},
                                            {"separator", "--separator"},
                                            {"quoting", "--quoting"},
                                            {"bad_rows", "--bad-rows"},
                                            {"text_column", "--text-col"},
                                            {"label_column", "--label-col"},
                                            {"weight_column", "--weight-col"},
                                            {"header", "--no-header"},
                                            {"dev", "--dev"},
                                            {"dictionary", "--dictionary"},
                                            {"tokenizer", "--tokenizer"},
                                            {"max_memory", "--max-memory"},
                                            {"max_tokens", "--max-tokens"},
                                            {"vocabulary", "--max-vocabulary"},
                                            {"vectors", "--vectors"},
                                            {"freeze_embedding", "--freeze-embedding"},
                                            {"group_column", "--group-col"},
                                            {"metric", "--metric"},
                                            {"class_weights", "--class-weight"},
                                            {"token", "--token-file"},
                                            {"overwrite", "--overwrite"},
                                            {"init", "--init"},
                                            {"checkpoint_minutes", "--checkpoint-minutes"},
                                            {"out", "--out"}};

}  // namespace

/// The word that may have been meant: not more than every other letter is wrong.
std::string suggestion(std::string_view word, const Words& known) {
  const auto far = [&](std::string_view other) {
    return distance(without_dashes(word), without_dashes(other));
  };
  const auto nearest = std::ranges::min_element(known, {}, far);
  if (nearest == known.end() || 2 * far(*nearest) > without_dashes(word).size()) return "";
  return fmt::format("; did you mean \"{}\"?", *nearest);
}

std::string where_to_look(const CLI::App& program) {
  const CLI::App& command = chosen(program);
  const std::string name = full_name(command);
  if (commands_of(command).empty()) return fmt::format("Try `{} --help`.", name);
  return fmt::format("Try `{0} --help`, or `{0} COMMAND --help`.", name);
}

std::string shell_word(std::string_view text) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./+:,=@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string message_with_flags(const Error& error) {
  std::vector<std::string> flags;
  for (std::string_view option : error.options()) {
    const std::string_view name = option.substr(0, option.find('='));
    const auto found = std::ranges::find(kFlagsOfOptions, name, &FlagOfOption::option);
    if (found == std::end(kFlagsOfOptions)) continue;
    std::string value(option.substr(name.size()));
    std::ranges::replace(value, '=', ' ');
    flags.push_back(std::string(found->flag) + value);
  }
  if (flags.empty()) return error.what();
  return fmt::format("{} ({})", error.what(), fmt::join(flags, ", "));
}

std::string usage_message(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& command = chosen(program);
  const bool is_count = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool is_unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (is_count) return about_repeated_flag(command).value_or(error.what());
  if (!is_missing && !is_unknown) return error.what();
  if (const auto message = about_unknown_word(program)) return *message;
  const Words commands = commands_of(command);
  if (commands.empty()) return error.what();
  return fmt::format("{} needs a command: {}", full_name(command), fmt::join(commands, ", "));
}

}  // namespace unroll
