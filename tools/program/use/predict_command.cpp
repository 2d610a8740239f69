#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/line_stream.h"
#include "unroll/text/prediction_input.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/prediction_lines.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// Most texts predicted at a time: enough for all threads, few enough that results flow.
constexpr std::size_t kRowsPerBlock = 256;

struct PredictFlags {
  std::string model;
  std::string file = "-";
  AnswerForm answer;
  bool plain = false;
  bool word_table = false;
  bool quiet = false;
  bool has_layout = false;  ///< a flag says that the file has columns
  PrecisionChoice precision = PrecisionChoice::kFull;
  ReadOptions reading;
};

/// Texts in the order of their answers; those that can't be read have an error for an answer.
class Block {
 public:
  void add(const InputText& text) { texts_.push_back(text); }
  bool is_full() const { return texts_.size() == kRowsPerBlock; }

  void answer(const TextPredictor& predictor, const AnswerForm& form) {
    std::vector<std::string_view> good;
    for (const InputText& text : texts_) {
      if (text.error.empty()) good.push_back(text.text);
    }
    const std::vector<Prediction> predictions = predictor.predict(good);
    auto next = predictions.begin();
    for (const InputText& text : texts_) {
      if (form.kind == AnswerForm::Kind::kJsonl && answer_key(text.input) != kAnswerKey) ++renamed_;
      print("{}\n", text.error.empty() ? answer_line(predictor, *next++, text.input, form)
                                       : error_line(text.error, form));
    }
    texts_.clear();
  }

  void report(ReadReport& report) const {
    if (renamed_ == 0) return;
    report.warn(
        fmt::format("rows that have a key \"{0}\" of their own: {1}; the key of their "
                    "answers is \"{0}_2\", or the next one that is free",
                    kAnswerKey, renamed_));
  }

 private:
  std::size_t renamed_ = 0;
  std::vector<InputText> texts_;
};

/// Prints what is known before the program waits for more: who writes a line at a time waits for
/// its answer.
void predict_all(const TextPredictor& predictor, PredictionInput& input, const AnswerForm& form,
                 ReadReport& report) {
  Block block;
  try {
    for (InputText text; input.next(text);) {
      block.add(text);
      if (!block.is_full() && input.ready()) continue;
      block.answer(predictor, form);
      if (!input.ready()) flush_stdout();
    }
  } catch (const DataError&) {
    block.answer(predictor, form);  // of the texts before the bad one
    throw;
  }
  block.answer(predictor, form);
  block.report(report);
}

PredictionInputOptions input_options(const PredictFlags& flags) {
  const bool is_terminal = flags.file == "-" && ::isatty(STDIN_FILENO) == 1;
  return {.reading = flags.reading,
          .columns = flags.answer.kind == AnswerForm::Kind::kAppend  ? InputColumns::kTsv
                     : flags.answer.kind == AnswerForm::Kind::kJsonl ? InputColumns::kJson
                                                                     : InputColumns::kNone,
          .layout = flags.plain || is_terminal ? InputLayout::kLines
                    : flags.has_layout         ? InputLayout::kRecords
                                               : InputLayout::kByContent};
}

/// Labels of one column are told apart by what none of them holds.
std::string separator_for(const TextPredictor& predictor, Terminal& terminal) {
  const std::vector<std::string_view> labels(predictor.labels().begin(), predictor.labels().end());
  const std::string separator(separator_of(labels));
  if (separator.empty()) {
    throw UsageError(
        "--append writes a text's labels into one column, and some labels hold commas, semicolons "
        "and bars: nothing is left to write between them; --jsonl writes a list");
  }
  if (separator != ",")
    terminal.note(fmt::format("labels are written with {} between them", in_quotes(separator)));
  return separator;
}

void predict_command(PredictFlags flags) {
  require_stdout();
  const TextPredictor predictor(
      load_classifier(flags.model),
      flags.word_table ? WordProducts::kWholeVocabulary : WordProducts::kPerBatch, flags.precision);
  if (flags.file == "-" && ::isatty(STDIN_FILENO) == 1)
    write_stderr("Type a text and press Enter; Ctrl-D ends.\n");
  Terminal terminal(flags.quiet);
  note_on_precision(flags.precision, predictor, terminal);
  ReadReport report;
  PredictionInput input(flags.file, input_options(flags), report);
  show(std::exchange(report, {}), terminal);
  if (flags.answer.kind == AnswerForm::Kind::kAppend &&
      predictor.classifier().has_any_number_of_labels())
    flags.answer.separator = separator_for(predictor, terminal);
  if (flags.answer.kind == AnswerForm::Kind::kAppend)
    print("{}\n", append_header(input.column_names(),
                                predictor.classifier().has_any_number_of_labels(), flags.answer));
  predict_all(predictor, input, flags.answer, report);
  input.finish(report);
  show(report, terminal);
}

void refuse_contradictions(const CLI::App& command, const PredictFlags& flags) {
  const int forms = static_cast<int>(command.count("--json") + command.count("--jsonl") +
                                     command.count("--append"));
  if (forms > 1) throw UsageError("--json, --jsonl and --append exclude one another");
  for (const char* flag : kLayoutFlags)
    refuse_flag(command, flag, flags.plain, "is about columns, and --plain has none");
}

}  // namespace

void add_predict_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = program.add_subcommand(
      "predict",
      "Classify texts: plain lines, or the text column of a file that `train` reads, too");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  command
      ->add_option("file", flags->file,
                   "Texts; - is stdin. A first line that is JSON with the text's key, holds\n"
                   "__label__ words, or names the text column decides how the file is read;\n"
                   "others are plain lines, each of which is answered at once")
      ->type_name("FILE")
      ->capture_default_str();
  command
      ->add_option("--top", flags->answer.top,
                   "Print this many of the most probable labels: label TAB probability, repeated")
      ->check(whole_number(1, 1000000));
  command->add_flag("--prob", flags->answer.probabilities, "Print label TAB probability");
  command
      ->add_option("--threshold", flags->answer.threshold,
                   "Leave out labels that are less probable: an empty line is none of the\n"
                   "labels (default: 0.5 where a text has any number of labels, which are then\n"
                   "printed with tabs between them; no threshold where it has one)")
      ->check(real_number(0.0, 1.0));
  const auto set_form = [flags](AnswerForm::Kind kind) {
    return [flags, kind] { flags->answer.kind = kind; };
  };
  command->add_flag_callback("--json", set_form(AnswerForm::Kind::kJson),
                             "Print one JSON object on each line");
  command->add_flag_callback("--append", set_form(AnswerForm::Kind::kAppend),
                             "Print the input's columns and the answer, as TSV with a header");
  command->add_flag_callback("--jsonl", set_form(AnswerForm::Kind::kJsonl),
                             "Print the input's columns and the answer, one JSON object a line");
  command->add_flag("--plain", flags->plain, "Read plain lines, whatever they look like");
  add_reading_flags(*command, flags->reading);
  command->add_flag(
      "--word-table", flags->word_table,
      "Multiply all words of the vocabulary by U beforehand: single texts are answered\n"
      "sooner, with the same predictions. It takes memory; `unroll bench predict` says\n"
      "how much");
  add_precision_flag(*command, flags->precision);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, command, &status] {
    refuse_contradictions(*command, *flags);
    flags->has_layout = has_layout_flag(*command);
    flags->reading.labels = false;
    predict_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
