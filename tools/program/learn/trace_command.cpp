#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/lab/proofs/double_shadow.h"
#include "unroll/tools/lab/sheets/worked_example_pages.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct TraceFlags {
  std::string model;
  std::string data;
  std::size_t row = 1;
  std::string text;
  std::string label;  ///< of --text; empty: the predicted one
  std::optional<std::size_t> step;
  std::optional<std::size_t> layer;
  Direction direction = Direction::kForward;
  std::size_t units = 4;
  std::string csv;
  std::string html;
  bool quiet = false;
  ReadOptions columns;
};

/// The text that is worked out, with a label that the model knows, and what to call it.
struct Subject {
  Record record;
  std::string name;
};

Subject from_data(const TraceFlags& flags) {
  std::vector<Record> records = read_records(flags.data, flags.columns);
  if (flags.row < 1 || flags.row > records.size()) {
    throw DataError(fmt::format("{}: there is no row {}; it has the rows 1 .. {}", flags.data,
                                flags.row, records.size()));
  }
  return {std::move(records[flags.row - 1]), fmt::format("row {} of {}", flags.row, flags.data)};
}

Subject subject_of(const TextPredictor& predictor, const TraceFlags& flags) {
  if (!flags.data.empty()) return from_data(flags);
  Subject subject{{flags.text, flags.label, 0}, "a text"};
  if (flags.label.empty()) subject.record.label = predictor.predict(flags.text).label;
  return subject;
}

std::int32_t target_of(const TextClassifier& classifier, const Subject& subject) {
  const std::int32_t target = classifier.label_number(subject.record.label);
  if (target >= 0) return target;
  throw DataError(fmt::format("{}: the model does not know the label \"{}\"; its labels are {}",
                              subject.name, subject.record.label,
                              fmt::join(classifier.labels(), ", ")));
}

WorkedExampleRequest request_of(const TextClassifier& classifier, std::size_t steps,
                                const TraceFlags& flags) {
  constexpr std::size_t kDefaultStep = 3;
  return {flags.layer.value_or(classifier.model().config().layers - 1), flags.direction,
          flags.step.value_or(std::min(kDefaultStep, steps))};
}

void trace_command(const TraceFlags& flags) {
  if (flags.csv.empty() && flags.html.empty()) require_stdout();
  try_output(flags.csv);
  try_output(flags.html);
  const TextPredictor predictor(load_classifier(flags.model));
  const TextClassifier& classifier = predictor.classifier();
  refuse_sigmoids(classifier, "trace");
  const Subject subject = subject_of(predictor, flags);
  const std::string_view text = subject.record.text;
  const std::vector<std::int32_t> ids = classifier.encoder().encode(std::span(&text, 1)).front();
  SequenceClassifier<double> shadow = double_shadow(classifier.model());
  const WorkedExample example = work_example(shadow, ids, target_of(classifier, subject),
                                             request_of(classifier, ids.size(), flags));

  WorkedExampleNames names{
      fmt::format("The worked example: {}{}", subject.name,
                  classifier.ngrams() == nullptr ? "" : " (the network alone)"),
      {},
      classifier.labels()};
  for (std::int32_t id : ids)
    names.tokens.emplace_back(classifier.encoder().vocabulary().token(id));
  const Sheet sheet = to_sheet(example, names, flags.units);
  Terminal terminal(flags.quiet);
  if (!flags.csv.empty()) write_output(flags.csv, to_csv(example));
  if (!flags.html.empty()) write_output(flags.html, to_html(sheet));
  if (flags.csv.empty() && flags.html.empty()) write_stdout(to_text(sheet));
  for (const std::string& file : {flags.csv, flags.html}) {
    if (!file.empty() && file != "-") terminal.note(fmt::format("written: {}", file));
  }
}

}  // namespace

void add_trace_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<TraceFlags>();
  CLI::App* command = program.add_subcommand(
      "trace", "Work out one text by the network's equations: every value, forward and backward");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  CLI::Option* data =
      command->add_option("--data", flags->data, "Labelled texts; - is stdin")->type_name("FILE");
  command->add_option("--row", flags->row, "Which row of the data, from 1")
      ->check(whole_number(1, 1'000'000'000'000))
      ->capture_default_str()
      ->needs(data);
  CLI::Option* text =
      command->add_option("--text", flags->text, "A text to work out, instead of --data")
          ->excludes(data);
  command->add_option("--label", flags->label, "Label of --text (default: the predicted one)")
      ->needs(text);
  command
      ->add_option("--t", flags->step,
                   "Step whose gradient is followed path by path, from 1 (default: 3, or the last)")
      ->check(whole_number(1, 1'000'000));
  command
      ->add_option("--layer", flags->layer,
                   "Layer, from 0 as in lstm.0.forward (default: the top one)")
      ->check(whole_number(0, 15));
  add_choice(*command, "--direction", flags->direction, "Direction of the layer");
  command->add_option("--units", flags->units, "How many components of each column to show")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  command
      ->add_option("--csv", flags->csv,
                   "Write every value in full: name,step,row,column,value; - is stdout")
      ->type_name("FILE");
  command->add_option("--html", flags->html, "Write a page of formulas; - is stdout")
      ->type_name("FILE");
  add_column_flags(*command, flags->columns, data);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, command, data, text, &status] {
    if (data->count() + text->count() == 0)
      throw UsageError("trace: expected --data FILE --row N, or --text TEXT");
    if (flags->csv == "-" && flags->html == "-") {
      throw UsageError("--csv and --html can't both be stdout: name a file for one of them");
    }
    refuse_flag(*command, "--units", !flags->csv.empty() && flags->html.empty(),
                "belongs to the table and the page; --csv has every value: leave it out");
    trace_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
