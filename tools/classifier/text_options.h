/// TextOptions: how texts become ids, as far as somebody can choose it before a vocabulary is made.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "unroll/text/encoder.h"

namespace unroll {

struct TextOptions {
  std::optional<TokenizerKind> tokenizer;      ///< none: chosen from the text
  std::string dictionary;                      ///< jieba's; "": that of the installed jieba
  std::string user_dictionary;                 ///< a user's words for jieba; "": none
  std::size_t subwords = 8000;                 ///< the most pieces of the tokenizer subword
  bool fold = true;                            ///< NFKC_Casefold
  FoldLanguage language = FoldLanguage::kAny;  ///< of the folding
  std::string stop_words = "none";             ///< none, zh, en, or a file
  std::size_t max_tokens = 400;                ///< longer texts are cut
  Vocabulary::Limits vocabulary{.min_count = 2};
};

/// The settings by which texts like these are encoded. Reads jieba's dictionary, or learns subwords
/// from the texts, where the tokenizer needs them.
EncoderSettings settings_with(const TextOptions& options, TokenizerKind kind,
                              std::span<const std::string_view> texts);
/// The tokenizer is the one that is named, or else the one that suits the texts.
EncoderSettings settings_for(const TextOptions& options, std::span<const std::string_view> texts);

struct ChosenSettings {
  EncoderSettings settings;
  TokenizerChoice tokenizer;
  /// With the reason kMostlyUnknown: of the dev texts' tokens by the tokenizer that was not taken.
  double unknown_share = 0;
};
/// What training chooses: settings_for the training texts; but characters, if no tokenizer is named
/// and words are too rare to be known in the dev texts. Without dev texts that is not looked at.
ChosenSettings choose_settings(const TextOptions& options, std::span<const std::string_view> train,
                               std::span<const std::string_view> dev);

}  // namespace unroll
