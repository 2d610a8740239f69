#include <fmt/format.h>

#include <memory>

#include "unroll/text/line_stream.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

constexpr std::size_t kLinesAtATime = 1024;

struct Flags {
  std::string texts;
  std::string model;
  TextOptions text;
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

void tokenize_command(const Flags& flags) {
  require_stdout();
  std::optional<TextClassifier> model;
  if (!flags.model.empty()) model.emplace(load_classifier(flags.model));
  std::optional<EncoderSettings> settings;
  LineStream lines(flags.texts);
  for (auto block = lines.read(kLinesAtATime); !block.empty(); block = lines.read(kLinesAtATime)) {
    std::vector<std::string_view> texts;
    for (const Line& line : block) texts.push_back(line.text);
    if (!settings) settings = settings_for(flags.text, texts);
    for (const auto& tokens : model ? encode(texts, model->encoder()) : split(texts, *settings))
      write_stdout(fmt::format("{}\n", fmt::join(tokens, " ")));
    if (!lines.ready()) flush_stdout();
  }
}

}  // namespace

void add_data_tokenize_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = data.add_subcommand(
      "tokenize", "Print the tokens of each text, with blanks between, one text a line");
  command->add_option("texts", flags->texts, "Texts, one a line; - is stdin")
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
  add_threads_flag(*command);
  command->callback([flags, &status] {
    tokenize_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
