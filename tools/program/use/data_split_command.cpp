#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>
#include <span>

#include "unroll/core/error.h"
#include "unroll/core/output_folder.h"
#include "unroll/text/counted.h"
#include "unroll/text/data_file.h"
#include "unroll/tools/classifier/split_files.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

struct DataSplitFlags {
  std::string data;
  std::string out;
  std::vector<double> parts{80, 10, 10};
  std::string group_column;
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

/// The members at these places, in order.
template <typename Value>
std::vector<Value> at(std::span<const std::size_t> places, std::vector<Value> values) {
  std::vector<Value> chosen;
  for (const std::size_t place : places) chosen.push_back(std::move(values[place]));
  return chosen;
}

/// A file has two columns more or less than the user thinks: better told.
void note_on_columns(const DataFile& data, Terminal& terminal) {
  constexpr std::size_t kWritten = 2, kListed = 10;
  if (data.columns.size() <= kWritten) return;
  const std::size_t listed = std::min(kListed, data.columns.size());
  terminal.note(fmt::format("{} has {} columns ({}{}); the parts have the label's and the text's",
                            data.name, data.columns.size(),
                            fmt::join(std::span(data.columns).first(listed), ", "),
                            listed < data.columns.size() ? ", …" : ""));
}

/// Groups are whole, so parts may be far from what was asked for.
void note_on_groups(const DataFile& data, const SplitResult& result,
                    std::span<const double> fractions, Terminal& terminal) {
  constexpr double kFar = 0.02;
  const auto alone = std::ranges::count(data.groups, "");
  if (alone > 0)
    terminal.note(fmt::format("rows without a group, each of them by itself: {}", alone));
  const auto share = [&](std::size_t part) {
    return static_cast<double>(result.rows[part]) / static_cast<double>(data.records.size());
  };
  for (std::size_t p = 0; p < fractions.size(); ++p) {
    if (std::abs(share(p) - fractions[p]) < kFar) continue;
    terminal.note(fmt::format(
        "groups are whole: the parts have {:.0f}, {:.0f} and {:.0f} % of the rows instead of "
        "{:.0f}, {:.0f} and {:.0f} %",
        100 * share(0), 100 * share(1), 100 * share(2), 100 * fractions[0], 100 * fractions[1],
        100 * fractions[2]));
    return;
  }
}

void split_command(const DataSplitFlags& flags) {
  require_stdout();
  const OutputFolder folder(flags.out);
  refuse_occupied(flags.out, flags.overwrite);
  for (const char* part : kPartFiles)
    refuse_same_file(flags.data, std::filesystem::path(flags.out) / part);
  folder.prepare(kPartFiles);
  Terminal terminal(flags.quiet);
  warn_if_unlocked(folder, terminal);
  ReadReport report;
  DataFile data = read_data_file(flags.data, flags.columns, report, flags.group_column);
  show(report, terminal);
  if (flags.unique) {
    const CleanResult clean = find_repeats(data.records);
    terminal.note(fmt::format("removed {} exact repeats, and {} rows whose text has several labels",
                              clean.repeats, clean.conflicts));
    data.records = at(clean.kept, std::move(data.records));
    if (!data.groups.empty()) data.groups = at(clean.kept, std::move(data.groups));
  }
  const std::vector<double> fractions = fractions_of(flags.parts);
  const SplitResult result =
      write_split(data.records, fractions, flags.seed, flags.out, data.groups);
  note_on_columns(data, terminal);
  if (!data.groups.empty()) note_on_groups(data, result, fractions, terminal);
  if (result.flattened > 0) {
    terminal.note(fmt::format("{}: tabs or line breaks of {} became spaces", flags.data,
                              counted(result.flattened, "text")));
  }
  note_on_separator(result.separator, terminal);
  for (std::size_t p = 0; p < kPartFiles.size(); ++p) {
    print("{}  {} rows\n", (std::filesystem::path(flags.out) / kPartFiles[p]).string(),
          result.rows[p]);
  }
}

}  // namespace

void add_data_split_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataSplitFlags>();
  CLI::App* command = data.add_subcommand(
      "split",
      "Split labelled texts into train.tsv, dev.tsv and test.tsv: seeded, stratified\n"
      "by label, and with exact repeats in the same part. All three are written, or none");
  command->add_option("data", flags->data, "Labelled texts; - is stdin")
      ->type_name("FILE")
      ->required();
  command->add_option("--out", flags->out, "Folder of the parts")->type_name("DIR")->required();
  command->add_option("--parts", flags->parts, "Sizes of train, dev and test")
      ->delimiter('/')
      ->expected(3)
      ->check(real_number(0.001, 1e6))
      ->default_str("80/10/10");
  add_seed_flag(*command, flags->seed, "Seed of the split");
  command->add_option("--group-col", flags->group_column,
                      "Column of what belongs together, by name or number: rows with the same\n"
                      "value (an author, a product) go to the same part");
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
