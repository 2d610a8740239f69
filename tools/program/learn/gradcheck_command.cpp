#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/text/batches.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/lab/checks/gradient_check.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/footer.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// The longest of the random sequences that replace data: long enough for every recursion.
constexpr std::size_t kLongestRandom = 20;

struct GradcheckFlags {
  std::string model;
  std::string data;
  std::size_t rows = 8;
  std::uint64_t seed = 1;
  bool quiet = false;
  bool json = false;
  ReadOptions columns;
};

/// `rows` of the records, chosen by the seed.
std::vector<Record> choose_records(std::vector<Record> records, const GradcheckFlags& flags) {
  Random random(flags.seed, "gradcheck/rows");
  random.shuffle(std::span(records));
  records.resize(std::min(records.size(), flags.rows));
  return records;
}

Example example_of(const TextClassifier& classifier, const Record& record,
                   std::vector<std::int32_t> ids, const GradcheckFlags& flags) {
  const std::int32_t label = classifier.label_number(record.label);
  if (label < 0) {
    throw DataError(
        {flags.data, record.line},
        fmt::format("label \"{}\" is none of the model's {} labels, so there is no loss; "
                    "`unroll inspect {}` lists them",
                    record.label, classifier.labels().size(), flags.model));
  }
  return {std::move(ids), label};
}

GradientSample sample_of_data(const TextClassifier& classifier, const GradcheckFlags& flags) {
  const auto records = choose_records(read_records(flags.data, flags.columns), flags);
  std::vector<std::string_view> texts;
  for (const Record& record : records) texts.push_back(record.text);
  auto ids = classifier.encoder().encode(texts);
  std::vector<Example> examples;
  for (std::size_t k = 0; k < records.size(); ++k) {
    examples.push_back(example_of(classifier, records[k], std::move(ids[k]), flags));
  }
  std::vector<std::size_t> all(examples.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Batch batch = make_batch(examples, all);
  return {std::move(batch.shape), std::move(batch.ids), std::move(batch.labels)};
}

GradientSample sample_of_nothing(const TextClassifier& classifier, const GradcheckFlags& flags) {
  Random random(flags.seed, "gradcheck/lengths");
  std::vector<std::size_t> lengths;
  for (std::size_t k = 0; k < flags.rows; ++k) lengths.push_back(1 + random.below(kLongestRandom));
  return random_sample(classifier.model().config(), lengths, flags.seed);
}

std::string sample_text(const GradientSample& sample, const GradcheckFlags& flags) {
  const std::string from =
      flags.data.empty() ? "random words and labels; --data takes your own texts"
                         : fmt::format("rows of {}, chosen by --seed {}", flags.data, flags.seed);
  return fmt::format("{} {}; {} tokens; dropout off", sample.shape.batch(), from,
                     sample.shape.tokens());
}

int gradcheck_command(const GradcheckFlags& flags) {
  require_stdout();
  const TextClassifier classifier = load_classifier(flags.model);
  refuse_sigmoids(classifier, "gradcheck");
  const GradientSample sample =
      flags.data.empty() ? sample_of_nothing(classifier, flags) : sample_of_data(classifier, flags);
  GradientReport report;
  {
    Terminal terminal(flags.quiet);
    terminal.note(sample_text(sample, flags));
    if (classifier.ngrams() != nullptr) {
      terminal.note("the recurrent network's gradients; n-grams are learnt without it");
    }
    const auto progress = [&](std::string_view tensor) {
      terminal.progress(fmt::format("gradcheck  {}", tensor));
    };
    report = check_gradients(classifier.model(), sample,
                             {.tensor = {.seed = flags.seed}, .progress = progress});
  }
  if (flags.json) {
    print("{}\n", with_version(to_json(report)));
  } else {
    const auto word = [&](std::size_t id) {
      return std::string(classifier.encoder().vocabulary().token(static_cast<std::int32_t>(id)));
    };
    write_stdout(to_table(report, word));
  }
  return report.holds() ? 0 : static_cast<int>(ErrorKind::kRequirement);
}

}  // namespace

void add_gradcheck_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<GradcheckFlags>();
  CLI::App* command =
      program.add_subcommand("gradcheck", "Check a model's gradients against central differences");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  CLI::Option* data =
      command
          ->add_option("--data", flags->data,
                       "Labelled texts; - is stdin (default: random words and labels)")
          ->type_name("FILE");
  command->add_option("--rows", flags->rows, "How many rows of the data, chosen at random")
      ->check(whole_number(1, 100000))
      ->capture_default_str();
  add_seed_flag(*command, flags->seed, "Chooses rows, directions and entries");
  add_column_flags(*command, flags->columns, data);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->callback([flags, &status] { status = gradcheck_command(*flags); });
  set_footer(*command, "Exit status 6: a gradient breaks its bound.");
}

}  // namespace unroll
