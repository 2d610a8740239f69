// unroll completion, unroll man: what shells and man(1) are given, made from the flags.

#include <memory>
#include <string>

#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/completion.h"
#include "unroll/tools/program/flag_table.h"
#include "unroll/tools/program/manual.h"
#include "unroll/tools/program/output.h"

namespace unroll {

namespace {

std::string completion_for(const std::string& shell, const CommandDescription& program) {
  if (shell == "bash") return bash_completion(program);
  return shell == "zsh" ? zsh_completion(program) : fish_completion(program);
}

}  // namespace

void add_completion_command(CLI::App& program, int& status) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      program.add_subcommand("completion", "Print what completes command lines in a shell");
  command->add_option("shell", *shell, "Shell, as in: source <(unroll completion bash)")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  command->callback([shell, &program, &status] {
    write_stdout(completion_for(*shell, describe(program)));
    status = 0;
  });
}

void add_man_command(CLI::App& program, int& status) {
  CLI::App* command =
      program.add_subcommand("man", "Print the manual page, as in: unroll man | man -l -");
  command->callback([&program, &status] {
    write_stdout(manual_page(describe(program)));
    status = 0;
  });
}

}  // namespace unroll
