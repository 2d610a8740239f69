#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

void add_data_command(CLI::App& program, int& status) {
  CLI::App* data = program.add_subcommand("data", "Look at data, and prepare them");
  data->require_subcommand(1);
  add_data_check_command(*data, status);
  add_data_split_command(*data, status);
  add_data_convert_command(*data, status);
  add_data_vocab_command(*data, status);
  add_data_tokenize_command(*data, status);
  add_data_cache_command(*data, status);
}

void refuse_same_file(const std::filesystem::path& input, const std::filesystem::path& output) {
  std::error_code missing;
  if (!std::filesystem::equivalent(input, output, missing)) return;
  throw UsageError(
      fmt::format("{} is read and would be replaced: write to another place", output.string()));
}

void note_on_separator(const std::string& separator, Terminal& terminal) {
  if (separator.empty()) return;
  terminal.note(
      fmt::format("some texts have several labels or none: read the result with "
                  "--label-separator '{}'",
                  separator));
}

}  // namespace unroll
