#include "unroll/text/tokenizer.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/usetiter.h>

#include <array>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/text/word_breaker.h"

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

Tokens tokens_by_rules(std::uint64_t rules, TokenizerKind kind, std::string_view text) {
  return Tokenizer({kind, true, rules})(text);
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

TEST(CharTokenizer, TakesWhatAReaderCallsACharacter) {
  EXPECT_EQ(tokens_of(kChar, "né\u0308 e\u0301x"), (Tokens{"n", "\u00e9\u0308", "\u00e9", "x"}));
  EXPECT_EQ(tokens_of(kChar, "กำลัง"), (Tokens{"ก\u0e4d\u0e32", "ลั", "ง"}));
  EXPECT_EQ(tokens_of(kChar, "नमस्ते"), tokens_of(kChar, "नमस्ते", false));
  EXPECT_EQ(tokens_of(kChar, "한글"), (Tokens{"한", "글"}));
  EXPECT_EQ(tokens_of(kChar, "\u1112\u1161\u11ab"), (Tokens{"한"})) << "three jamo";
  EXPECT_EQ(tokens_of(kChar, "か\u3099き"), (Tokens{"が", "き"}));
  EXPECT_EQ(tokens_of(kChar, "a\r\nb"), (Tokens{"a", "b"}));
}

TEST(CharTokenizer, TakesACodePointForSeveralCharactersApart) {
  EXPECT_EQ(tokens_of(kChar, "㎏ﬁ…"), (Tokens{"k", "g", "f", "i", ".", ".", "."}));
  EXPECT_EQ(tokens_of(kChar, "co\u00adop"), (Tokens{"c", "o", "o", "p"})) << "a soft hyphen";
}

TEST(CharTokenizer, TakesCodePointsByEarlierRules) {
  EXPECT_EQ(tokens_by_rules(2, kChar, "กำ👨\u200d👩🇩🇪"),
            (Tokens{"ก", "\u0e4d", "\u0e32", "👨", "👩", "🇩", "🇪"}));
  EXPECT_EQ(tokens_by_rules(1, kChar, "e\u0301x"), (Tokens{"\u00e9", "x"}));
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

// The boundaries of ASCII text are found without ICU. Text with a letter that is not ASCII at its
// end takes the other way.
TEST(IcuTokenizer, CutsAsciiTextAsIcuDoes) {
  constexpr std::string_view kOften = "aZ09_'\".,:;-@#$%&*+/=?!()[]{}<>|~^`\\ \t\r\n\x01\x7f";
  Random random(1, "ascii/");
  WordBreaker breaker;
  for (std::size_t round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t left = 1 + random.below(10); left > 0; --left) {
      text += kOften[random.below(kOften.size())];
    }
    const std::string longer = text + " 。";
    auto expected = breaker(longer);
    ASSERT_GE(expected.size(), 2u);
    expected.pop_back();
    std::string joined_pieces;
    for (const std::string_view piece : breaker(text)) {
      joined_pieces += std::string(piece) + "|";
    }
    std::string wanted;
    std::size_t left = text.size();
    for (const std::string_view piece : expected) {
      if (left == 0) break;
      const std::string_view inside = piece.substr(0, left);
      wanted += std::string(inside) + "|";
      left -= inside.size();
    }
    ASSERT_EQ(joined_pieces, wanted) << text;
  }
}

TEST(IcuTokenizer, FoldsFullWidthForms) {
  EXPECT_EQ(tokens_of(kIcu, "ＨＥＬＬＯ　ＷＯＲＬＤ！"), (Tokens{"hello", "world", "!"}));
}

TEST(IcuTokenizer, KeepsEmojiWhole) {
  EXPECT_EQ(tokens_of(kIcu, "好😀👍🏽"), (Tokens{"好", "😀", "👍🏽"}));
  EXPECT_EQ(tokens_of(kIcu, "👨\u200d👩\u200d👧🇩🇪", false), (Tokens{"👨\u200d👩\u200d👧", "🇩🇪"}));
  EXPECT_EQ(tokens_of(kIcu, "👨\u200d👩\u200d👧🇩🇪"), (Tokens{"👨\u200d👩\u200d👧", "🇩🇪"}));
  EXPECT_EQ(tokens_by_rules(2, kIcu, "👨\u200d👩\u200d👧🇩🇪"), (Tokens{"👨👩👧", "🇩🇪"}))
      << "by earlier rules, without the joiners";
}

// Every emoji that Unicode recommends, one after the other: Unicode's own list in ICU.
TEST(Tokenizers, KeepEveryEmojiWhole) {
  const icu::UnicodeSet& all = *icu::UnicodeSet::fromUSet(
      u_getBinaryPropertySet(UCHAR_RGI_EMOJI, std::array<UErrorCode, 1>{U_ZERO_ERROR}.data()));
  icu::UnicodeSetIterator emoji(all);
  std::size_t count = 0, others = 0;
  while (emoji.next()) {
    std::string text;
    emoji.getString().toUTF8String(text);
    for (const auto kind : {kChar, kIcu}) {
      const Tokens tokens = tokens_of(kind, "x" + text + text + "x");
      const bool is_whole = tokens.size() == 4 && tokens[1] == tokens[2];
      // ™, ㊗ and the like are letters in a frame, and folding takes the frame away.
      if (!is_whole) ++others;
      EXPECT_TRUE(is_whole || text.size() <= 7) << text << " " << to_string(kind);
    }
    ++count;
  }
  EXPECT_GT(count, 3000u);
  EXPECT_LE(others, 60u);
}

TEST(Tokenizers, TellJoinedEmojiApart) {
  for (const auto kind : {kChar, kIcu}) {
    const Tokens flags = tokens_of(kind,
                                   "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067"
                                   "\U000E007F🏴");
    ASSERT_EQ(flags.size(), 2u);
    EXPECT_NE(flags[0], flags[1]);
    EXPECT_EQ(tokens_of(kind, "❤\ufe0f\u200d🔥"), tokens_of(kind, "❤\u200d🔥"));
    EXPECT_EQ(tokens_of(kind, "1\ufe0f\u20e32\ufe0f\u20e3"), (Tokens{"1\u20e3", "2\u20e3"}));
  }
}

TEST(Tokenizers, FoldAsTheLanguageWants) {
  for (const auto kind : {kIcu, kSpace}) {
    Tokenizer turkish({.kind = kind, .language = FoldLanguage::kTurkish});
    EXPECT_EQ(turkish("İYİ KIZGIN"), (Tokens{"iyi", "kızgın"}));
    EXPECT_EQ(tokens_of(kind, "جميـــل"), (Tokens{"جميل"}));
    EXPECT_EQ(tokens_by_rules(2, kind, "جميـــل"), (Tokens{"جميـــل"}));
  }
}

TEST(BecomesCharacters, CountsTheMarkOfLongVowelsAsKana) {
  EXPECT_TRUE(becomes_characters("コーヒー", {}));
  EXPECT_TRUE(becomes_characters("ไทย", {}));
  EXPECT_FALSE(becomes_characters("コーヒー", {.rules = 2}));
  EXPECT_TRUE(becomes_characters("メカ", {.rules = 2}));
  EXPECT_FALSE(becomes_characters("。", {})) << "a mark, though of Chinese texts";
  EXPECT_FALSE(becomes_characters("a満", {}));
  EXPECT_FALSE(becomes_characters("한글", {}));
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
  for (const auto kind : kAllTokenizers) EXPECT_EQ(tokenizer_kind(to_string(kind)), kind);
  EXPECT_EQ(tokenizer_kind("word"), std::nullopt);
}

TokenizerKind choice(std::vector<std::string_view> texts) {
  return choose_tokenizer(texts).kind;
}

TEST(ChooseTokenizer, TakesIcuForScriptsWithoutSpaces) {
  EXPECT_EQ(choice({"房间很大，服务不错。", "ok"}), kIcu);
  EXPECT_EQ(choice({"กินข้าวแล้ว"}), kIcu);
  EXPECT_EQ(choice({"東京に住む"}), kIcu);
  EXPECT_EQ(choice({"很好 ， 房间很大很干净，服务也不错。", "下次 还来这家酒店住"}), kIcu);
  EXPECT_EQ(choice({"王小明", "李小红", "张三"}), kIcu) << "one word a row has no spaces";
  EXPECT_EQ(choice({"โรงแรมสะอาดและเงียบมาก พนักงานใจดี"}), kIcu) << "spaces between phrases";
}

TEST(ChooseTokenizer, KeepsWordsThatSomebodyHasCut) {
  EXPECT_EQ(choice({"我 喜欢 这 部 电影 ."}), kSpace);
  EXPECT_EQ(choice({"这 车 性价比 高 发动机 安静 超赞 7", "那 车 发动机 很 吵 朋友圈 差评 3"}),
            kSpace);
  EXPECT_EQ(choice({"東京 に 住む"}), kSpace);
  EXPECT_EQ(choice({"โรงแรม สะอาด และ เงียบ มาก พนักงาน ใจดี"}), kSpace);
  EXPECT_EQ(choose_tokenizer(std::vector<std::string_view>{"这 车 很 好"}).reason,
            TokenizerReason::kUnspacedCut);
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
