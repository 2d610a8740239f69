#include "unroll/text/unicode.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"

namespace unroll {
namespace {

using namespace std::string_view_literals;

TEST(NfkcCasefold, LowersAscii) {
  EXPECT_EQ(nfkc_casefold("Hello, WORLD! 123"), "hello, world! 123");
  EXPECT_EQ(nfkc_casefold("A\0B\t"sv), "a\0b\t"sv);
  EXPECT_EQ(nfkc_casefold(""), "");
}

TEST(NfkcCasefold, MakesOneFormOfManyWidths) {
  EXPECT_EQ(nfkc_casefold("ＡＢＣ１２３！"), "abc123!");
  EXPECT_EQ(nfkc_casefold("ｶﾞ"), "ガ");
  EXPECT_EQ(nfkc_casefold("㍿"), "株式会社");
}

TEST(NfkcCasefold, FoldsCaseBeyondLatin) {
  EXPECT_EQ(nfkc_casefold("Straße"), "strasse");
  EXPECT_EQ(nfkc_casefold("ΣΊΣΥΦΟΣ"), "σίσυφοσ");
  EXPECT_EQ(nfkc_casefold("ﬁne"), "fine");
}

TEST(NfkcCasefold, ComposesAndDropsTheInvisible) {
  EXPECT_EQ(nfkc_casefold("e\u0301"), "\u00e9");
  EXPECT_EQ(nfkc_casefold("co\u00adop"), "coop");
}

TEST(NfkcCasefold, IsAProjection) {
  for (const std::string text : {"ＡＢＣ", "Straße", "e\u0301", "ﷺ", "กำลัง", "½"}) {
    EXPECT_EQ(nfkc_casefold(nfkc_casefold(text)), nfkc_casefold(text)) << text;
  }
}

TEST(NfkcCasefold, OrdersThirtyMarksInARowAsUnicodeDoes) {
  std::string mixed = "x", ordered = "x";
  for (int i = 0; i < 15; ++i) mixed += "\u0301\u0316";
  for (int i = 0; i < 15; ++i) ordered += "\u0316";
  for (int i = 0; i < 15; ++i) ordered += "\u0301";
  EXPECT_EQ(nfkc_casefold(mixed), ordered);
}

TEST(NfkcCasefold, TakesLinearTimeForAMillionMarks) {
  const std::string marks = repeated("\u0301\u0316", 4'000'000);
  EXPECT_EQ(nfkc_casefold(marks).size(), marks.size());  // minutes, if it were quadratic
}

TEST(Unicode, TrimsEveryKindOfWhiteSpace) {
  EXPECT_EQ(trim(" \t\u3000a b\u00a0\n"), "a b");
  EXPECT_EQ(trim("abc"), "abc");
  EXPECT_EQ(trim(" \u3000 "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Unicode, CutsWordsAtEveryKindOfWhiteSpace) {
  std::vector<std::string> words = {"before"};
  append_words("\u3000one two\u2003three\n", words);
  EXPECT_EQ(words, (std::vector<std::string>{"before", "one", "two", "three"}));
}

TEST(Unicode, CallsControlsBlankButNotWhiteSpace) {
  EXPECT_TRUE(is_blank(U'\u200D'));
  EXPECT_TRUE(is_blank(U'\0'));
  EXPECT_FALSE(is_white_space(U'\0'));
  EXPECT_FALSE(is_blank(U'!'));
}

}  // namespace
}  // namespace unroll
