#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/float16.h"
#include "unroll/core/parallel.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

CLI::Option* add_seed_flag(CLI::App& command, std::uint64_t& seed, const std::string& help) {
  return command.add_option("--seed", seed, help)
      ->check(whole_number(0, kMostSeed))
      ->capture_default_str();
}

namespace {

constexpr RecordFormat kRecordFormats[] = {RecordFormat::kTsv, RecordFormat::kCsv,
                                           RecordFormat::kJson, RecordFormat::kFastText,
                                           RecordFormat::kLines};

std::vector<std::string> record_format_names() {
  std::vector<std::string> names;
  for (const RecordFormat format : kRecordFormats) names.emplace_back(to_string(format));
  return names;
}

/// The character of this name, if it is one that a shell makes hard to type.
std::optional<char> named_character(std::string_view text) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"tab", '\t'}, {"\\t", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"bar", '|'}};
  for (const auto& [name, character] : kNames)
    if (text == name) return character;
  return std::nullopt;
}

/// A character, or its name.
char separator_from(const std::string& text) {
  if (const auto character = named_character(text)) return *character;
  const bool is_one = text.size() == 1 && (text[0] & 0x80) == 0 &&
                      std::string_view("\n\r\"").find(text[0]) == std::string_view::npos;
  if (is_one) return text[0];
  throw UsageError(
      fmt::format("--separator {} is not one ASCII character, nor tab, comma, "
                  "semicolon or bar",
                  in_quotes(text)));
}

/// An option of names, one for each value.
template <typename Value>
CLI::Option* add_names(CLI::App& command, const std::string& flag, Value& value,
                       std::vector<std::pair<std::string, Value>> values, const std::string& help) {
  std::vector<std::string> names;
  for (const auto& [name, of_name] : values) names.push_back(name);
  const auto set = [&value, values = std::move(values)](const std::string& text) {
    for (const auto& [name, of_name] : values)
      if (CLI::detail::to_lower(text) == name) value = of_name;
  };
  return command.add_option_function<std::string>(flag, set, help)
      ->check(CLI::IsMember(std::move(names), CLI::ignore_case));
}

}  // namespace

void add_reading_flags(CLI::App& command, ReadOptions& options, CLI::Option* data) {
  const auto of_data = [&](CLI::Option* option) {
    if (data != nullptr) option->needs(data);
  };
  of_data(command
              .add_option("--text-col", options.text_column,
                          "Column of the texts, by name or number; several with commas\n"
                          "between make one text")
              ->capture_default_str());
  of_data(
      command.add_flag("!--no-header", options.header,
                       "The first row is data too; columns have numbers from 1 instead of names"));
  of_data(command
              .add_option_function<std::string>(
                  "--format",
                  [&options](const std::string& name) {
                    for (const RecordFormat format : kRecordFormats)
                      if (to_string(format) == name) options.format = format;
                  },
                  "How the file is written (default: told by its content)")
              ->check(CLI::IsMember(record_format_names())));
  of_data(command.add_option_function<std::string>(
      "--separator",
      [&options](const std::string& text) { options.separator = separator_from(text); },
      "Character between columns; also tab, comma, semicolon, bar (default:\n"
      "told by the content)"));
  of_data(add_names<Quoting>(
              command, "--quoting", options.quoting,
              {{"auto", Quoting::kByContent}, {"on", Quoting::kOn}, {"off", Quoting::kOff}},
              "Whether quotes around a column are the file's, as in CSV")
              ->default_str("auto"));
  of_data(
      command.add_option("--encoding", options.encoding,
                         "Encoding of the file, e.g. GB18030, windows-1252 (default: UTF-8, or\n"
                         "UTF-16 where that is certain)"));
  of_data(add_names<BadRows>(command, "--bad-rows", options.bad_rows,
                             {{"fail", BadRows::kFail}, {"skip", BadRows::kSkip}},
                             "Rows that can't be read: end with an error, or leave them out")
              ->default_str("fail"));
}

void require_not_empty(std::string_view flag, std::string_view value) {
  if (value.empty())
    throw UsageError(fmt::format("{} is given, but empty; leave it out for the default", flag));
}

void add_column_flags(CLI::App& command, ReadOptions& options, CLI::Option* data) {
  add_reading_flags(command, options, data);
  CLI::Option* const label = command
                                 .add_option("--label-col", options.label_column,
                                             "Column of the labels, by name or number")
                                 ->capture_default_str();
  const auto set_separator = [&options](const std::string& text) {
    require_not_empty("--label-separator", text);
    const auto character = named_character(text);
    options.label_separator = character ? std::string(1, *character) : text;
  };
  CLI::Option* const separator = command.add_option_function<std::string>(
      "--label-separator", set_separator,
      "What is between the labels of a text that has several, such as , or its name\n"
      "comma; also tab, semicolon, bar (default: a column is one label). An empty column\n"
      "is then a text without labels");
  if (data == nullptr) return;
  label->needs(data);
  separator->needs(data);
}

bool has_layout_flag(const CLI::App& command) {
  return std::ranges::any_of(kLayoutFlags,
                             [&](const char* flag) { return command.count(flag) > 0; });
}

std::vector<Record> read_data(const std::string& path, const ReadOptions& options,
                              Terminal& terminal) {
  ReadReport report;
  std::vector<Record> records = read_records(path, options, report);
  show(report, terminal);
  return records;
}

void show(const ReadReport& report, Terminal& terminal) {
  for (const Remark& remark : report.remarks)
    remark.is_warning ? terminal.warning(remark.text) : terminal.note(remark.text);
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

void add_precision_flag(CLI::App& command, PrecisionChoice& precision) {
  add_choice(command, "--precision", precision,
             "Type of the values that recurrent layers multiply; bf16 rounds them to 8 bits.\n"
             "Where `unroll doctor` says that bfloat16 is multiplied in pairs, training and\n"
             "prediction are faster; elsewhere only the prediction of single texts is. half\n"
             "is the fastest on this CPU that is exact enough, and never slower than fp32:\n"
             "`unroll doctor` names it");
}

void note_on_precision(PrecisionChoice choice, const TextPredictor& predictor, Terminal& terminal) {
  switch (choice) {
    case PrecisionChoice::kFull:
    case PrecisionChoice::kBFloat16:
      return;
    case PrecisionChoice::kHalf:
      break;
  }
  terminal.note(fmt::format("half precision here: {}", to_string(predictor.precision())));
  const std::vector<std::string> matrices = predictor.beyond_float16();
  if (matrices.empty()) return;
  terminal.warning(
      fmt::format("sums of products of {} may pass {}, the largest float16: {} in fp32",
                  fmt::join(matrices, ", "), kLargestFloat16,
                  matrices.size() == 1 ? "its layer is computed" : "their layers are computed"));
}

CLI::Option* add_threshold_flag(CLI::App& command, double& threshold, const std::string& help) {
  return command.add_option("--threshold", threshold, help)
      ->check(real_number(0.0, 1.0))
      ->default_str(fmt::format("{}", TextPredictor::kThreshold));
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

void refuse_sigmoids(const TextClassifier& classifier, std::string_view command) {
  if (!classifier.has_any_number_of_labels()) return;
  throw UsageError(fmt::format(
      "{} shows models that answer one label a text, and this one answers any number of them; "
      "train one on texts with one label each",
      command));
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
