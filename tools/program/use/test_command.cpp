#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/calibration.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// Texts between two looks at the progress line.
constexpr std::size_t kBlock = 256;

struct Flags {
  std::string model;
  std::string data;
  bool quiet = false;
  bool json = false;
  Precision precision = Precision::kFull;
  ReadOptions columns;
};

/// What is predicted for each row, and how sure that is.
struct Answers {
  std::vector<std::string> labels;
  std::vector<double> confidences;
};

Answers predict_labels(const TextPredictor& predictor, std::span<const Record> records,
                       Terminal& terminal, TextFigures& texts_read) {
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  Answers answers;
  for (std::size_t first = 0; first < texts.size(); first += kBlock) {
    const auto block = std::span(texts).subspan(first, std::min(kBlock, texts.size() - first));
    for (Prediction& prediction : predictor.predict(block)) {
      answers.labels.push_back(std::move(prediction.label));
      answers.confidences.push_back(prediction.probability);
      texts_read.add(prediction.text);
    }
    terminal.progress(fmt::format(
        "test  {:3.0f} %",
        100 * static_cast<double>(answers.labels.size()) / static_cast<double>(texts.size())));
  }
  return answers;
}

/// One warning, however many labels: the first row tells where to look.
void warn_of_unseen(const Evaluation& evaluation, std::span<const Record> records,
                    const std::string& file, Terminal& terminal) {
  if (evaluation.unseen.empty()) return;
  const auto is_unseen = [&](const Record& record) {
    return std::ranges::binary_search(evaluation.unseen, record.label);
  };
  const auto first = std::ranges::find_if(records, is_unseen);
  terminal.warning(
      fmt::format("rows that count as wrong because training had no such label: {}; labels: {}, "
                  "the first is {} "
                  "at {}:{}",
                  std::ranges::count_if(records, is_unseen), evaluation.unseen.size(),
                  in_quotes(first->label), file == "-" ? "<stdin>" : file, first->line));
}

/// How much of the texts the model reads.
void note_on_texts(const TextFigures& texts, const EncoderSettings& settings, Terminal& terminal) {
  if (texts.cut > 0) {
    terminal.note(fmt::format("{} texts are longer than the {} tokens that the network reads",
                              texts.cut, settings.max_tokens));
  }
  const double known = texts.tokens == 0 ? 1
                                         : static_cast<double>(texts.known_tokens) /
                                               static_cast<double>(texts.tokens);
  if (known < 0.5) {
    terminal.warning(
        fmt::format("{:.0f} % of the texts' tokens are unknown to the model", 100 * (1 - known)));
  }
  if (texts.unknown > 0) {
    terminal.note(fmt::format("texts without a token that the model knows: {}", texts.unknown));
  }
}

/// The records, with labels that are the model's as numbers.
std::vector<Record> read_test_data(const Flags& flags, const TextPredictor& predictor,
                                   Terminal& terminal) {
  ReadReport report;
  std::vector<Record> records = read_records(flags.data, flags.columns, report);
  match_labels(records, predictor.labels(), flags.data, report);
  show(report, terminal);
  return records;
}

void test_command(const Flags& flags) {
  require_stdout();
  const TextPredictor predictor(load_classifier(flags.model), WordProducts::kPerBatch,
                                flags.precision);
  Evaluation evaluation;
  {
    Terminal terminal(flags.quiet);
    const std::vector<Record> records = read_test_data(flags, predictor, terminal);
    std::vector<std::string> actual;
    for (const Record& record : records) actual.push_back(record.label);
    TextFigures texts;
    const Answers answers = predict_labels(predictor, records, terminal, texts);
    evaluation = evaluate(predictor.labels(), actual, answers.labels, answers.confidences);
    evaluation.texts = texts;
    note_on_texts(texts, predictor.classifier().encoder().settings(), terminal);
    warn_of_unseen(evaluation, records, flags.data, terminal);
  }
  if (flags.json) {
    print("{}\n", with_version(to_json(evaluation)));
  } else {
    const std::size_t width = terminal_width(STDOUT_FILENO);
    print("{}\n{}", to_table(evaluation, width), to_plot(evaluation.calibration, width));
  }
}

}  // namespace

void add_test_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("test", "Measure a classifier on labelled texts");
  command->add_option("model", flags->model, "Folder of the model")->required();
  command->add_option("data", flags->data, "Labelled texts; - is stdin")->required();
  add_column_flags(*command, flags->columns);
  add_precision_flag(*command, flags->precision);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print one JSON object, with all labels");
  command->callback([flags, &status] {
    test_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
