// A bidirectional LSTM that classifies texts, trained: embedding, dropout, loss, clipping and Adam
// included, on the real lengths of a file's texts. Ours, and the peers whose programs lie beside
// this one (bench/peers/training, bench/compare-training.sh), on one thread and on two.
//
// Prints Markdown. --markdown FILE also writes it into the file's section for this kind of CPU.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/conditions.h"
#include "bench/program.h"
#include "bench/training/batches.h"
#include "bench/training/race.h"
#include "bench/training/tables.h"
#include "tests/support/marked_section.h"

namespace unroll::bench {
namespace {

struct Flags {
  std::vector<std::string> files;
  TrainingRaceSettings race;
  bool quick = false;
  bool quiet = false;
  std::string markdown;
};

void add_flags(CLI::App& program, Flags& flags) {
  program.add_option("files", flags.files, "Labelled texts: TSV, CSV, JSON lines, also gzip")
      ->required();
  program.add_option("--threads", flags.race.threads, "Thread counts")
      ->delimiter(',')
      ->allow_extra_args(false)  // what follows is a file
      ->check(CLI::Range(1, 1 << 10))
      ->capture_default_str();
  program.add_option("--rounds", flags.race.rounds, "Turns of everybody")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  program
      .add_option("--batches", flags.race.batches,
                  "How many batches of 64 texts represent an epoch")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  program
      .add_option("--dropout", flags.race.dropout, "Dropout of the embeddings and the pooled state")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  program.add_flag("--quick", flags.quick, "Two batches, two rounds: does it run?");
  program.add_flag("--quiet", flags.quiet, "No progress on stderr");
  program.add_option("--markdown", flags.markdown, "Writes the tables into this file as well");
}

/// The command without the folders of the files: they are of this machine only.
std::string command_of(int count, char** arguments, const Flags& flags) {
  std::vector<std::string> words(arguments, arguments + count);
  for (std::string& word : words) {
    if (std::ranges::find(flags.files, word) != flags.files.end()) {
      word = std::filesystem::path(word).filename().string();
    }
  }
  std::vector<char*> shown;
  for (std::string& word : words) shown.push_back(word.data());
  return command_line("training", count, shown.data());
}

void run(const Flags& flags, const std::string& command) {
  std::optional<test::MarkedSection> section;
  if (!flags.markdown.empty()) section.emplace(flags.markdown, section_name("training"));
  const std::filesystem::path here = program_folder();
  const auto contenders = training_contenders(here / "training_ours", here / "peers" / "training");
  Conditions all{.races = {}, .versions = {}, .command = command};
  std::string tables;
  for (const std::string& path : flags.files) {
    const std::string file = std::filesystem::path(path).filename().string();
    const auto progress = [&](const std::string& what) {
      if (!flags.quiet) fmt::print(stderr, "{}: {}\n", file, what);
    };
    progress("encoding");
    const TrainingData data = read_training_data(path);
    const TrainingRaceResult result = race_training(data, contenders, flags.race, progress);
    all.races.add(result.conditions);
    all.versions = result.versions;
    tables += training_title(file, data) + training_tables(result.rows);
  }
  const std::string text = conditions(all) + tables;
  if (section) section->write(text);
  fmt::print("{}", text);
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  CLI::App program("Races of training a text classifier, whole steps on real lengths", "training");
  unroll::bench::Flags flags;
  unroll::bench::add_flags(program, flags);
  return unroll::bench::run_program(program, count, arguments, [&] {
    if (flags.quick) flags.race.rounds = flags.race.batches = 2;
    unroll::bench::run(flags, unroll::bench::command_of(count, arguments, flags));
    return true;
  });
}
