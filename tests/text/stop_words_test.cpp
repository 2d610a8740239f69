#include "unroll/text/stop_words.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/stop_word_lists.h"

namespace unroll {
namespace {

TEST(StopWords, AreNoneByDefault) {
  EXPECT_TRUE(StopWords().words().empty());
  EXPECT_TRUE(StopWords::load("none").words().empty());
}

TEST(StopWords, HoldFunctionWords) {
  const StopWords chinese = StopWords::load("zh"), english = StopWords::load("en");
  for (const auto word : {"的", "我们", "因为", "在"}) EXPECT_TRUE(chinese.contains(word)) << word;
  for (const auto word : {"the", "of", "it's", "which"})
    EXPECT_TRUE(english.contains(word)) << word;
}

TEST(StopWords, KeepNegationsAndDegreesForSentiment) {
  const StopWords chinese = StopWords::load("zh"), english = StopWords::load("en");
  for (const auto word : {"不", "没", "没有", "无", "别", "未", "很", "太", "非常", "但是"}) {
    EXPECT_FALSE(chinese.contains(word)) << word;
  }
  for (const auto word :
       {"not", "no", "nor", "never", "n't", "don't", "without", "against", "but", "very", "too"}) {
    EXPECT_FALSE(english.contains(word)) << word;
  }
}

TEST(StopWords, NameNoBuiltInWordTwice) {
  EXPECT_EQ(StopWords::load("zh").words().size(), chinese_stop_words().size());
  EXPECT_EQ(StopWords::load("en").words().size(), english_stop_words().size());
  EXPECT_GT(chinese_stop_words().size(), 110u);
  EXPECT_GT(english_stop_words().size(), 140u);
}

TEST(StopWords, ReadAFileAndFoldItsWords) {
  const TempFolder folder;
  const StopWords words = StopWords::load(folder.write("words", "\xEF\xBB\xBFThe\r\n\n ＯＦ \n的"));
  EXPECT_EQ(words.words(), (std::set<std::string, std::less<>>{"of", "the", "的"}));
}

TEST(StopWords, SayWhatWasExpectedIfTheFileIsMissing) {
  const std::string message = message_of<DataError>([] { StopWords::load("de"); });
  EXPECT_TRUE(contains(message, "de: can't be read")) << message;
  EXPECT_TRUE(contains(message, "expected none, zh, en or the path")) << message;
}

TEST(StopWords, SayWhereAFileIsNotUtf8) {
  const TempFolder folder;
  const std::string path = folder.write("words", "ok\nb\xFF\n");
  EXPECT_TRUE(contains(message_of<DataError>([&] { StopWords::load(path); }), path + ":2:2:"));
}

}  // namespace
}  // namespace unroll
