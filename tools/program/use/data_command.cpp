#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>

#include "unroll/core/error.h"
#include "unroll/core/output_folder.h"
#include "unroll/tools/classifier/split_files.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct Flags {
  std::string data;
  std::string out;
  std::vector<double> parts{80, 10, 10};
  std::uint64_t seed = 1;
  bool unique = false;
  bool overwrite = false;
  bool quiet = false;
  ReadOptions columns;
};

void refuse_occupied(const std::filesystem::path& folder, bool overwrite) {
  for (const char* part : kPartFiles) {
    const auto file = folder / part;
    if (overwrite || !std::filesystem::exists(file)) continue;
    throw UsageError(fmt::format(
        "{} exists already; name another --out folder, or give --overwrite", file.string()));
  }
}

std::vector<double> fractions_of(const std::vector<double>& parts) {
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  std::vector<double> fractions;
  for (double part : parts) fractions.push_back(part / sum);
  return fractions;
}

void split_command(const Flags& flags) {
  require_stdout();
  const OutputFolder folder(flags.out);
  refuse_occupied(flags.out, flags.overwrite);
  folder.prepare(kPartFiles);
  Terminal terminal(flags.quiet);
  warn_if_unlocked(folder, terminal);
  std::vector<Record> records = read_data(flags.data, flags.columns, terminal);
  if (flags.unique) {
    CleanResult clean = remove_repeats(records);
    terminal.note(fmt::format("removed {} exact repeats, and {} rows whose text has several labels",
                              clean.repeats, clean.conflicts));
    records = std::move(clean.records);
  }
  const SplitResult result = write_split(records, fractions_of(flags.parts), flags.seed, flags.out);
  if (result.flattened > 0) {
    terminal.note(
        fmt::format("{} texts had tabs or line breaks, which became spaces", result.flattened));
  }
  for (std::size_t p = 0; p < kPartFiles.size(); ++p) {
    print("{}  {} rows\n", (std::filesystem::path(flags.out) / kPartFiles[p]).string(),
          result.rows[p]);
  }
}

}  // namespace

void add_data_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* data = program.add_subcommand("data", "Prepare data");
  data->require_subcommand(1);
  CLI::App* command = data->add_subcommand(
      "split",
      "Split labelled texts into train.tsv, dev.tsv and test.tsv: seeded, stratified\n"
      "by label, and with exact repeats in the same part");
  command->add_option("data", flags->data, "Labelled texts; - is stdin")->required();
  command->add_option("--out", flags->out, "Folder of the parts")->required();
  command->add_option("--parts", flags->parts, "Sizes of train, dev and test")
      ->delimiter('/')
      ->expected(3)
      ->check(real_number(0.001, 1e6))
      ->default_str("80/10/10");
  add_seed_flag(*command, flags->seed, "Seed of the split");
  command->add_flag("--unique", flags->unique,
                    "First remove exact repeats, and texts that have several labels");
  command->add_flag("--overwrite", flags->overwrite, "Replace parts that exist");
  add_column_flags(*command, flags->columns);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    split_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
