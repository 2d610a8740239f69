#include "unroll/text/lexicon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "unroll/core/parallel.h"
#include "unroll/text/unknown_share.h"

namespace unroll {
namespace {

using Counts = std::unordered_map<std::string, std::uint64_t>;
using Numbers = std::vector<std::int32_t>;

constexpr std::size_t kAllTokens = 1000;

std::vector<Numbers> add(Lexicon& lexicon, const std::vector<TokenizedText>& texts) {
  return lexicon.add(texts, kAllTokens);
}

TEST(Lexicon, NumbersTokensAsTheyComeAndCountsThem) {
  Lexicon lexicon;
  EXPECT_EQ(add(lexicon, {{{"a", "b", "a"}}}), (std::vector<Numbers>{{0, 1, 0}}));
  EXPECT_EQ(add(lexicon, {{{"c", "b"}}, {}}), (std::vector<Numbers>{{2, 1}, {}}));
  EXPECT_EQ(add(lexicon, {}), std::vector<Numbers>());
  EXPECT_EQ(lexicon.counts(1, {}), (Counts{{"a", 2}, {"b", 2}, {"c", 1}}));
}

TEST(Lexicon, GivesTheSameNumbersWithAnyNumberOfThreads) {
  std::vector<TokenizedText> texts;
  for (std::size_t k = 0; k < 3000; ++k) {
    texts.push_back({{std::to_string(k * k % 1009), "often", std::to_string(k) + "u"}});
  }
  const auto with = [&](std::size_t threads) {
    set_thread_count(threads);
    Lexicon lexicon;
    std::vector<Numbers> numbers = add(lexicon, texts);
    std::ranges::move(add(lexicon, texts), std::back_inserter(numbers));
    return std::pair(numbers, lexicon.counts(1, {}));
  };
  const std::size_t before = thread_count();
  const auto alone = with(1);
  EXPECT_EQ(alone.first[1], (Numbers{3, 1, 4}));
  EXPECT_EQ(alone.second.at("often"), 6000u);
  for (const std::size_t threads : {2u, 3u, 7u}) EXPECT_EQ(with(threads), alone) << threads;
  set_thread_count(before);
}

TEST(Lexicon, CountsRareWordsOfUnspacedScriptsAsTheirCharacters) {
  Lexicon lexicon;
  const std::string often = "满意";
  add(lexicon,
      {{{often, often, often, often, often}}, {{"不满", "意", "意", "ไทย", "rare", "a满"}}});
  EXPECT_EQ(lexicon.counts(2, {}), (Counts{{"满意", 5},
                                           {"不", 1},
                                           {"满", 1},
                                           {"意", 2},
                                           {"ไ", 1},
                                           {"ท", 1},
                                           {"ย", 1},
                                           {"rare", 1},
                                           {"a满", 1}}));
  EXPECT_EQ(lexicon.counts(1, {}).at("不满"), 1u);
}

TEST(Lexicon, CountsCharactersByTheRulesOfTheTokenizer) {
  Lexicon lexicon;
  add(lexicon, {{{"コー"}}});
  EXPECT_EQ(lexicon.counts(2, {}), (Counts{{"コ", 1}, {"ー", 1}}));
  EXPECT_EQ(lexicon.counts(2, {.rules = 2}), (Counts{{"コー", 1}}));
}

TEST(UnknownShare, IsThatOfTheOtherTexts) {
  const std::vector<std::string_view> texts = {"good film", "good room", "满意"},
                                      others = {"good", "good film", "满", ""};
  EncoderSettings settings;
  EXPECT_DOUBLE_EQ(unknown_share(texts, others, settings, {.min_count = 1}), 0.25);
  EXPECT_DOUBLE_EQ(unknown_share(texts, others, settings, {.min_count = 2}), 0.5);
  EXPECT_DOUBLE_EQ(unknown_share(texts, {}, settings, {.min_count = 2}), 0);
}

TEST(UnknownShare, LooksAtAllTextsBeforeItSaysThatMostIsUnknown) {
  const std::string filler((std::size_t{1} << 20) + 1, 'x');
  const std::vector<std::string_view> texts = {filler, "late words"}, others = {"late words"};
  EXPECT_DOUBLE_EQ(unknown_share(texts, others, {}, {.min_count = 1}), 0);
}

TEST(Lexicon, GivesTheIdsOfTheEncoder) {
  const std::vector<TokenizedText> texts = {
      {{"好", "good", "不满意"}}, {{"rare", "好", "不满意"}}, {}, {{"不满意", "不满意", "good"}}};
  Lexicon lexicon;
  const std::vector<Numbers> numbers = add(lexicon, texts);
  for (const std::size_t max_tokens : {4u, 100u}) {
    EncoderSettings settings;
    settings.max_tokens = max_tokens;
    const TextEncoder encoder(settings, Vocabulary(std::vector<Vocabulary::Entry>{
                                            {"<unk>", 0}, {"好", 5}, {"good", 4}, {"满", 3}}));
    const Lexicon::Ids ids(lexicon, encoder);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Numbers encoded = numbers[i];
      ids.encode(encoded);
      EXPECT_EQ(encoded, encoder.encode(texts[i])) << i;
    }
  }
}

}  // namespace
}  // namespace unroll
