#include "unroll/text/encoder.h"

#include <algorithm>

#include "unroll/core/parallel.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

// Below that, making a tokenizer costs more than using it.
constexpr std::size_t kTextsPerTokenizer = 32;

TokenizedText tokenize_one(std::string_view text, const EncoderSettings& settings,
                           Tokenizer& tokenizer) {
  TokenizedText result{tokenizer(text)};
  std::erase_if(result.tokens,
                [&](const std::string& token) { return settings.stop_words.contains(token); });
  return result;
}

}  // namespace

std::size_t bytes_at_a_time() {
  constexpr std::size_t kBytes = std::size_t{1} << 17, kEnough = 8;
  return kBytes * std::min(thread_count(), kEnough);
}

std::vector<TokenizedText> tokenize(std::span<const std::string_view> texts,
                                    const EncoderSettings& settings) {
  std::vector<TokenizedText> results(texts.size());
  parallel_for(texts.size(), kTextsPerTokenizer, [&](Range range) {
    Tokenizer tokenizer(settings.tokenizer);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      results[i] = tokenize_one(texts[i], settings, tokenizer);
    }
  });
  return results;
}

std::vector<std::int32_t> TextEncoder::encode(const TokenizedText& text) const {
  std::vector<std::int32_t> ids;
  encode(text, ids);
  return ids;
}

TokenizedText TextEncoder::tokenize(std::string_view text, Tokenizer& tokenizer) const {
  return tokenize_one(text, settings_, tokenizer);
}

TokenFigures TextEncoder::encode(const TokenizedText& text, std::vector<std::int32_t>& ids) const {
  const std::span<const std::string> tokens = text.first(settings_.max_tokens);
  ids.clear();
  ids.reserve(tokens.size());
  for (const std::string& token : tokens) append_ids(token, ids);
  const bool cut = tokens.size() < text.tokens.size() || ids.size() > settings_.max_tokens;
  if (ids.size() > settings_.max_tokens) ids.resize(settings_.max_tokens);
  const TokenFigures figures{
      .tokens = ids.size(),
      .known = ids.size() - static_cast<std::size_t>(std::ranges::count(ids, Vocabulary::kUnknown)),
      .cut = cut};
  if (ids.empty()) ids.push_back(Vocabulary::kUnknown);
  return figures;
}

std::vector<std::vector<std::int32_t>> TextEncoder::encode(
    std::span<const TokenizedText> texts) const {
  std::vector<std::vector<std::int32_t>> results(texts.size());
  parallel_for(texts.size(), kTextsPerTokenizer, [&](Range range) {
    for (std::size_t i = range.begin; i < range.end; ++i) encode(texts[i], results[i]);
  });
  return results;
}

bool TextEncoder::knows(std::string_view token) const {
  const auto is_known = [this](std::string_view word) {
    return vocabulary_.id(word) != Vocabulary::kUnknown;
  };
  if (is_known(token) || !becomes_characters(token, settings_.tokenizer)) return is_known(token);
  bool any = false;
  for_each_character(token, [&](std::string_view character) { any = any || is_known(character); });
  return any;
}

void TextEncoder::append_ids(std::string_view token, std::vector<std::int32_t>& ids) const {
  const std::int32_t id = vocabulary_.id(token);
  if (id != Vocabulary::kUnknown || !becomes_characters(token, settings_.tokenizer)) {
    ids.push_back(id);
    return;
  }
  for_each_character(token,
                     [&](std::string_view character) { ids.push_back(vocabulary_.id(character)); });
}

std::vector<std::vector<std::int32_t>> TextEncoder::encode(
    std::span<const std::string_view> texts) const {
  std::vector<std::vector<std::int32_t>> results(texts.size());
  parallel_for(texts.size(), kTextsPerTokenizer, [&](Range range) {
    Tokenizer tokenizer(settings_.tokenizer);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      encode(tokenize(texts[i], tokenizer), results[i]);
    }
  });
  return results;
}

}  // namespace unroll
