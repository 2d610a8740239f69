#include "unroll/text/lexicon.h"

#include <algorithm>
#include <span>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/text/utf8.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

/// What a thread finds in some of the texts: numbers of their tokens in its own table, which become
/// the lexicon's.
struct Lexicon::Part {
  void add(const TokenizedText& text, std::vector<std::int32_t>& numbers);
  void renumber(std::vector<std::int32_t>& numbers) const;

  TokenTable tokens;
  std::vector<std::uint64_t> counts;  // of each token
  std::vector<std::int32_t> lexicon;  // the lexicon's number of each token
};

void Lexicon::Part::add(const TokenizedText& text, std::vector<std::int32_t>& numbers) {
  numbers.reserve(text.tokens.size());
  for (const std::string& token : text.tokens) {
    const std::int32_t number = tokens.number(token);
    counts.resize(tokens.size());
    ++counts[static_cast<std::size_t>(number)];
    numbers.push_back(number);
  }
}

void Lexicon::Part::renumber(std::vector<std::int32_t>& numbers) const {
  for (std::int32_t& number : numbers) number = lexicon[static_cast<std::size_t>(number)];
}

void Lexicon::merge(Part& part) {
  for (std::size_t k = 0; k < part.tokens.size(); ++k) {
    const std::int32_t number = tokens_.number(part.tokens.token(k));
    counts_.resize(tokens_.size());
    counts_[static_cast<std::size_t>(number)] += part.counts[k];
    part.lexicon.push_back(number);
  }
}

std::vector<std::vector<std::int32_t>> Lexicon::add(std::span<const TokenizedText> texts) {
  std::vector<std::vector<std::int32_t>> numbers(texts.size());
  std::vector<Part> parts(std::min(texts.size(), thread_count()));
  parallel_parts(parts.size(), [&](std::size_t p) {
    const Range range = part_of(texts.size(), p, parts.size());
    Part part;  // on the thread's own stack: its neighbours in `parts` are other threads'
    for (std::size_t k = range.begin; k < range.end; ++k) part.add(texts[k], numbers[k]);
    parts[p] = std::move(part);
  });
  for (Part& part : parts) merge(part);
  parallel_parts(parts.size(), [&](std::size_t p) {
    const Range range = part_of(texts.size(), p, parts.size());
    for (std::size_t k = range.begin; k < range.end; ++k) parts[p].renumber(numbers[k]);
  });
  return numbers;
}

std::unordered_map<std::string, std::uint64_t> Lexicon::counts(
    std::uint64_t min_count, const TokenizerSettings& settings) const {
  std::unordered_map<std::string, std::uint64_t> counts;
  for (std::size_t k = 0; k < size(); ++k) {
    const std::string_view word = tokens_.token(k);
    const std::uint64_t count = counts_[k];
    if (count >= min_count || !becomes_characters(word, settings)) {
      counts[std::string(word)] += count;
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
  for_each_block(texts, settings,
                 [&](std::size_t, std::span<const TokenizedText> block) { lexicon.add(block); });
  return {settings, Vocabulary(lexicon.counts(limits.min_count, settings.tokenizer), limits)};
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
