#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/calibration.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/evaluate_texts.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/requirement.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/unseen_rows.h"

namespace unroll {

namespace {

struct TestFlags {
  std::string model;
  std::string data;
  bool quiet = false;
  bool json = false;
  double threshold = TextPredictor::kThreshold;
  PrecisionChoice precision = PrecisionChoice::kFull;
  std::vector<Requirement> requirements;
  ReadOptions columns;
};

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

void test_command(const TestFlags& flags, const CLI::App& command) {
  require_stdout();
  const TextPredictor predictor(load_classifier(flags.model), WordProducts::kPerBatch,
                                flags.precision);
  refuse_flag(command, "--threshold", !predictor.classifier().has_any_number_of_labels(),
              "is for models that answer any number of labels, and this one answers one");
  Evaluation evaluation;
  {
    Terminal terminal(flags.quiet);
    note_on_precision(flags.precision, predictor, terminal);
    LabelledTexts texts(flags.data, flags.columns, predictor, terminal);
    UnseenRows unseen(predictor.labels());
    evaluation =
        evaluate_texts(predictor, texts, flags.threshold, terminal,
                       [&](const Record& record, const Prediction&) { unseen.add(record); });
    note_on_texts(evaluation.texts, predictor.classifier().encoder().settings(), terminal);
    unseen.warn(flags.data, terminal);
  }
  if (flags.json) {
    const std::string json = to_json(evaluation);
    print("{}\n", with_version(fmt::format(R"({{"precision":"{}",{})",
                                           to_string(predictor.precision()), json.substr(1))));
  } else {
    const std::size_t width = terminal_width(STDOUT_FILENO);
    write_stdout(to_table(evaluation, width));
    if (!evaluation.calibration.bins.empty())  // none where texts have any number of labels
      write_stdout("\n" + to_plot(evaluation.calibration, width));
  }
  require_all(flags.requirements, evaluation);
}

/// Requirements are read before any data are.
void add_require_flag(CLI::App& command, std::vector<Requirement>& requirements) {
  command
      .add_option_function<std::vector<std::string>>(
          "--require",
          [&requirements](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) requirements.push_back(requirement_of(text));
          },
          "End with status 6 if a figure is not so: 'accuracy>=0.93', 'recall:spam > 90%';\n"
          "any number of --json, with >=, >, <= or <, and precision, recall, f1 or rows of a\n"
          "label. May be given several times")
      ->type_name("FIGURE>=NUMBER")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_test_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<TestFlags>();
  CLI::App* command = program.add_subcommand("test", "Measure a classifier on labelled texts");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  command->add_option("data", flags->data, "Labelled texts; - is stdin")
      ->type_name("FILE")
      ->required();
  add_column_flags(*command, flags->columns);
  add_threshold_flag(*command, flags->threshold,
                     "The least probability of a label, for a model with any number of labels");
  add_precision_flag(*command, flags->precision);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print one JSON object, with all labels");
  add_require_flag(*command, flags->requirements);
  command->callback([flags, command, &status] {
    test_command(*flags, *command);
    status = 0;
  });
}

}  // namespace unroll
