/// The flags of TextOptions.
#pragma once

#include <CLI/CLI.hpp>

#include "unroll/tools/classifier/text_options.h"

namespace unroll {

/// --tokenizer and its dictionaries, --subwords, --language, --no-fold, --stopwords.
void add_token_flags(CLI::App& command, TextOptions& options);
/// Throws UsageError for token flags that do not go together.
void refuse_contradictory_token_flags(const CLI::App& command, const TextOptions& options);
/// --min-count, --max-vocabulary.
void add_vocabulary_flags(CLI::App& command, TextOptions& options);
/// --max-tokens.
void add_max_tokens_flag(CLI::App& command, TextOptions& options);

}  // namespace unroll
