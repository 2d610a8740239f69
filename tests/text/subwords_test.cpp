#include "unroll/text/subwords.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/encoder.h"
#include "unroll/text/subword_training.h"

namespace unroll {
namespace {

using Words = std::vector<std::string>;

TEST(MarkedWords, BeginWithAMarkBesidesThoseOfScriptsWithoutSpaces) {
  EXPECT_EQ(marked_words(" the film 好看 ，a "), (Words{"▁the", "▁film", "好看", "▁，a"}));
  EXPECT_TRUE(marked_words(" \n").empty());
}

Subwords some_subwords() {
  return Subwords({{"▁the", -2},
                   {"▁", -4},
                   {"th", -5},
                   {"e", -3},
                   {"m", -3},
                   {"em", -4.5},
                   {"好", -3},
                   {"好看", -3.5}});
}

TEST(Subwords, CutWordsIntoTheMostProbablePieces) {
  const Subwords subwords = some_subwords();
  SubwordCutter cutter(subwords);
  EXPECT_EQ(cutter("the them"), (Words{"▁the", "▁the", "m"}));
  EXPECT_EQ(cutter("m好看好x"), (Words{"▁", "m", "好看", "好", "x"}));
  EXPECT_EQ(cutter("xem"), (Words{"▁", "x", "em"}));
  EXPECT_TRUE(cutter("").empty());
}

TEST(Subwords, RefuseDamagedPieces) {
  EXPECT_THROW(Subwords({{"", -1}}), ModelError);
  EXPECT_THROW(Subwords({{"a", -1}, {"a", -2}}), ModelError);
  EXPECT_THROW(Subwords({{"\xFF", -1}}), ModelError);
}

TEST(Subwords, TravelInsideTheEncoder) {
  EncoderSettings settings;
  settings.tokenizer.kind = TokenizerKind::kSubword;
  settings.tokenizer.subwords = std::make_shared<const Subwords>(some_subwords());
  const TextEncoder encoder(settings, Vocabulary(std::vector<Vocabulary::Entry>{
                                          {"<unk>", 0}, {"▁the", 3}, {"m", 2}, {"x", 1}}));
  const std::string json = encoder.to_json();
  EXPECT_TRUE(contains(json, R"("subwords":[["▁the",-2.0],)")) << json;
  const TextEncoder again = TextEncoder::from_json(json);
  EXPECT_EQ(again.to_json(), json);
  const std::vector<std::string_view> texts = {"Them THE", "xx"};
  EXPECT_EQ(again.encode(texts), encoder.encode(texts));
  EXPECT_EQ(again.encode(texts)[0], (std::vector<std::int32_t>{1, 2, 1}));
}

/// Words of which each begins and ends as many others do.
Words names() {
  Words words;
  for (const char* begin : {"bar", "kor", "mil", "tov", "zan", "pel"}) {
    for (const char* middle : {"a", "i", "u", "o"}) {
      for (const char* end : {"sko", "ri", "nen", "dottir"}) {
        words.push_back(std::string(begin) + middle + end);
      }
    }
  }
  return words;
}

TEST(SubwordTraining, LearnsPiecesThatCutUnknownWords) {
  if (!can_train_subwords()) GTEST_SKIP() << "built without SentencePiece";
  const Words words = names();
  const std::vector<std::string_view> texts(words.begin(), words.end());
  const Subwords subwords = train_subwords(texts, {}, 60);
  EXPECT_LE(subwords.pieces().size(), 60u);
  SubwordCutter cutter(subwords);
  const Words pieces = cutter("zanasko");
  EXPECT_LT(pieces.size(), 6u);
  for (const std::string& piece : cutter("kilodottir")) {
    EXPECT_TRUE(std::ranges::any_of(subwords.pieces(), [&](const auto& known) {
      return known.text == piece;
    })) << piece;
  }
}

TEST(SubwordTraining, GivesTheSamePiecesAgain) {
  if (!can_train_subwords()) GTEST_SKIP() << "built without SentencePiece";
  const Words words = names();
  const std::vector<std::string_view> texts(words.begin(), words.end());
  EXPECT_EQ(train_subwords(texts, {}, 80).pieces(), train_subwords(texts, {}, 80).pieces());
}

TEST(SubwordTraining, SaysWhatItNeeds) {
  const std::vector<std::string_view> empty = {"", " "};
  if (can_train_subwords()) {
    EXPECT_TRUE(
        contains(message_of<DataError>([&] { train_subwords(empty, {}, 60); }), "no words"));
  } else {
    EXPECT_TRUE(contains(message_of<UsageError>([&] { train_subwords(empty, {}, 60); }),
                         "libsentencepiece-dev"));
  }
}

TEST(SubwordTraining, TakesOddTexts) {
  if (!can_train_subwords()) GTEST_SKIP() << "built without SentencePiece";
  using namespace std::string_view_literals;
  const std::string chinese = repeated("这家酒店的服务很好早餐也不错", 20000);
  const std::vector<std::string_view> odd = {"a\0b tab"sv, chinese, "\u2581 \u2585", "x"};
  EXPECT_FALSE(train_subwords(odd, {}, 50).pieces().empty());
}

}  // namespace
}  // namespace unroll
