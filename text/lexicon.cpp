#include "unroll/text/lexicon.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/text/utf8.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

namespace {

using TokenNumbers = std::vector<std::int32_t>;

/// Sets each text's numbers to number(token) of its first tokens.
template <typename NumberOf>
void number_all(const TokenTable& table, std::span<const TokenizedText> texts,
                std::size_t most_tokens, std::span<TokenNumbers> numbers, NumberOf number_of) {
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const std::span<const std::string> tokens = texts[k].first(most_tokens);
    numbers[k].reserve(tokens.size());
    table.for_each(tokens,
                   [&](TokenTable::Hashed token) { numbers[k].push_back(number_of(token)); });
  }
}

/// The number in a part, while the lexicon lacks the token: below 0, and its own inverse.
std::int32_t in_part(std::int32_t number) {
  return -1 - number;
}

/// The numbers that the tokens of a part get in the lexicon's table.
TokenNumbers add_all(const TokenTable& part, TokenTable& lexicon) {
  TokenNumbers numbers;
  for (std::size_t k = 0; k < part.size(); ++k)
    numbers.push_back(lexicon.add(TokenTable::hashed(part.token(k))));
  return numbers;
}

/// Calls body(part, begin, size) for each part of the texts, on all threads.
template <typename Body>
void for_each_part(std::size_t texts, std::size_t parts, Body body) {
  parallel_parts(parts, [&](std::size_t p) {
    const Range range = part_of(texts, p, parts);
    body(p, range.begin, range.end - range.begin);
  });
}

}  // namespace

std::vector<TokenNumbers> Lexicon::add(std::span<const TokenizedText> texts,
                                       std::size_t most_tokens) {
  std::vector<TokenNumbers> numbers(texts.size());
  const std::size_t parts = std::min(texts.size(), thread_count());
  if (parts <= 1)
    number_all(tokens_, texts, most_tokens, numbers,
               [&](TokenTable::Hashed token) { return tokens_.add(token); });
  else
    add_parts(texts, most_tokens, numbers, parts);
  for (const TokenNumbers& of_text : numbers)
    for (const std::int32_t number : of_text) tokens_.count(number, 1);
  return numbers;
}

void Lexicon::add_parts(std::span<const TokenizedText> texts, std::size_t most_tokens,
                        std::span<TokenNumbers> numbers, std::size_t parts) {
  std::vector<std::unique_ptr<TokenTable>> tables(parts);
  for_each_part(texts.size(), parts, [&](std::size_t p, std::size_t begin, std::size_t size) {
    auto table = std::make_unique<TokenTable>();
    number_all(tokens_, texts.subspan(begin, size), most_tokens, numbers.subspan(begin, size),
               [&](TokenTable::Hashed token) {
                 const std::int32_t known = tokens_.find(token);
                 return known >= 0 ? known : in_part(table->add(token));
               });
    tables[p] = std::move(table);
  });
  std::vector<TokenNumbers> added;
  for (const auto& table : tables) added.push_back(add_all(*table, tokens_));
  for_each_part(texts.size(), parts, [&](std::size_t p, std::size_t begin, std::size_t size) {
    for (TokenNumbers& of_text : numbers.subspan(begin, size))
      for (std::int32_t& number : of_text)
        if (number < 0) number = added[p][static_cast<std::size_t>(in_part(number))];
  });
}

std::unordered_map<std::string, std::uint64_t> Lexicon::counts(
    std::uint64_t min_count, const TokenizerSettings& settings) const {
  std::unordered_map<std::string, std::uint64_t> counts;
  counts.reserve(size());
  for (std::size_t k = 0; k < size(); ++k) {
    const std::string_view word = tokens_.token(k);
    const std::uint64_t count = tokens_.count(k);
    if (count >= min_count || !becomes_characters(word, settings)) {
      counts[std::string(word)] += count;
    } else {
      for_each_character(
          word, [&](std::string_view character) { counts[std::string(character)] += count; });
    }
  }
  return counts;
}

TextEncoder encoder_of(const Lexicon& lexicon, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits) {
  return {settings, Vocabulary(lexicon.counts(limits.min_count, settings.tokenizer), limits)};
}

TextEncoder encoder_of(std::span<const std::string_view> texts, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits) {
  Lexicon lexicon;
  for_each_block(texts, settings, [&](std::size_t, std::span<const TokenizedText> block) {
    lexicon.add(block, settings.max_tokens);
  });
  return encoder_of(lexicon, settings, limits);
}

Lexicon::Ids::Ids(const Lexicon& lexicon, const TextEncoder& encoder)
    : max_tokens_(encoder.settings().max_tokens) {
  for (std::size_t k = 0; k < lexicon.size(); ++k) {
    encoder.append_ids(lexicon.tokens_.token(k), ids_);
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
