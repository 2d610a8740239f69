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
  std::optional<TokenizerKind> tokenizer;  ///< none: chosen from the text
  bool fold = true;
  std::string stop_words = "none";
  std::size_t max_tokens = 400;
  Vocabulary::Limits vocabulary{.min_count = 2};
};

/// The settings by which texts like these are encoded.
EncoderSettings settings_for(const TextOptions& options, std::span<const std::string_view> texts);

}  // namespace unroll
