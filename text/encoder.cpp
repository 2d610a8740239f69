#include "unroll/text/encoder.h"

#include "unroll/core/parallel.h"

namespace unroll {

namespace {

constexpr std::size_t kTextsPerPart = 32;  // below, making a tokenizer costs more than using it

TokenizedText tokenize_one(std::string_view text, const EncoderSettings& settings,
                           Tokenizer& tokenizer) {
  TokenizedText result{tokenizer(text), false};
  std::erase_if(result.tokens,
                [&](const std::string& token) { return settings.stop_words.contains(token); });
  result.cut = result.tokens.size() > settings.max_tokens;
  if (result.cut) result.tokens.resize(settings.max_tokens);
  return result;
}

}  // namespace

std::vector<TokenizedText> tokenize(std::span<const std::string_view> texts,
                                    const EncoderSettings& settings) {
  std::vector<TokenizedText> results(texts.size());
  parallel_for(texts.size(), kTextsPerPart, [&](Range range) {
    Tokenizer tokenizer(settings.tokenizer);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      results[i] = tokenize_one(texts[i], settings, tokenizer);
    }
  });
  return results;
}

std::unordered_map<std::string, std::uint64_t> count_tokens(std::span<const TokenizedText> texts) {
  std::unordered_map<std::string, std::uint64_t> counts;
  for (const TokenizedText& text : texts) {
    for (const std::string& token : text.tokens) ++counts[token];
  }
  return counts;
}

std::vector<std::int32_t> TextEncoder::encode(const TokenizedText& text) const {
  if (text.tokens.empty()) return {Vocabulary::kUnknown};
  std::vector<std::int32_t> ids;
  ids.reserve(text.tokens.size());
  for (const std::string& token : text.tokens) ids.push_back(vocabulary_.id(token));
  return ids;
}

std::vector<std::vector<std::int32_t>> TextEncoder::encode(
    std::span<const std::string_view> texts) const {
  std::vector<std::vector<std::int32_t>> results(texts.size());
  parallel_for(texts.size(), kTextsPerPart, [&](Range range) {
    Tokenizer tokenizer(settings_.tokenizer);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      results[i] = encode(tokenize_one(texts[i], settings_, tokenizer));
    }
  });
  return results;
}

}  // namespace unroll
