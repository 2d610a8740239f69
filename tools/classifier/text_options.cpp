#include "unroll/tools/classifier/text_options.h"

namespace unroll {

EncoderSettings settings_for(const TextOptions& options, std::span<const std::string_view> texts) {
  const TokenizerKind kind = options.tokenizer ? *options.tokenizer : choose_tokenizer(texts);
  return {.tokenizer = {.kind = kind, .fold = options.fold},
          .stop_words = StopWords::load(options.stop_words),
          .max_tokens = options.max_tokens};
}

}  // namespace unroll
