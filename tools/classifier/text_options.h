/// What TextOptions (train_classifier.h) mean for given texts.
#pragma once

#include <span>
#include <string_view>

#include "unroll/text/encoder.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

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
