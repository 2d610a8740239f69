#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "unroll/text/prediction_input.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

constexpr std::size_t kTextsAtATime = 1024;

struct DataTokenizeFlags {
  std::string texts;
  std::string model;
  TextOptions text;
  ReadOptions reading;
  bool has_layout = false;  ///< a flag says that the file has columns
  bool quiet = false;
};

/// The tokens of each text, without a model.
std::vector<std::vector<std::string>> split(std::span<const std::string_view> texts,
                                            const EncoderSettings& settings) {
  std::vector<std::vector<std::string>> lines;
  for (const TokenizedText& text : tokenize(texts, settings)) {
    const auto tokens = text.first(settings.max_tokens);
    lines.emplace_back(tokens.begin(), tokens.end());
  }
  return lines;
}

/// What a model reads: the words of its vocabulary that each text becomes.
std::vector<std::vector<std::string>> encode(std::span<const std::string_view> texts,
                                             const TextEncoder& encoder) {
  std::vector<std::vector<std::string>> lines;
  for (const std::vector<std::int32_t>& ids : encoder.encode(texts)) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::int32_t id : ids) line.emplace_back(encoder.vocabulary().token(id));
  }
  return lines;
}

/// Prints the tokens of texts as they come; of one that can't be read, an empty line.
class TokenPrinter {
 public:
  explicit TokenPrinter(const DataTokenizeFlags& flags) : flags_(flags) {
    if (!flags.model.empty()) model_.emplace(load_classifier(flags.model));
  }

  void print(std::span<const InputText> block) {
    std::vector<std::string_view> texts;
    for (const InputText& text : block) texts.push_back(text.text);
    if (!model_ && !settings_) settings_ = settings_for(flags_.text, texts);
    for (const auto& tokens : model_ ? encode(texts, model_->encoder()) : split(texts, *settings_))
      write_stdout(fmt::format("{}\n", fmt::join(tokens, " ")));
  }

 private:
  const DataTokenizeFlags& flags_;
  std::optional<TextClassifier> model_;
  std::optional<EncoderSettings> settings_;  // once there are texts to choose them by
};

void tokenize_command(const DataTokenizeFlags& flags) {
  require_stdout();
  TokenPrinter printer(flags);
  Terminal terminal(flags.quiet);
  ReadReport report;
  PredictionInput input(flags.texts,
                        {.reading = flags.reading,
                         .layout = flags.has_layout ? InputLayout::kRecords : InputLayout::kLines},
                        report);
  show(std::exchange(report, {}), terminal);
  std::vector<InputText> block;
  for (InputText text; input.next(text);) {
    block.push_back(text);
    if (block.size() < kTextsAtATime && input.ready()) continue;
    printer.print(block);
    if (!input.ready()) flush_stdout();
    block.clear();
  }
  printer.print(block);
  input.finish(report);
  show(report, terminal);
}

}  // namespace

void add_data_tokenize_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataTokenizeFlags>();
  CLI::App* command = data.add_subcommand(
      "tokenize", "Print the tokens of each text, with blanks between, one text a line");
  command
      ->add_option("texts", flags->texts,
                   "Texts, one a line, or with --text-col and the like those of a file with\n"
                   "columns; - is stdin")
      ->type_name("FILE")
      ->required();
  CLI::Option* model =
      command
          ->add_option("--model", flags->model,
                       "Print the words that this model reads instead; <unk> is unknown")
          ->type_name("DIR");
  add_token_flags(*command, flags->text);
  add_max_tokens_flag(*command, flags->text);
  for (const char* flag : {"--tokenizer", "--no-fold", "--stopwords", "--max-tokens"})
    command->get_option(flag)->excludes(model);
  add_reading_flags(*command, flags->reading);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, command, &status] {
    refuse_contradictory_token_flags(*command, flags->text);
    flags->has_layout = has_layout_flag(*command);
    flags->reading.labels = false;
    tokenize_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
