#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "unroll/text/line_stream.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"

namespace unroll {

namespace {

/// Most lines predicted at a time: enough for all threads, few enough that results flow.
constexpr std::size_t kBlock = 256;

struct Flags {
  std::string model;
  std::string file = "-";
  std::size_t top = 0;  ///< 0: only the label
  bool probabilities = false;
  bool json = false;
  bool word_table = false;
  Precision precision = Precision::kFull;
};

/// Numbers of the `count` most probable labels, most probable first, equals in the labels' order.
std::vector<std::size_t> top_labels(const Prediction& prediction, std::size_t count) {
  std::vector<std::size_t> order(prediction.probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t k) { return prediction.probabilities[k]; });
  order.resize(std::min(count, order.size()));
  return order;
}

/// label TAB probability, as many pairs as asked for.
std::string pairs_line(const TextPredictor& predictor, const Prediction& prediction,
                       std::size_t top) {
  std::string line;
  for (std::size_t k : top_labels(prediction, top)) {
    line += fmt::format("{}{}\t{:.6f}", line.empty() ? "" : "\t", predictor.labels()[k],
                        prediction.probabilities[k]);
  }
  return line;
}

std::string json_line(const TextPredictor& predictor, const Prediction& prediction,
                      std::size_t top) {
  nlohmann::ordered_json probabilities = nlohmann::ordered_json::object();
  for (std::size_t k : top_labels(prediction, top == 0 ? predictor.labels().size() : top)) {
    probabilities[predictor.labels()[k]] = prediction.probabilities[k];
  }
  const nlohmann::ordered_json json = {{"label", prediction.label},
                                       {"probability", prediction.probability},
                                       {"probabilities", probabilities},
                                       {"tokens", prediction.text.tokens},
                                       {"known_tokens", prediction.text.known},
                                       {"cut", prediction.text.cut}};
  return json.dump();
}

std::string to_line(const TextPredictor& predictor, const Prediction& prediction,
                    const Flags& flags) {
  if (flags.json) return json_line(predictor, prediction, flags.top);
  if (flags.top > 0) return pairs_line(predictor, prediction, flags.top);
  if (flags.probabilities) return pairs_line(predictor, prediction, 1);
  return prediction.label;
}

/// Prints what is known before the program waits for more: who writes a line at a time waits for
/// its answer.
void predict_stream(const TextPredictor& predictor, LineStream& lines, const Flags& flags) {
  std::vector<std::string_view> texts;
  for (auto block = lines.read(kBlock); !block.empty(); block = lines.read(kBlock)) {
    texts.clear();
    for (const Line& line : block) texts.push_back(line.text);
    for (const Prediction& prediction : predictor.predict(texts)) {
      print("{}\n", to_line(predictor, prediction, flags));
    }
    if (!lines.ready()) flush_stdout();
  }
}

void predict_command(const Flags& flags) {
  require_stdout();
  const TextPredictor predictor(
      load_classifier(flags.model),
      flags.word_table ? WordProducts::kWholeVocabulary : WordProducts::kPerBatch, flags.precision);
  if (flags.file == "-" && ::isatty(STDIN_FILENO) == 1) {
    write_stderr("Type a text and press Enter; Ctrl-D ends.\n");
  }
  LineStream lines(flags.file);
  predict_stream(predictor, lines, flags);
}

}  // namespace

void add_predict_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("predict", "Classify plain texts, one on each line");
  command->add_option("model", flags->model, "Folder of the model")->required();
  command
      ->add_option("file", flags->file,
                   "Texts, one on each line; - is stdin, where every line is answered at once")
      ->capture_default_str();
  command
      ->add_option("--top", flags->top,
                   "Print this many of the most probable labels: label TAB probability, repeated")
      ->check(whole_number(1, 1000000));
  command->add_flag("--prob", flags->probabilities, "Print label TAB probability");
  command->add_flag("--json", flags->json, "Print one JSON object on each line");
  command->add_flag(
      "--word-table", flags->word_table,
      "Multiply all words of the vocabulary by U beforehand: single texts are answered\n"
      "sooner, with the same predictions. It takes memory; `unroll bench predict` says\n"
      "how much");
  add_precision_flag(*command, flags->precision);
  add_threads_flag(*command);
  command->callback([flags, &status] {
    predict_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
