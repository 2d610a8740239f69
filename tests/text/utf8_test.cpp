#include "unroll/text/utf8.h"

#include <gtest/gtest.h>

namespace unroll {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsEveryLengthOfCharacter) {
  EXPECT_FALSE(invalid_utf8("a\u00e9\u4f60\U0001F600"));
  EXPECT_FALSE(invalid_utf8("\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF"));
}

TEST(Utf8, TakesNulAsAnOrdinaryCharacter) {
  EXPECT_FALSE(invalid_utf8("a\0b"sv));
}

TEST(Utf8, SaysWhereItBreaks) {
  EXPECT_EQ(invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(invalid_utf8("\u4f60\x80"), 3u) << "a continuation byte alone";
  EXPECT_EQ(invalid_utf8("a\xC3(b"), 1u) << "a first byte without its second";
  EXPECT_EQ(invalid_utf8("a\xE4\xBD"), 1u) << "cut at the end";
}

TEST(Utf8, RefusesOverlongForms) {
  EXPECT_EQ(invalid_utf8("\xC0\x80"), 0u);
  EXPECT_EQ(invalid_utf8("\xC1\xBF"), 0u);
  EXPECT_EQ(invalid_utf8("\xE0\x9F\xBF"), 0u);
  EXPECT_EQ(invalid_utf8("\xF0\x8F\xBF\xBF"), 0u);
}

TEST(Utf8, RefusesSurrogatesAndWhatLiesBeyondUnicode) {
  EXPECT_EQ(invalid_utf8("\xED\xA0\x80"), 0u);
  EXPECT_EQ(invalid_utf8("\xED\xBF\xBF"), 0u);
  EXPECT_EQ(invalid_utf8("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(invalid_utf8("\xF8\x88\x80\x80\x80"), 0u);
}

TEST(Utf8, WalksOverCharacters) {
  const std::string_view text = "a\u4f60\U0001F600";
  std::size_t offset = 0;
  EXPECT_EQ(next_character(text, offset), U'a');
  EXPECT_EQ(next_character(text, offset), U'\u4f60');
  EXPECT_EQ(offset, 4u);
  EXPECT_EQ(next_character(text, offset), U'\U0001F600');
  EXPECT_EQ(offset, text.size());
}

TEST(Utf8, CutsAPrefixBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("\u4f60\u597d", 6), "\u4f60\u597d");
  EXPECT_EQ(utf8_prefix("\u4f60\u597d", 5), "\u4f60");
  EXPECT_EQ(utf8_prefix("\u4f60\u597d", 2), "");
}

TEST(Utf8, QuotesForMessagesInOneShortLine) {
  EXPECT_EQ(in_quotes("text"), "\"text\"");
  EXPECT_EQ(in_quotes("a\tb\0"sv), "\"a\\tb\\x00\"");
  EXPECT_EQ(in_quotes("pos\u200B \u202E\u00A0"), "\"pos\\u200B \\u202E\\u00A0\"")
      << "what nobody sees";
  EXPECT_EQ(in_quotes("\"label"), "\"\\\"label\"");
  EXPECT_EQ(in_quotes("a\xFF好\u3000é"), "\"a\\xFF好\u3000é\"");
  EXPECT_EQ(in_quotes(std::string(50, 'x')), "\"" + std::string(40, 'x') + "…\"");
}

}  // namespace
}  // namespace unroll
