// The tokenizers: any bytes are refused or cut, tokens are UTF-8, a text gives the same tokens
// twice, and the encoder's ids are in its vocabulary.
#include <algorithm>

#include "tests/fuzz/target.h"
#include "unroll/text/encoder.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/utf8.h"

using namespace unroll;

namespace {

constexpr TokenizerKind kKinds[] = {TokenizerKind::kChar, TokenizerKind::kSpace,
                                    TokenizerKind::kIcu};

void check_encoder(const EncoderSettings& settings, std::string_view text) {
  const std::string_view texts[] = {text};
  Lexicon lexicon;
  const std::vector<std::int32_t> numbers =
      lexicon.add(tokenize(texts, settings), settings.max_tokens).front();
  const TextEncoder encoder(settings,
                            Vocabulary(lexicon.counts(2, settings.tokenizer), {.min_count = 2}));
  const auto ids = encoder.encode(texts).front();
  std::vector<std::int32_t> looked_up = numbers;
  Lexicon::Ids(lexicon, encoder).encode(looked_up);
  require(ids == looked_up, "training and prediction give the same ids");
  require(!ids.empty() && ids.size() <= settings.max_tokens, "between one and max_tokens ids");
  for (const std::int32_t id : ids)
    require(static_cast<std::size_t>(id) < encoder.vocabulary().size(), "ids of the vocabulary");
  const TextEncoder again = TextEncoder::from_json(encoder.to_json());
  require(again.encode(texts).front() == ids, "an encoder comes back from JSON as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  EncoderSettings settings;
  settings.tokenizer.kind = kKinds[data[0] % std::size(kKinds)];
  settings.tokenizer.fold = (data[0] & 16) == 0;
  settings.max_tokens = 50;
  accept_errors([&] {
    Tokenizer tokenizer(settings.tokenizer);
    const std::vector<std::string> tokens = tokenizer(text);
    for (const std::string& token : tokens)
      require(!token.empty() && !invalid_utf8(token), "tokens are UTF-8, and not empty");
    require(tokenizer(text) == tokens, "the same text gives the same tokens");
    check_encoder(settings, text);
  });
  return 0;
}
