#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "unroll/tools/classifier/data_report.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

struct DataCheckFlags {
  std::vector<std::string> files;
  ReadOptions columns;
  TextOptions text;
  bool json = false;
  bool quiet = false;
};

/// Bytes of a file's texts that are looked at, at most. Repeats are found among texts that are
/// held, and these, with what tells which are near, take four times as much.
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

void check_command(const DataCheckFlags& flags) {
  require_stdout();
  std::vector<DataFile> files;
  {
    Terminal terminal(flags.quiet);
    for (const std::string& path : flags.files) {
      ReadReport report;
      files.push_back(read_beginning(path, flags.columns, report, kMostBytes));
      show(report, terminal);
    }
  }
  const DataReport report = report_on(files, flags.text);
  if (flags.json) {
    print("{}\n", with_version(to_json(report)));
  } else {
    write_stdout(to_table(report, terminal_width(STDOUT_FILENO)));
  }
}

}  // namespace

void add_data_check_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataCheckFlags>();
  CLI::App* command = data.add_subcommand(
      "check",
      "Say what labelled texts are like: labels, lengths, unknown words, repeats, texts\n"
      "under several labels, overlap between files, traces of a wrong encoding, labels\n"
      "that are hardly meant. The first file is the one to train on");
  command->add_option("files", flags->files, "Files of labelled texts; - is stdin")
      ->type_name("FILE")
      ->required();
  add_column_flags(*command, flags->columns);
  add_token_flags(*command, flags->text);
  add_max_tokens_flag(*command, flags->text);
  add_vocabulary_flags(*command, flags->text);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print one JSON object, with all labels");
  command->callback([flags, &status] {
    check_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
