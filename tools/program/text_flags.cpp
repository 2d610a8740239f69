#include "unroll/tools/program/text_flags.h"

#include "unroll/text/folding.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"

namespace unroll {

void add_token_flags(CLI::App& command, TextOptions& options) {
  command
      .add_option_function<std::string>(
          "--tokenizer",
          [&options](const std::string& name) {
            options.tokenizer = from_name<TokenizerKind>(name);
          },
          "How texts are split (default: chosen from the text)")
      ->check(CLI::IsMember({"icu", "char", "space", "jieba", "subword"}));
  command
      .add_option("--dictionary", options.dictionary,
                  "jieba's dictionary or the folder of a jieba (default: the installed one's)")
      ->type_name("FILE");
  command
      .add_option("--user-dictionary", options.user_dictionary,
                  "Words of your own for jieba: a word on each line, then its count if you like")
      ->type_name("FILE");
  command.add_option("--subwords", options.subwords, "The most pieces of the tokenizer subword")
      ->check(whole_number(10, 1000000))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--language",
          [&options](const std::string& name) { options.language = *language_of(name); },
          "Fold as this language does: tr and az keep ı and i apart, ar, fa and ur drop vowel\n"
          "marks. Other languages need no flag")
      ->check(CLI::IsMember({"tr", "az", "ar", "fa", "ur"}));
  command.add_flag("!--no-fold", options.fold,
                   "Keep case and compatibility forms (no NFKC_Casefold)");
  command.add_option("--stopwords", options.stop_words, "Words to drop: none, zh, en, or a file")
      ->type_name("none|zh|en|FILE")
      ->capture_default_str();
}

void refuse_contradictory_token_flags(const CLI::App& command, const TextOptions& options) {
  const bool is_jieba = options.tokenizer == TokenizerKind::kJieba;
  constexpr std::string_view kOfJieba = "is jieba's: leave it out, or give --tokenizer jieba";
  refuse_flag(command, "--dictionary", !is_jieba, kOfJieba);
  refuse_flag(command, "--user-dictionary", !is_jieba, kOfJieba);
  refuse_flag(command, "--subwords", options.tokenizer != TokenizerKind::kSubword,
              "counts the pieces of another tokenizer: leave it out, or give --tokenizer subword");
  refuse_flag(command, "--language", !options.fold,
              "says how words are folded, and --no-fold that they are not: leave one of them out");
}

void add_vocabulary_flags(CLI::App& command, TextOptions& options) {
  command
      .add_option("--min-count", options.vocabulary.min_count,
                  "Words that occur less often become the unknown word")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  command
      .add_option("--max-vocabulary", options.vocabulary.max_size,
                  "The most words to keep; 0 sets no limit")
      ->check(whole_number(0, 10000000))
      ->capture_default_str();
}

void add_max_tokens_flag(CLI::App& command, TextOptions& options) {
  command.add_option("--max-tokens", options.max_tokens, "Longer texts are cut")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
}

}  // namespace unroll
