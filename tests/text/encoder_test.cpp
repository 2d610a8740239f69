#include "unroll/text/encoder.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

using Tokens = std::vector<std::string>;
using Ids = std::vector<std::int32_t>;
using json = nlohmann::json;

EncoderSettings settings_with(std::size_t max_tokens) {
  EncoderSettings settings;
  settings.tokenizer = {TokenizerKind::kSpace, true};
  settings.stop_words = StopWords({"the", "的"});
  settings.max_tokens = max_tokens;
  return settings;
}

TextEncoder small_encoder() {
  return TextEncoder(settings_with(3), Vocabulary(std::vector<Vocabulary::Entry>{
                                           {"<unk>", 7}, {"好", 5}, {"a\"\n", 2}}));
}

TEST(Tokenize, DropsStopWordsAndCutsNothing) {
  const std::vector<std::string_view> texts = {"The a b THE c", "a b c d", "the", ""};
  const auto results = tokenize(texts, settings_with(3));
  EXPECT_EQ(results[0].tokens, (Tokens{"a", "b", "c"}));
  EXPECT_EQ(results[1].tokens, (Tokens{"a", "b", "c", "d"}));
  EXPECT_EQ(results[1].first(3).size(), 3u);
  EXPECT_EQ(results[1].first(5).size(), 4u);
  EXPECT_TRUE(results[2].tokens.empty());
  EXPECT_TRUE(results[3].tokens.empty());
}

/// Sets the number of threads, and back.
class WithThreads {
 public:
  explicit WithThreads(std::size_t count) : saved_(thread_count()) { set_thread_count(count); }
  ~WithThreads() { set_thread_count(saved_); }

 private:
  std::size_t saved_;
};

TEST(Tokenize, GivesTheSameForAnyNumberOfThreads) {
  std::vector<std::string> storage;
  for (std::size_t i = 0; i < 1000; ++i)
    storage.push_back("第" + std::to_string(i) + "家酒店 is GREAT " + std::string(i % 7, '!'));
  const std::vector<std::string_view> texts(storage.begin(), storage.end());
  std::vector<std::vector<Tokens>> all;
  for (const std::size_t threads : {1u, 2u, 5u}) {
    const WithThreads with(threads);
    all.emplace_back();
    for (const auto& text : tokenize(texts, EncoderSettings())) all.back().push_back(text.tokens);
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

TEST(Tokenize, PassesErrorsOnFromItsThreads) {
  std::vector<std::string_view> texts(500, "fine");
  texts[400] = "b\xFF";
  const WithThreads with(2);
  EXPECT_THROW(tokenize(texts, EncoderSettings()), DataError);
}

TEST(TextEncoder, ReadsAnUnknownWordOfAnUnspacedScriptAsItsCharacters) {
  const TextEncoder encoder(
      settings_with(9),
      Vocabulary(std::vector<Vocabulary::Entry>{{"<unk>", 0}, {"满意", 3}, {"满", 2}, {"不", 1}}));
  EXPECT_EQ(encoder.encode(TokenizedText{{"满意", "不满意", "rare"}}), (Ids{1, 3, 2, 0, 0}));
}

TEST(TextEncoder, KnowsAWordOfAnUnspacedScriptByOneOfItsCharacters) {
  const TextEncoder encoder(settings_with(9), Vocabulary(std::vector<Vocabulary::Entry>{
                                                  {"<unk>", 0}, {"good", 3}, {"满", 2}}));
  for (const char* token : {"good", "满", "不满意"}) EXPECT_TRUE(encoder.knows(token)) << token;
  for (const char* token : {"rare", "不", "goods"}) EXPECT_FALSE(encoder.knows(token)) << token;
}

TEST(TextEncoder, IsNeverLongerThanMaxTokens) {
  const TextEncoder encoder(settings_with(2), Vocabulary());
  EXPECT_EQ(encoder.encode(TokenizedText{{"不满意"}}), (Ids{0, 0}));
}

TEST(TextEncoder, GivesIdsAndTheUnknownWord) {
  const TextEncoder encoder = small_encoder();
  const std::vector<std::string_view> texts = {"好 x 好", "", "the", "好 好 好 好"};
  EXPECT_EQ(encoder.encode(texts), (std::vector<Ids>{{1, 0, 1}, {0}, {0}, {1, 1, 1}}));
  EXPECT_EQ(encoder.encode(TokenizedText{{"a\"\n"}}), (Ids{2}));
}

TEST(TextEncoder, ComesBackFromJson) {
  const TextEncoder encoder = small_encoder();
  const TextEncoder again = TextEncoder::from_json(encoder.to_json());
  EXPECT_EQ(again.to_json(), encoder.to_json());
  EXPECT_EQ(again.settings().tokenizer.kind, encoder.settings().tokenizer.kind);
  EXPECT_EQ(again.settings().stop_words.words(), encoder.settings().stop_words.words());
  EXPECT_EQ(again.settings().max_tokens, 3u);
  EXPECT_EQ(again.vocabulary().id("a\"\n"), 2);
  EXPECT_EQ(again.vocabulary().count(0), 7u);
}

TEST(TextEncoder, SaysHowMuchOfATextItReads) {
  const TextEncoder encoder = small_encoder();
  Tokenizer tokenizer(encoder.settings().tokenizer);
  std::vector<std::int32_t> ids;
  const auto figures = [&](std::string_view text) {
    const TokenFigures read = encoder.encode(encoder.tokenize(text, tokenizer), ids);
    return std::array<std::size_t, 3>{read.tokens, read.known, read.cut ? 1u : 0u};
  };
  EXPECT_EQ(figures("好 x"), (std::array<std::size_t, 3>{2, 1, 0}));
  EXPECT_EQ(figures("好 x 好 好"), (std::array<std::size_t, 3>{3, 2, 1}));
  EXPECT_EQ(figures("满意x zzz"), (std::array<std::size_t, 3>{2, 0, 0}));
  EXPECT_EQ(figures("满意满意"), (std::array<std::size_t, 3>{3, 0, 1})) << "cut as characters";
  EXPECT_EQ(figures("the"), (std::array<std::size_t, 3>{0, 0, 0}));
  EXPECT_EQ(ids, (Ids{0}));
}

// The texts of each version, as the first programs of theirs wrote them: what a file holds stays
// readable, and is written again as it was.
constexpr std::string_view kVersionOne =
    R"({"version":1,"tokenizer":{"kind":"space","fold":true},"stop_words":["the","的"],)"
    R"("max_tokens":3,"vocabulary":[["<unk>",7],["好",5],["a\"\n",2]]})";
constexpr std::string_view kVersionTwo =
    R"({"version":2,"tokenizer":{"kind":"space","fold":true,"rules":2},"stop_words":["the","的"],)"
    R"("max_tokens":3,"vocabulary":[["<unk>",7],["好",5],["a\"\n",2]]})";

constexpr std::string_view kVersionThree =
    R"({"version":3,"tokenizer":{"kind":"space","fold":true,"rules":3,"language":"tr"},)"
    R"("stop_words":["the","的"],"max_tokens":3,"vocabulary":[["<unk>",7],["好",5],["a\"\n",2]]})";

TEST(TextEncoder, ReadsAndWritesEveryVersion) {
  EXPECT_EQ(TextEncoder::from_json(kVersionOne).to_json(), kVersionOne);
  EXPECT_EQ(TextEncoder::from_json(kVersionTwo).to_json(), kVersionTwo);
  EXPECT_EQ(TextEncoder::from_json(kVersionThree).to_json(), kVersionThree);
}

TEST(TextEncoder, KeepsTheRulesOfItsFile) {
  EXPECT_EQ(TextEncoder::from_json(kVersionOne).settings().tokenizer.rules, 1u);
  EXPECT_EQ(TextEncoder::from_json(kVersionTwo).settings().tokenizer.rules, 2u);
  EXPECT_EQ(TextEncoder::from_json(kVersionThree).settings().tokenizer.language,
            FoldLanguage::kTurkish);
  EXPECT_EQ(small_encoder().settings().tokenizer.rules, kNewestRules);
}

/// The message for the JSON of small_encoder after a change.
template <typename Change>
std::string error_after(Change change) {
  json object = json::parse(small_encoder().to_json());
  change(object);
  return message_of<ModelError>([&] { TextEncoder::from_json(object.dump()); });
}

TEST(TextEncoder, RefusesMissingAndUnknownKeys) {
  for (const std::string key : {"version", "tokenizer", "stop_words", "max_tokens", "vocabulary"}) {
    EXPECT_TRUE(contains(error_after([&](json& object) { object.erase(key); }), key)) << key;
  }
  EXPECT_TRUE(
      contains(error_after([](json& object) { object["extra"] = 1; }), "unknown key \"extra\""));
  EXPECT_TRUE(
      contains(error_after([](json& object) { object["tokenizer"].erase("fold"); }), "\"fold\""));
}

TEST(TextEncoder, RefusesOtherTypesAndValues) {
  EXPECT_TRUE(contains(error_after([](json& o) { o["tokenizer"]["kind"] = "words"; }),
                       "no tokenizer \"words\""));
  EXPECT_TRUE(
      contains(error_after([](json& o) { o["tokenizer"]["fold"] = 1; }), "not true or false"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["max_tokens"] = -1; }),
                       "max_tokens is not a whole number"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["max_tokens"] = 1.5; }),
                       "max_tokens is not a whole number"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["stop_words"] = "the"; }),
                       "stop_words is not an array"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["stop_words"][0] = 1; }),
                       "a stop word is not a string"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["stop_words"][1] = "the"; }), "out of order"));
}

TEST(TextEncoder, RefusesADamagedVocabulary) {
  EXPECT_TRUE(contains(error_after([](json& o) { o["vocabulary"][1] = "x"; }), "not a pair"));
  EXPECT_TRUE(
      contains(error_after([](json& o) { o["vocabulary"][1][1] = "x"; }), "not a whole number"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["vocabulary"].erase(0); }), "begin with <unk>"));
  EXPECT_TRUE(
      contains(error_after([](json& o) { o["vocabulary"][1] = o["vocabulary"][2]; }), "twice"));
}

TEST(TextEncoder, SaysWhatToDoAboutALaterVersion) {
  const std::string message = error_after([](json& o) { o["version"] = 4; });
  EXPECT_TRUE(contains(message, "version 4 was found, this program reads versions 1 to 3; use"))
      << message;
  EXPECT_TRUE(contains(error_after([](json& o) { o["version"] = 0; }), "version 0 was found"));
}

TEST(TextEncoder, SaysWhatToDoAboutLaterRules) {
  const std::string message = error_after([](json& o) { o["tokenizer"]["rules"] = 99; });
  EXPECT_TRUE(contains(message, "tokenized by rules 99, this program knows rules 1 to 3; use"))
      << message;
}

TEST(TextEncoder, RefusesRulesThatItsVersionDoesNotHave) {
  EXPECT_TRUE(contains(error_after([](json& o) { o["version"] = 1; }), "unknown key"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["tokenizer"].erase("rules"); }),
                       "tokenizer has no key \"rules\""));
  EXPECT_TRUE(contains(error_after([](json& o) { o["tokenizer"]["rules"] = 1; }), "rules are 1"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["tokenizer"]["rules"] = "2"; }),
                       "the tokenizer's rules is not a whole number"));
  EXPECT_TRUE(contains(error_after([](json& o) { o["version"] = 2; }), "unknown key \"language\""));
  EXPECT_TRUE(contains(error_after([](json& o) { o["tokenizer"]["language"] = "xx"; }), "\"xx\""));
}

TEST(TextEncoder, RefusesWhatIsNotJson) {
  const std::string text = small_encoder().to_json();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW(TextEncoder::from_json(text.substr(0, size)), ModelError) << size;
  }
  EXPECT_THROW(TextEncoder::from_json("[]"), ModelError);
  EXPECT_THROW(TextEncoder::from_json(text + "x"), ModelError);
}

}  // namespace
}  // namespace unroll
