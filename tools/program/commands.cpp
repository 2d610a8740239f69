#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

CLI::Option* add_seed_flag(CLI::App& command, std::uint64_t& seed, const std::string& help) {
  return command.add_option("--seed", seed, help)
      ->check(whole_number(0, kMostSeed))
      ->capture_default_str();
}

void add_column_flags(CLI::App& command, ReadOptions& options, CLI::Option* data) {
  const auto of_data = [&](CLI::Option* option) {
    if (data != nullptr) option->needs(data);
  };
  of_data(
      command
          .add_option("--text-col", options.text_column, "Column of the texts, by name or number")
          ->capture_default_str());
  of_data(command
              .add_option("--label-col", options.label_column,
                          "Column of the labels, by name or number")
              ->capture_default_str());
  of_data(
      command.add_flag("!--no-header", options.header,
                       "The first row is data too; columns have numbers from 1 instead of names"));
}

CLI::Option* add_reset_flag(CLI::App& command, GruReset& reset) {
  return add_choice(command, "--gru-reset", reset,
                    "Where the GRU's reset gate acts: after the product W h, as in PyTorch and\n"
                    "Keras, or before it, as in the paper of 2014");
}

void add_threads_flag(CLI::App& command) {
  command
      .add_option_function<std::size_t>(
          "--threads", [](std::size_t count) { set_thread_count(count); },
          "The most threads to use; fewer are used where that is faster (default:\n"
          "OMP_NUM_THREADS, or the processors that affinity and quota leave, as\n"
          "`unroll doctor` shows)")
      ->check(whole_number(1, kMostThreads));
}

void add_precision_flag(CLI::App& command, Precision& precision) {
  add_choice(command, "--precision", precision,
             "Type of the values that recurrent layers multiply; bf16 rounds them to 8 bits.\n"
             "Where `unroll doctor` says that bfloat16 is multiplied in pairs, training and\n"
             "prediction are faster; elsewhere only the prediction of single texts is");
}

std::string mib_text(std::size_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 0x1p20);
}

void add_quiet_flag(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet,
                   "Print only warnings and errors on stderr, no progress and no notes");
}

TextClassifier load_classifier(const std::string& path) {
  TextClassifier classifier = TextClassifier::load(path);
  if (const auto warning = classifier.icu_warning()) {
    Terminal(false).warning(fmt::format("{}: {}", path, *warning));
  }
  return classifier;
}

std::string with_version(std::string_view object) {
  constexpr int kJsonVersion = 1;  // rises when a key changes its meaning or goes
  return fmt::format("{{\"version\":{},{}", kJsonVersion, object.substr(1));
}

void refuse_flag(const CLI::App& command, const char* flag, bool is_wrong, std::string_view why) {
  const CLI::Option* option = command.get_option_no_throw(flag);
  if (!is_wrong || option == nullptr || option->count() == 0) return;
  throw UsageError(fmt::format("{} {}", flag, why));
}

void refuse_flags_of_other_cell(const CLI::App& command, Cell cell) {
  const CellDescription& found = describe(cell);
  const auto refuse = [&](const char* flag, bool is_wrong, std::string_view what,
                          std::string_view owner) {
    refuse_flag(command, flag, is_wrong,
                fmt::format("is {}; the {} has none: leave it out, or give --cell {}", what,
                            found.title, owner));
  };
  refuse("--activation", !found.has_activation, "the RNN's φ", to_string(Cell::kRnn));
  refuse("--forget-bias", !found.has_forget_gate, "the bias of the LSTM's forget gate",
         to_string(Cell::kLstm));
  refuse("--gru-reset", !found.has_reset, "where the GRU's reset gate acts", to_string(Cell::kGru));
}

void try_output(const std::string& path) {
  if (path.empty()) return;
  path == "-" ? require_stdout() : try_file(path);
}

void write_output(const std::string& path, std::string_view content) {
  if (path == "-") {
    write_stdout(content);
  } else {
    write_file(path, content);
  }
}

}  // namespace unroll
