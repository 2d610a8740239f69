#include "unroll/tools/classifier/text_options.h"

#include <memory>
#include <utility>

#include "unroll/text/jieba_files.h"
#include "unroll/text/subword_training.h"
#include "unroll/text/unknown_share.h"

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

TokenizerChoice choice_for(const TextOptions& options, std::span<const std::string_view> texts) {
  if (options.tokenizer) return {*options.tokenizer, TokenizerReason::kNamed};
  return choose_tokenizer(texts);
}

/// Beyond this share of unknown tokens a model sees little but the unknown word.
constexpr double kMostUnknown = 0.5;

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
  return settings_with(options, choice_for(options, texts).kind, texts);
}

ChosenSettings choose_settings(const TextOptions& options, std::span<const std::string_view> train,
                               std::span<const std::string_view> dev) {
  const TokenizerChoice choice = choice_for(options, train);
  EncoderSettings settings = settings_with(options, choice.kind, train);
  const double share =
      options.tokenizer ? 0 : unknown_share(train, dev, settings, options.vocabulary);
  if (share <= kMostUnknown) return {std::move(settings), choice};
  return {settings_with(options, TokenizerKind::kChar, train),
          {TokenizerKind::kChar, TokenizerReason::kMostlyUnknown},
          share};
}

}  // namespace unroll
