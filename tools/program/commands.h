/// The commands of the program `unroll`, one file each (<name>_command.cpp). A command is a thin
/// shell: flags in, library calls, results out.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

class Terminal;

/// Each adds its command to the program. The command runs when the command line has been read,
/// throws unroll::Error, and sets `status` if it ends otherwise than well.
void add_train_command(CLI::App& program, int& status);
void add_test_command(CLI::App& program, int& status);
void add_predict_command(CLI::App& program, int& status);
void add_why_command(CLI::App& program, int& status);
void add_inspect_command(CLI::App& program, int& status);
void add_explain_command(CLI::App& program, int& status);
void add_trace_command(CLI::App& program, int& status);
void add_exercise_command(CLI::App& program, int& status);
void add_data_command(CLI::App& program, int& status);
void add_gradcheck_command(CLI::App& program, int& status);
void add_gradflow_command(CLI::App& program, int& status);
void add_bench_command(CLI::App& program, int& status);
void add_bench_cells_command(CLI::App& bench, int& status);
void add_bench_predict_command(CLI::App& bench, int& status);
void add_serve_command(CLI::App& program, int& status);
/// The version of the Boost that `serve` was built with; "" where it was not built.
std::string boost_version();
void add_report_command(CLI::App& program, int& status);
void add_compare_command(CLI::App& program, int& status);
void add_tune_command(CLI::App& program, int& status);
void add_doctor_command(CLI::App& program, int& status);
void add_completion_command(CLI::App& program, int& status);
void add_man_command(CLI::App& program, int& status);

// ---------------------------------------------------------------------------------------- flags
// that commands share

/// A flag that takes one of an enumeration's names.
template <typename Enum>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, Enum& value,
                        const std::string& help) {
  std::vector<std::string> names;
  for (Enum choice : kAll<Enum>) names.emplace_back(to_string(choice));
  const auto set = [&value](const std::string& name) { value = *from_name<Enum>(name); };
  return command.add_option_function<std::string>(flag, set, help)
      ->check(CLI::IsMember(names))
      ->default_str(std::string(to_string(value)));
}

/// --seed.
CLI::Option* add_seed_flag(CLI::App& command, std::uint64_t& seed, const std::string& help);
/// --text-col, --no-header, --format, --separator, --quoting, --encoding, --bad-rows: how files of
/// texts are read. Where the data may be left out, `data` is the flag that names them, and these
/// flags need it.
void add_reading_flags(CLI::App& command, ReadOptions& options, CLI::Option* data = nullptr);
/// Throws UsageError for an empty value, which an unset variable of a shell gives.
void require_not_empty(std::string_view flag, std::string_view value);
/// Those of add_reading_flags, --label-col and --label-separator.
void add_column_flags(CLI::App& command, ReadOptions& options, CLI::Option* data = nullptr);
/// Those of add_reading_flags that say that a file has columns.
inline constexpr std::array kLayoutFlags{"--text-col", "--no-header", "--format", "--separator",
                                         "--quoting"};
/// Whether one of them was given.
bool has_layout_flag(const CLI::App& command);
/// Says on stderr what a reader met.
void show(const ReadReport& report, Terminal& terminal);
/// read_records, which says on stderr what is dubious.
std::vector<Record> read_data(const std::string& path, const ReadOptions& options,
                              Terminal& terminal);
/// --gru-reset.
CLI::Option* add_reset_flag(CLI::App& command, GruReset& reset);
/// --threads, applied at once.
void add_threads_flag(CLI::App& command);
/// "71.3 MiB".
std::string mib_text(std::size_t bytes);
/// --precision: what the recurrent layers' products multiply.
void add_precision_flag(CLI::App& command, PrecisionChoice& precision);
/// What half is here; and a warning where a matrix is too large for float16.
void note_on_precision(PrecisionChoice choice, const TextPredictor& predictor, Terminal& terminal);
/// --threshold, a probability.
CLI::Option* add_threshold_flag(CLI::App& command, double& threshold, const std::string& help);
/// --quiet.
void add_quiet_flag(CLI::App& command, bool& quiet);

/// The model for a command that gives it texts. Warns if it was trained with another ICU.
TextClassifier load_classifier(const std::string& path);

/// Throws UsageError for a model of any number of labels: `command` works out a softmax.
void refuse_sigmoids(const TextClassifier& classifier, std::string_view command);

/// A JSON object as --json prints it: its first key is the version of docs/json.md.
std::string with_version(std::string_view object);

/// Throws UsageError: `flag` was given, and that does not go with the other flags.
void refuse_flag(const CLI::App& command, const char* flag, bool is_wrong, std::string_view why);
/// Refuses --activation, --forget-bias and --gru-reset where the cell has no use for them. A
/// command need not have all of these flags.
void refuse_flags_of_other_cell(const CLI::App& command, Cell cell);

/// Throws the DiskError that write_output would throw, as far as it is known before.
void try_output(const std::string& path);
/// Writes a file, or standard output where the path is "-".
void write_output(const std::string& path, std::string_view content);

}  // namespace unroll
