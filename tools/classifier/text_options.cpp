#include "unroll/tools/classifier/text_options.h"

#include <memory>
#include <utility>

#include "unroll/text/jieba_files.h"
#include "unroll/text/subword_training.h"

namespace unroll {

namespace {

TokenizerSettings tokenizer_settings(const TextOptions& options, TokenizerKind kind,
                                     std::span<const std::string_view> texts) {
  TokenizerSettings settings{.kind = kind, .fold = options.fold, .language = options.language};
  if (kind == TokenizerKind::kJieba) {
    settings.dictionary = std::make_shared<const JiebaDictionary>(
        read_jieba({options.dictionary, options.user_dictionary}));
  }
  if (kind == TokenizerKind::kSubword) {
    settings.subwords = std::make_shared<const Subwords>(
        train_subwords(texts, settings.folding(), options.subwords));
  }
  return settings;
}

}  // namespace

EncoderSettings settings_with(const TextOptions& options, TokenizerKind kind,
                              std::span<const std::string_view> texts) {
  TokenizerSettings tokenizer = tokenizer_settings(options, kind, texts);
  const FoldSettings folding{.language = tokenizer.language};
  return {.tokenizer = std::move(tokenizer),
          .stop_words = StopWords::load(options.stop_words, folding),
          .max_tokens = options.max_tokens};
}

EncoderSettings settings_for(const TextOptions& options, std::span<const std::string_view> texts) {
  const TokenizerKind kind = options.tokenizer ? *options.tokenizer : choose_tokenizer(texts).kind;
  return settings_with(options, kind, texts);
}

}  // namespace unroll
