#include "unroll/text/tokenizer.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {

inline void PrintTo(TokenizerKind kind, std::ostream* stream) {
  *stream << to_string(kind);
}

namespace {

using namespace std::string_view_literals;
using Tokens = std::vector<std::string>;
using enum TokenizerKind;

Tokens tokens_of(TokenizerKind kind, std::string_view text, bool fold = true) {
  return Tokenizer({kind, fold})(text);
}

std::string joined(const Tokens& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  return all;
}

TEST(CharTokenizer, TakesEveryCharacterButWhiteSpace) {
  EXPECT_EQ(tokens_of(kChar, "你好, A\u3000b\n"), (Tokens{"你", "好", ",", "a", "b"}));
  EXPECT_EQ(tokens_of(kChar, "😀ｶﾞ"), (Tokens{"😀", "ガ"}));
}

TEST(SpaceTokenizer, SplitsAtUnicodeWhiteSpace) {
  EXPECT_EQ(tokens_of(kSpace, " it 's\u00a0good\u3000,\treally "),
            (Tokens{"it", "'s", "good", ",", "really"}));
}

TEST(SpaceTokenizer, KeepsTokensAsTheyAreButFolded) {
  EXPECT_EQ(tokens_of(kSpace, "Don't STOP..."), (Tokens{"don't", "stop..."}));
}

TEST(IcuTokenizer, CutsChineseByDictionary) {
  EXPECT_EQ(tokens_of(kIcu, "这家酒店非常满意。"),
            (Tokens{"这", "家", "酒店", "非常", "满意", "。"}));
}

TEST(IcuTokenizer, CutsJapaneseByDictionary) {
  EXPECT_EQ(tokens_of(kIcu, "東京に住む"), (Tokens{"東京", "に", "住む"}));
}

TEST(IcuTokenizer, CutsThaiByDictionaryBeforeItFolds) {
  // Folded first, the text would be cut into กํา ลัง ทํา งาน.
  const Tokens tokens = tokens_of(kIcu, "กำลังทำงาน");
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0], "ก\u0e4d\u0e32ลัง") << "NFKC takes SARA AM apart";
  EXPECT_EQ(tokens_of(kIcu, "กำลังทำงาน", false), (Tokens{"กำลัง", "ทำงาน"}));
}

TEST(IcuTokenizer, CutsEnglishAndKeepsPunctuation) {
  EXPECT_EQ(tokens_of(kIcu, "It's GREAT, really!!"),
            (Tokens{"it's", "great", ",", "really", "!", "!"}));
}

TEST(IcuTokenizer, FoldsFullWidthForms) {
  EXPECT_EQ(tokens_of(kIcu, "ＨＥＬＬＯ　ＷＯＲＬＤ！"), (Tokens{"hello", "world", "!"}));
}

TEST(IcuTokenizer, KeepsEmojiWhole) {
  EXPECT_EQ(tokens_of(kIcu, "好😀👍🏽"), (Tokens{"好", "😀", "👍🏽"}));
  EXPECT_EQ(tokens_of(kIcu, "👨\u200d👩\u200d👧🇩🇪", false), (Tokens{"👨\u200d👩\u200d👧", "🇩🇪"}));
  EXPECT_EQ(tokens_of(kIcu, "👨\u200d👩\u200d👧🇩🇪"), (Tokens{"👨👩👧", "🇩🇪"}))
      << "one token, joiners dropped";
}

TEST(IcuTokenizer, DropsWhatIsOnlyControlOrInvisible) {
  constexpr std::string_view text = "a \x01\r\n\0 \u200b b"sv;
  EXPECT_EQ(tokens_of(kIcu, text), (Tokens{"a", "b"}));
  EXPECT_EQ(tokens_of(kIcu, text, false), (Tokens{"a", "b"}));
}

TEST(IcuTokenizer, SplitsAWordThatFoldsToSeveral) {
  EXPECT_EQ(tokens_of(kIcu, "ﷺ").size(), 4u);
}

TEST(Tokenizer, LeavesTextAsItIsWithoutFold) {
  EXPECT_EQ(tokens_of(kSpace, "Ａ B", false), (Tokens{"Ａ", "B"}));
  EXPECT_EQ(tokens_of(kChar, "Ａ B", false), (Tokens{"Ａ", "B"}));
  EXPECT_EQ(tokens_of(kIcu, "Ａ B", false), (Tokens{"Ａ", "B"}));
}

TEST(Tokenizer, FindsNothingInNothing) {
  for (const auto kind : {kChar, kSpace, kIcu}) {
    EXPECT_TRUE(tokens_of(kind, "").empty());
    EXPECT_TRUE(tokens_of(kind, " \u3000\n").empty());
  }
}

TEST(Tokenizer, RefusesInvalidUtf8) {
  for (const auto kind : {kChar, kSpace, kIcu}) {
    EXPECT_TRUE(contains(message_of<DataError>([&] { tokens_of(kind, "ab\xFF"); }), "at byte 2"));
  }
}

TEST(Tokenizer, CanBeUsedAgainAndMoved) {
  Tokenizer first({kIcu, true});
  EXPECT_EQ(first("你好吗"), first("你好吗"));
  Tokenizer second = std::move(first);
  EXPECT_EQ(second("good 满意"), (Tokens{"good", "满意"}));
}

TEST(Tokenizer, LosesNothingOfFiveMegabytes) {
  for (const std::string_view piece :
       {"这家酒店非常满意", "กินข้าวแล้ว", "東京に住む", "word", "a-b,", "e\u0301"}) {
    const std::string text = repeated(piece, 5 << 20);
    for (const auto kind : {kChar, kSpace, kIcu}) {
      EXPECT_EQ(joined(tokens_of(kind, text, false)), text) << piece;
    }
  }
}

TEST(Tokenizer, NamesItsKinds) {
  for (const auto kind : {kChar, kSpace, kIcu}) EXPECT_EQ(tokenizer_kind(to_string(kind)), kind);
  EXPECT_EQ(tokenizer_kind("word"), std::nullopt);
}

TokenizerKind choice(std::vector<std::string_view> texts) {
  return choose_tokenizer(texts);
}

TEST(ChooseTokenizer, TakesIcuForScriptsWithoutSpaces) {
  EXPECT_EQ(choice({"房间很大，服务不错。", "ok"}), kIcu);
  EXPECT_EQ(choice({"กินข้าวแล้ว"}), kIcu);
  EXPECT_EQ(choice({"東京に住む"}), kIcu);
  EXPECT_EQ(choice({"我 喜欢 这 部 电影 ."}), kIcu);
}

TEST(ChooseTokenizer, TakesSpaceForTextThatIsCutIntoTokensAlready) {
  EXPECT_EQ(choice({"it 's a good film , really .", "mr. smith is n't here , is he ?"}), kSpace);
  EXPECT_EQ(choice({"What is this ?"}), kSpace);
}

TEST(ChooseTokenizer, TakesIcuForTextThatIsNot) {
  EXPECT_EQ(choice({"It's a good film, really.", "Wall St. rises . Stocks rose, too."}), kIcu);
  EXPECT_EQ(choice({"no punctuation at all"}), kIcu);
  EXPECT_EQ(choice({}), kIcu);
  EXPECT_EQ(choice({"", "..."}), kSpace) << "a mark on its own is a token";
}

TEST(ChooseTokenizer, IsNotMisledByAFewForeignWords) {
  EXPECT_EQ(choice({"the film 东京 is set in tokyo , as its long title says , and is good ."}),
            kSpace);
}

TEST(ChooseTokenizer, LooksOnlyAtTheBeginning) {
  const std::string english = repeated("a good film . ", 5 << 20);
  const std::string chinese = repeated("满意", 5 << 20);
  EXPECT_EQ(choice({english, chinese}), kSpace);
}

}  // namespace
}  // namespace unroll
