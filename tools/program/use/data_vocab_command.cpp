#include <fmt/format.h>

#include <memory>

#include "unroll/tools/classifier/data_report.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/text_flags.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

struct DataVocabFlags {
  std::string data;
  ReadOptions columns;
  TextOptions text;
  bool quiet = false;
};

/// A plain file may be larger than memory.
TextEncoder encoder_of(const DataVocabFlags& flags, Terminal& terminal) {
  if (!is_plain_text(flags.data, {.encoding = flags.columns.encoding}))
    return encoder_for(read_data(flags.data, flags.columns, terminal), flags.text);
  RecordStream stream(flags.data, flags.columns);
  TextEncoder encoder = encoder_for(stream, flags.text);
  show(stream.report(), terminal);
  return encoder;
}

void vocab_command(const DataVocabFlags& flags) {
  require_stdout();
  Terminal terminal(flags.quiet);
  const TextEncoder encoder = encoder_of(flags, terminal);
  const Vocabulary& vocabulary = encoder.vocabulary();
  for (std::size_t k = 0; k < vocabulary.size(); ++k) {
    const auto id = static_cast<std::int32_t>(k);
    print("{}\t{}\n", vocabulary.count(id), vocabulary.token(id));
  }
  terminal.note(fmt::format("tokenizer {}, vocabulary {}",
                            to_string(encoder.settings().tokenizer.kind), vocabulary.size()));
}

}  // namespace

void add_data_vocab_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataVocabFlags>();
  CLI::App* command = data.add_subcommand(
      "vocab",
      "Print the vocabulary that training on these texts would have: count TAB word,\n"
      "most frequent first. The first line counts all other words");
  command->add_option("data", flags->data, "Texts; - is stdin")->type_name("FILE")->required();
  flags->columns.labels = false;
  add_reading_flags(*command, flags->columns);
  add_token_flags(*command, flags->text);
  add_max_tokens_flag(*command, flags->text);
  add_vocabulary_flags(*command, flags->text);
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, &status] {
    vocab_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
