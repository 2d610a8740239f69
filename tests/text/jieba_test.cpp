// The expected words are those of Python's jieba 0.42.1 with the same dictionary and tables.
// bench/compare-jieba.py compares both on whole corpora with jieba's own.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/text/jieba_support.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/encoder.h"
#include "unroll/text/packed_text.h"

namespace unroll {
namespace {

std::string cut(const JiebaDictionary& dictionary, std::string_view text) {
  std::string words;
  JiebaCutter cutter = dictionary.cutter();
  for (const std::string_view word : cutter(text)) {
    if (!words.empty()) words += '|';
    words += word;
  }
  return words;
}

TEST(Jieba, TakesTheMostProbableWords) {
  const JiebaDictionary dictionary = test::small_jieba();
  EXPECT_EQ(cut(dictionary, "研究生命起源"), "研究|生命|起源");
  EXPECT_EQ(cut(dictionary, "南京市长江大桥"), "南京市|长江大桥");
  EXPECT_EQ(cut(dictionary, "c++"), "c++");
  EXPECT_EQ(cut(dictionary, ""), "");
}

TEST(Jieba, FindsUnknownWordsByTheHiddenMarkovModel) {
  const JiebaDictionary dictionary = test::small_jieba();
  EXPECT_EQ(cut(dictionary, "王小明和张丽"), "王小明|和|张丽");
  EXPECT_EQ(cut(dictionary, "很不错的酒店"), "很|不|错|的|酒店");
  EXPECT_EQ(cut(dictionary, "人们,王明明明"), "人们|,|王明明明");
  EXPECT_EQ(cut(dictionary, "张明明丽小 小"), "张明明丽|小| |小");
}

TEST(Jieba, KeepsNumbersAndForeignWordsTogether) {
  const JiebaDictionary dictionary = test::small_jieba();
  EXPECT_EQ(cut(dictionary, "C++ 3.14% iPhone12,mp3-a+b"), "C|++| |3.14%| |iPhone12|,|mp3|-|a|+|b");
  EXPECT_EQ(cut(dictionary, "ABC酒店a.5%x"), "ABC|酒店|a.5%|x");
}

TEST(Jieba, CutsAllElseIntoCharacters) {
  const JiebaDictionary dictionary = test::small_jieba();
  EXPECT_EQ(cut(dictionary, "㐀𠀀酒店"), "㐀|𠀀|酒店");
  EXPECT_EQ(cut(dictionary, "小明  不错。！"), "小明| | |不|错|。|！");
}

/// The message for this dictionary, and a user's.
std::string refused(std::string_view words, std::string_view users = "") {
  const TempFolder folder;
  test::write_jieba(folder);
  const std::string dictionary = folder.write("dict.txt", words);
  const std::string file = folder.write("users", users);
  const std::string message = message_of<DataError>([&] {
    read_jieba({folder.path().string(), file});
  });
  const std::string place = message.starts_with(dictionary) ? dictionary : file;
  return message.starts_with(place) ? message.substr(place.size()) : message;
}

TEST(Jieba, RefusesCountsThatNothingCanBeDividedBy) {
  EXPECT_EQ(refused(""), ": no word of this dictionary has a count above 0");
  EXPECT_EQ(refused("的 0\n酒店 0\n"), ": no word of this dictionary has a count above 0");
  EXPECT_EQ(refused("的 1 uj\n酒 18446744073709551615 n\n"),
            ":2: with \"酒 18446744073709551615 n\" the counts of the words are more than "
            "9007199254740992 together");
  EXPECT_TRUE(refused("的 9007199254740991\n酒 2\n").starts_with(":2: with \"酒 2\""));
  EXPECT_TRUE(refused("的 9007199254740991\n", "\n酒店 2 n\n").starts_with(":2: with \"酒店 2"));
}

TEST(Jieba, TakesUsersWordsAsPythonsDoes) {
  const TempFolder folder;
  const JiebaDictionary dictionary = test::small_jieba(folder.write(
      "users", "\xEF\xBB\xBF长江大桥 0\n好用 300\n小李子 nr\n云 计算 5 n\n研究员\n\n命起\n"));
  EXPECT_EQ(dictionary.total(), 1721u);
  EXPECT_EQ(cut(dictionary, "南京市长江大桥"), "南京市|长江|大桥");
  EXPECT_EQ(cut(dictionary, "这很好用"), "这|很|好用");
  EXPECT_EQ(cut(dictionary, "小李子是研究员"), "小李子|是|研究员");
  EXPECT_EQ(cut(dictionary, "云 计算"), "云| |计|算");
  EXPECT_EQ(cut(dictionary, "研究生命起源"), "研究|生命|起源");
}

TEST(Jieba, NeverJoinsAWordOfCountZero) {
  const TempFolder folder;
  const JiebaDictionary dictionary = test::small_jieba(folder.write("users", "王小明 0\n"));
  EXPECT_EQ(cut(dictionary, "王小明"), "王|小|明");
}

TEST(Jieba, LosesNothingOfALongText) {
  const JiebaDictionary dictionary = test::small_jieba();
  JiebaCutter cutter = dictionary.cutter();
  for (const std::string_view piece : {"研究生命起源", "王小明", "a1", "，", "明"}) {
    const std::string text = repeated(piece, 3 << 20);
    std::size_t bytes = 0;
    for (const std::string_view word : cutter(text)) bytes += word.size();
    EXPECT_EQ(bytes, text.size()) << piece;
  }
}

TEST(Jieba, TakesTheTablesNextToANamedDictionary) {
  const TempFolder folder;
  test::write_jieba(folder);
  const std::string named = folder.write("mine.txt", "张丽酒 9\n");
  EXPECT_EQ(cut(read_jieba({named, ""}), "王小明张丽酒"), "王小明|张丽酒");
}

TEST(JiebaFiles, NameThePlaceOfALineThatIsNoWord) {
  const TempFolder folder;
  test::write_jieba(folder);
  const std::string wrong = folder.write("mine.txt", "研究 100 v\n生命 many n\n");
  EXPECT_TRUE(contains(message_of<DataError>([&] { read_jieba({wrong, ""}); }), wrong + ":2: "));
  folder.write("finalseg/prob_emit.py", "P={'Q': {}}");
  EXPECT_TRUE(contains(message_of<DataError>([&] {
                         read_jieba({folder.path().string(), ""});
                       }),
                       "finalseg"));
}

TEST(JiebaFiles, SayWhatIsMissing) {
  const TempFolder folder;
  EXPECT_THROW(read_jieba({folder.path().string(), ""}), DataError);
  EXPECT_THROW(read_jieba({test::write_jieba(folder), "/no/such/file"}), DataError);
}

TextEncoder jieba_encoder() {
  EncoderSettings settings;
  settings.tokenizer.kind = TokenizerKind::kJieba;
  settings.tokenizer.dictionary = std::make_shared<const JiebaDictionary>(test::small_jieba());
  return TextEncoder(settings, Vocabulary(std::vector<Vocabulary::Entry>{
                                   {"<unk>", 0}, {"生命", 3}, {"abc", 2}, {"小", 1}}));
}

TEST(JiebaTokenizer, FoldsWordsAndDropsBlanks) {
  Tokenizer tokenizer(jieba_encoder().settings().tokenizer);
  EXPECT_EQ(tokenizer("研究生命 ＡＢＣ \u200b\tABC王小明"),
            (std::vector<std::string>{"研究", "生命", "a", "b", "c", "abc", "王小明"}));
}

TEST(JiebaTokenizer, TravelsInsideTheEncoder) {
  const std::string json = jieba_encoder().to_json();
  const TextEncoder again = TextEncoder::from_json(json);
  EXPECT_EQ(again.to_json(), json);
  const std::vector<std::string_view> texts = {"研究生命起源王小明ABC"};
  EXPECT_EQ(again.encode(texts), jieba_encoder().encode(texts));
}

template <typename Change>
std::string error_after(Change change) {
  nlohmann::json object = nlohmann::json::parse(jieba_encoder().to_json());
  change(object["tokenizer"]["dictionary"]);
  return message_of<ModelError>([&] { TextEncoder::from_json(object.dump()); });
}

TEST(JiebaTokenizer, RefusesADamagedDictionary) {
  using json = nlohmann::json;
  EXPECT_TRUE(contains(error_after([](json& o) { o.erase("hmm"); }), "\"hmm\""));
  EXPECT_TRUE(contains(error_after([](json& o) { o["words"] = "x"; }), "packed text is damaged"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["words"] = pack_text("研究\n"); }), "count"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["words"] = pack_text("研究 1x\n"); }), "count"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["words"] = pack_text("\xFF 1\n"); }), "UTF-8"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["hmm"] = pack_text("{}"); }), "tables"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["total"] = -1; }), "total"));
}

TEST(PackedText, ComesBackAsItWas) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 4u, 100u, 3000000u}) {
    const std::string text = repeated("生命 90\n", size).substr(0, size);
    EXPECT_EQ(unpack_text(pack_text(text)), text) << size;
  }
}

TEST(PackedText, RefusesDamage) {
  const std::string packed = pack_text("some text that is packed");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_THROW(unpack_text(packed.substr(0, size)), ModelError) << size;
  }
  EXPECT_THROW(unpack_text(packed + "AAAA"), ModelError);
  EXPECT_THROW(unpack_text("!" + packed.substr(1)), ModelError);
}

}  // namespace
}  // namespace unroll
