#include "unroll/text/lexicon.h"

#include <algorithm>
#include <span>
#include <utility>

#include "unroll/text/utf8.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

std::vector<std::int32_t> Lexicon::add(std::span<const std::string> tokens) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(tokens.size());
  for (const std::string& word : tokens) {
    const auto next = static_cast<std::int32_t>(tokens_.size());
    Token& token = tokens_.try_emplace(word, Token{next, 0}).first->second;
    ++token.count;
    numbers.push_back(token.number);
  }
  return numbers;
}

std::unordered_map<std::string, std::uint64_t> Lexicon::counts(
    std::uint64_t min_count, const TokenizerSettings& settings) const {
  std::unordered_map<std::string, std::uint64_t> counts;
  for (const auto& [word, token] : tokens_) {
    const std::uint64_t count = token.count;  // clang 16 lets no lambda capture a binding
    if (count >= min_count || !becomes_characters(word, settings)) {
      counts[word] += count;
    } else {
      for_each_character(
          word, [&](std::string_view character) { counts[std::string(character)] += count; });
    }
  }
  return counts;
}

TextEncoder encoder_of(std::span<const std::string_view> texts, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits) {
  Lexicon lexicon;
  for_each_tokenized(texts, settings, [&](std::size_t, const TokenizedText& text) {
    lexicon.add(text.first(settings.max_tokens));
  });
  return {settings, Vocabulary(lexicon.counts(limits.min_count, settings.tokenizer), limits)};
}

Lexicon::Ids::Ids(const Lexicon& lexicon, const TextEncoder& encoder)
    : max_tokens_(encoder.settings().max_tokens) {
  std::vector<const std::string*> words(lexicon.tokens_.size());
  for (const auto& [word, token] : lexicon.tokens_) {
    words[static_cast<std::size_t>(token.number)] = &word;
  }
  for (const std::string* word : words) {
    encoder.append_ids(*word, ids_);
    ends_.push_back(ids_.size());
  }
}

void Lexicon::Ids::encode(std::vector<std::int32_t>& numbers) const {
  const auto ids_of = [this](std::int32_t number) {
    const auto token = static_cast<std::size_t>(number);
    const std::size_t begin = token == 0 ? 0 : ends_[token - 1];
    return std::span(ids_).subspan(begin, ends_[token] - begin);
  };
  const auto is_one = [&](std::int32_t number) { return ids_of(number).size() == 1; };
  // Millions of new vectors beside old ones would leave the heap full of holes.
  if (!numbers.empty() && std::ranges::all_of(numbers, is_one)) {
    std::ranges::transform(numbers, numbers.begin(),
                           [&](std::int32_t number) { return ids_of(number).front(); });
    return;
  }
  std::vector<std::int32_t> ids;
  for (const std::int32_t number : numbers) {
    const auto of_token = ids_of(number);
    ids.insert(ids.end(), of_token.begin(), of_token.end());
  }
  if (ids.empty()) ids.push_back(Vocabulary::kUnknown);
  if (ids.size() > max_tokens_) ids.resize(max_tokens_);
  ids.shrink_to_fit();
  numbers = std::move(ids);
}

}  // namespace unroll
