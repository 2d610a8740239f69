#include "unroll/text/token_places.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unroll {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces_of(const std::string& text, const EncoderSettings& settings) {
  Pieces pieces;
  for (const Range place : place_tokens(text, settings)) {
    pieces.push_back(text.substr(place.begin, place.size()));
  }
  Tokenizer tokenizer(settings.tokenizer);
  const TextEncoder encoder(settings, {});
  EXPECT_EQ(pieces.size(), encoder.tokenize(text, tokenizer).tokens.size());
  return pieces;
}

EncoderSettings with(TokenizerKind kind) {
  EncoderSettings settings;
  settings.tokenizer.kind = kind;
  return settings;
}

TEST(TokenPlaces, AreTheTextsOwnLetters) {
  EXPECT_EQ(pieces_of("Good FILM, \u00a0ｏｋ!", with(TokenizerKind::kIcu)),
            (Pieces{"Good", "FILM", ",", "ｏｋ", "!"}));
  EXPECT_EQ(pieces_of("  Good  FILM ", with(TokenizerKind::kSpace)), (Pieces{"Good", "FILM"}));
  EXPECT_EQ(pieces_of("Ab 好", with(TokenizerKind::kChar)), (Pieces{"A", "b", "好"}));
  EXPECT_EQ(pieces_of("我很喜欢这部电影", with(TokenizerKind::kIcu)).back(), "电影");
}

TEST(TokenPlaces, AreWholeCharactersWhereFoldingChangesTheirNumber) {
  EXPECT_EQ(pieces_of("a ﬁne Straße", with(TokenizerKind::kIcu)), (Pieces{"a", "ﬁne", "Straße"}));
  EXPECT_EQ(pieces_of("co\u00adop soft", with(TokenizerKind::kIcu)).back(), "soft");
  EXPECT_EQ(pieces_of("cafe\u0301 x", with(TokenizerKind::kIcu)), (Pieces{"cafe\u0301", "x"}));
  EXPECT_EQ(pieces_of("👨‍👩‍👧 hi", with(TokenizerKind::kIcu)),
            (Pieces{"👨‍👩‍👧", "hi"}));
}

TEST(TokenPlaces, KeepTheirOrderWhereAWordComesAgainOrIsDropped) {
  EncoderSettings settings = with(TokenizerKind::kIcu);
  settings.stop_words = StopWords({"that", "the"});
  const std::string text = "that a cat that the a";
  EXPECT_EQ(pieces_of(text, settings), (Pieces{"a", "cat", "a"}));
  EXPECT_EQ(place_tokens(text, settings)[0].begin, 5u) << "not the letter in the word before";
  EXPECT_EQ(place_tokens(text, settings)[2].begin, 20u);
}

TEST(TokenPlaces, OfATextWithoutTokensAreNone) {
  EXPECT_TRUE(place_tokens("", with(TokenizerKind::kIcu)).empty());
  EXPECT_TRUE(place_tokens(" \u00ad\n", with(TokenizerKind::kIcu)).empty());
}

}  // namespace
}  // namespace unroll
