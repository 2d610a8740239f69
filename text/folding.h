/// Folding: writings of one word become one token. It is Unicode's NFKC_Casefold, which takes case
/// and compatibility forms away, and what a language wants besides.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/tokenizer.h"

namespace unroll {

/// Its two letters (ISO 639), as in tr; "" for kAny.
std::string_view to_string(FoldLanguage language);
std::optional<FoldLanguage> language_of(std::string_view name);

/// `text`, folded as the settings say; as it is if they are off.
std::string fold(std::string_view text, const FoldSettings& settings);

}  // namespace unroll
