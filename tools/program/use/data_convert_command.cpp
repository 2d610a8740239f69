#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/text/counted.h"
#include "unroll/tools/classifier/split_files.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

struct DataConvertFlags {
  std::string data;
  std::string out = "-";
  ReadOptions columns;
  bool overwrite = false;
  bool quiet = false;
};

void refuse_replacing(const DataConvertFlags& flags) {
  refuse_same_file(flags.data, flags.out);
  std::error_code ignored;
  if (flags.overwrite || !std::filesystem::is_regular_file(flags.out, ignored)) return;
  throw UsageError(
      fmt::format("{} exists already; name another --out file, or give --overwrite", flags.out));
}

void convert_command(const DataConvertFlags& flags) {
  refuse_replacing(flags);
  try_output(flags.out);
  Terminal terminal(flags.quiet);
  const std::vector<Record> records = read_data(flags.data, flags.columns, terminal);
  std::size_t flattened = 0;
  write_output(flags.out, to_tsv(records, flattened));
  note_on_separator(label_separator(records), terminal);
  if (flattened > 0) {
    terminal.note(fmt::format("{}: tabs or line breaks of {} became spaces", flags.data,
                              counted(flattened, "text")));
  }
}

}  // namespace

void add_data_convert_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataConvertFlags>();
  CLI::App* command = data.add_subcommand(
      "convert", "Write labelled texts as they were understood, as TSV in UTF-8: label TAB text");
  command->add_option("data", flags->data, "Labelled texts; - is stdin")
      ->type_name("FILE")
      ->required();
  command->add_option("--out", flags->out, "The TSV file; - is stdout")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_flag("--overwrite", flags->overwrite, "Replace the file of --out");
  add_column_flags(*command, flags->columns);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    convert_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
