#include "unroll/text/word_vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "tests/support/temp_folder.h"
#include "tests/support/word_vectors.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/utf8.h"

namespace unroll {
namespace {

namespace fs = std::filesystem;

Vocabulary vocabulary_of(const std::vector<std::string>& tokens) {
  std::vector<Vocabulary::Entry> entries = {{"<unk>", 0}};
  for (const std::string& token : tokens) entries.push_back({token, 1});
  return Vocabulary(entries);
}

WordVectors vectors_of(std::string_view content, const Vocabulary& vocabulary) {
  const TempFolder folder;
  return test::read_word_vectors(folder.write("vectors", content), vocabulary);
}

std::string error_of(std::string_view content) {
  const TempFolder folder;
  const std::string path = folder.write("vectors", content);
  return message_of<DataError>([&] {
           test::read_word_vectors(path, vocabulary_of({"a", "b"}));
         })
      .substr(path.size());
}

std::vector<float> row(const WordVectors& vectors, std::size_t id) {
  const auto values = vectors.table.matrix().row(id);
  return {values.begin(), values.end()};
}

using Row = std::vector<float>;

/// A row of word2vec's binary form, as word2vec itself writes it.
std::string binary_row(std::string_view word, const Row& values) {
  std::string row(word);
  row += ' ';
  row.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return row + '\n';
}

/// `count` rows of one value: word0, word1 …
std::string many_rows(std::size_t count) {
  std::string rows;
  for (std::size_t k = 0; k < count; ++k) rows += "word" + std::to_string(k) + " 1 2\n";
  return rows;
}

TEST(WordVectors, ReadGloveLines) {
  const auto vectors = vectors_of("b 1 -2.5\nx 9 9\na 1e-2 .5\n", vocabulary_of({"a", "b", "c"}));
  EXPECT_EQ(vectors.dimension, 2u);
  EXPECT_EQ(vectors.found, 2u);
  EXPECT_EQ(vectors.present, (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(row(vectors, 1), (Row{0.01f, 0.5f}));
  EXPECT_EQ(row(vectors, 2), (Row{1, -2.5f}));
  EXPECT_EQ(row(vectors, 3), (Row{0, 0})) << "absent";
  EXPECT_EQ(vectors.table.shape(), (Shape{4, 2}));
}

TEST(WordVectors, ReadWord2vecLinesWithTheirHeader) {
  const auto vectors = vectors_of("2 3\r\na 1 2 3 \r\nb 4 5 6 \r\n", vocabulary_of({"a", "b"}));
  EXPECT_EQ(vectors.dimension, 3u);
  EXPECT_EQ(row(vectors, 2), (Row{4, 5, 6}));
}

TEST(WordVectors, ReadGzipAndTabs) {
  const auto vectors = vectors_of(gzipped("a\t1 2\n好\t3 4\n"), vocabulary_of({"好"}));
  EXPECT_EQ(row(vectors, 1), (Row{3, 4}));
}

TEST(WordVectors, ReadWordsThatHoldSpaces) {
  const auto vectors = vectors_of("a 1 2\nnew york 3 4\n. . . 5 6\n2 7 8\n",
                                  vocabulary_of({"new york", ". . .", "2"}));
  EXPECT_EQ(row(vectors, 1), (Row{3, 4}));
  EXPECT_EQ(row(vectors, 2), (Row{5, 6}));
  EXPECT_EQ(row(vectors, 3), (Row{7, 8}));
}

TEST(WordVectors, FoldWordsThatAreNotInTheVocabularyAsTheyStand) {
  EXPECT_EQ(row(vectors_of("The 1\nＴＨＥ 2\n", vocabulary_of({"the"})), 1), (Row{1}))
      << "the first";
  EXPECT_EQ(row(vectors_of("The 1\nthe 2\nTHE 3\n", vocabulary_of({"the"})), 1), (Row{2}))
      << "an exact one wins";
  const auto both = vectors_of("the 1\nThe 2\n", vocabulary_of({"The", "the"}));
  EXPECT_EQ(row(both, 1), (Row{2}));
  EXPECT_EQ(row(both, 2), (Row{1}));
}

TEST(WordVectors, TakeTheFirstOfRepeatedWords) {
  EXPECT_EQ(row(vectors_of("a 1\na 2\n", vocabulary_of({"a"})), 1), (Row{1}));
}

TEST(WordVectors, GiveTheUnknownWordItsVectorIfThereIsOne) {
  const auto vectors = vectors_of("<unk> 5\na 1\nzzz 7\n", vocabulary_of({"a"}));
  EXPECT_TRUE(vectors.present[0]);
  EXPECT_EQ(row(vectors, 0), (Row{5}));
}

TEST(WordVectors, TakeValuesTooSmallForAFloatAsZero) {
  EXPECT_EQ(row(vectors_of("a 1e-60 -1e-46\n", vocabulary_of({"a"})), 1), (Row{0, 0}));
}

TEST(WordVectors, SayWhichRowHasAnotherDimension) {
  EXPECT_TRUE(error_of("a 1 2 3\nb 1 2\n").starts_with(":2: row has 2 values, expected 3"));
  EXPECT_TRUE(error_of("a 1 2\nb 1 2 3\n").starts_with(":2: row has 3 values, expected 2"));
  EXPECT_TRUE(error_of("1 2\na 1 2 3\n").starts_with(":2: row has 3 values, expected 2"));
  EXPECT_TRUE(error_of("a 1 2\nb\n").starts_with(":2: row has 0 values, expected 2"));
}

TEST(WordVectors, SayWhichValueIsNotAFiniteNumber) {
  EXPECT_TRUE(
      error_of("a 1 2\nb 1 x\n").starts_with(":2: value 2 is \"x\", expected a finite number"));
  EXPECT_TRUE(error_of("a 1 2x\n").starts_with(":1: value 2 is \"2x\""));
  for (const std::string value : {"nan", "inf", "-inf", "1e39", "1e999"}) {
    EXPECT_TRUE(contains(error_of("a 1 " + value), "expected a finite number")) << value;
  }
}

TEST(WordVectors, SkipAndCountRowsWhoseWordIsWhiteSpace) {
  for (const std::string word : {"", "\t", " ", "\u00A0", "\u3000", "w\xFFrd"}) {
    const auto vectors =
        vectors_of("3 2\na 1 2\n" + word + " 3 4\nb 5 6\n", vocabulary_of({"a", "b"}));
    EXPECT_EQ(vectors.found, 2u) << in_quotes(word);
    EXPECT_EQ(vectors.nameless, 1u) << in_quotes(word);
    EXPECT_EQ(vectors.rows, 3u) << in_quotes(word);
    EXPECT_EQ(row(vectors, 2), (Row{5, 6})) << in_quotes(word);
  }
}

TEST(WordVectors, SkipAndCountFewBrokenRowsAndSayWhereTheFirstIs) {
  for (const std::string broken :
       {"b 1\n", "b 1 2 3\n", "b 1 x\n", "b 1 nan\n", "b\n", "b 1  2 3\n"}) {
    const auto vectors = vectors_of("first 3 4\n" + many_rows(200) + broken + "a 5 6\n" + broken,
                                    vocabulary_of({"a", "b"}));
    EXPECT_EQ(row(vectors, 1), (Row{5, 6})) << broken;
    EXPECT_FALSE(vectors.present[2]) << broken;
    EXPECT_EQ(vectors.rows, 204u) << broken;
    EXPECT_EQ(vectors.broken, 2u) << broken;
    EXPECT_TRUE(contains(vectors.first_broken, "vectors:202")) << vectors.first_broken;
  }
}

TEST(WordVectors, RefuseAFileOfBrokenRowsSoonAndSayHowMany) {
  const std::string text = "a 1 2\n" + repeated("b 1\n", 1 << 20);
  EXPECT_TRUE(contains(error_of(text), "(102 of the first 103 rows can't be read)"))
      << error_of(text);
}

TEST(WordVectors, TakeAPlusBeforeAValue) {
  EXPECT_EQ(row(vectors_of("a +1 +0.5\n", vocabulary_of({"a"})), 1), (Row{1, 0.5f}));
}

TEST(WordVectors, ReadWord2vecBinaryAsItsWritersWriteIt) {
  for (const bool ends_rows : {true, false}) {
    std::string bytes = "3 4\n";
    for (const auto& [word, first] : {std::pair("a", 1.f), {"好", 5.f}, {"New", 9.f}}) {
      bytes += binary_row(word, {first, 0.001f, -0.25f, 0});
      if (!ends_rows) bytes.pop_back();
    }
    const auto vectors = vectors_of(bytes, vocabulary_of({"好", "a", "new"}));
    EXPECT_EQ(vectors.rows, 3u);
    EXPECT_EQ(vectors.promised, 3u);
    EXPECT_EQ(row(vectors, 1), (Row{5, 0.001f, -0.25f, 0}));
    EXPECT_EQ(row(vectors, 3), (Row{9, 0.001f, -0.25f, 0}));
    EXPECT_EQ(row(vectors_of(gzipped(bytes), vocabulary_of({"a"})), 1),
              (Row{1, 0.001f, -0.25f, 0}));
  }
}

TEST(WordVectors, StayInStepBehindAWordThatIsOrHoldsABlank) {
  Row values(20);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = 0.1f + 0.037f * static_cast<float>(k);
  const std::string bytes = "5 20\n" + binary_row("a", values) + binary_row(" ", values) +
                            binary_row("", values) + binary_row("new york", values) +
                            binary_row("b", values);
  const auto vectors = vectors_of(bytes, vocabulary_of({"a", "b", "new york"}));
  EXPECT_EQ(vectors.rows, 5u);
  EXPECT_EQ(vectors.nameless, 2u);
  EXPECT_EQ(row(vectors, 2), values);
  EXPECT_EQ(row(vectors, 3), values);
}

TEST(WordVectors, SayThatABinaryFileIsCutOff) {
  const std::string bytes = "2 4\n" + binary_row("a", {1, 2, 3, 4}) + "b \x01\x02";
  EXPECT_EQ(error_of(bytes), ": row 2: the file is cut off here");
  EXPECT_TRUE(contains(error_of("2 4\n" + binary_row("a", {1, 2, 3, 4}) + "b"), "cut off"));
}

TEST(WordVectors, TellWhatOtherFilesAre) {
  EXPECT_TRUE(contains(error_of("PK\x03\x04 and so on"), "a zip archive"));
  EXPECT_TRUE(contains(error_of("\x80\x04 pickled"), "save_word2vec_format"));
  EXPECT_TRUE(contains(error_of(std::string("\0\1\2\n", 4)), ":1: expected word vectors: text"));
}

/// What fastText itself says of some words (tests/text/vectors/README.md).
std::map<std::string, Row> answers_of_fast_text() {
  std::istringstream file(read_file(fs::path(UNROLL_TEST_DATA) / "text/vectors/fasttext.txt"));
  std::map<std::string, Row> answers;
  for (std::string word; file >> word;) {
    for (float& value : answers[word] = Row(4)) file >> value;
  }
  return answers;
}

std::string fast_text_model() {
  return (fs::path(UNROLL_TEST_DATA) / "text/vectors/fasttext.bin").string();
}

TEST(WordVectors, AreThoseThatFastTextItselfComputes) {
  const auto answers = answers_of_fast_text();
  std::vector<std::string> words;
  for (const auto& [word, vector] : answers) words.push_back(word);
  const auto vectors = test::read_word_vectors(fast_text_model(), vocabulary_of(words));
  EXPECT_EQ(vectors.dimension, 4u);
  EXPECT_EQ(vectors.found, words.size());
  EXPECT_EQ(vectors.from_subwords, 5u) << "goodness 好房 x rooms caffè";
  EXPECT_EQ(vectors.rows, 23u);
  ASSERT_EQ(words.size(), 10u);
  for (std::size_t k = 0; k < words.size(); ++k) {
    for (std::size_t i = 0; i < 4; ++i) {
      const float expected = answers.at(words[k])[i];
      EXPECT_NEAR(row(vectors, k + 1)[i], expected, 1e-4f * std::abs(expected) + 1e-6f) << words[k];
    }
  }
}

TEST(WordVectors, KeepWordsOfAFastTextModel) {
  const auto vectors = test::read_word_vectors(fast_text_model(), vocabulary_of({"good"}), {}, 100);
  EXPECT_EQ(vectors.kept.size(), 21u) << "all but good, and the line end, which no token is";
  const auto found = std::ranges::find(vectors.kept, "房间") - vectors.kept.begin();
  const Row expected = answers_of_fast_text().at("房间");
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(vectors.kept_vectors.at(static_cast<std::size_t>(found))[i], expected[i], 1e-4);
}

TEST(WordVectors, SayThatAFastTextModelIsCutOffOrDamaged) {
  const std::string whole = read_file(fast_text_model());
  const TempFolder folder;
  const auto read = [&](const std::string& bytes) {
    return test::read_word_vectors(folder.write("vectors", bytes),
                                   vocabulary_of({"good", "goodness"}));
  };
  EXPECT_EQ(read(gzipped(whole)).found, 2u);
  const std::size_t output_matrix = 17 + 23 * 4 * sizeof(float);  // which nobody reads
  for (std::size_t size = 4; size + output_matrix < whole.size(); size += 7)
    EXPECT_THROW(read(whole.substr(0, size)), DataError) << size;
  for (std::size_t byte = 4; byte + output_matrix < whole.size(); byte += 3) {
    std::string damaged = whole;
    damaged[byte] = static_cast<char>(~damaged[byte]);
    try {
      read(damaged);  // a changed count or value can't be noticed
    } catch (const DataError&) {
    }
  }
}

TEST(WordVectors, KeepTheFilesFirstWordsAsTheTokenizerWouldCutThem) {
  const TempFolder folder;
  const std::string path = folder.write(
      "vectors", "a 1\nThe 2\nnew york 3\nnew-york 4\nthe 5\nof 6\n好 7\nlate 8\nb 9\n");
  EncoderSettings settings;
  settings.stop_words = StopWords({"of"});
  const auto vectors = test::read_word_vectors(path, vocabulary_of({"a", "b"}), settings, 7);
  EXPECT_EQ(vectors.kept, (std::vector<std::string>{"the", "好"}));
  EXPECT_EQ(vectors.kept_vectors, (std::vector<Row>{{5}, {7}})) << "an exact one wins";
  EXPECT_EQ(vectors.found, 2u);
  EXPECT_EQ(row(vectors, 2), (Row{9})) << "behind the words that are kept";
}

TEST(WordVectors, FoldOnlyWhereTextsAreFolded) {
  const TempFolder folder;
  const std::string path = folder.write("vectors", "The 1\n");
  EncoderSettings settings;
  settings.tokenizer.fold = false;
  EXPECT_EQ(test::read_word_vectors(path, vocabulary_of({"the"}), settings).found, 0u);
}

TEST(WordVectors, FoldAsTheTextsLanguageDoes) {
  const TempFolder folder;
  const std::string path = folder.write("vectors", "ISPARTA 1\n");
  EncoderSettings settings;
  const Vocabulary vocabulary = vocabulary_of({"ısparta"});
  EXPECT_EQ(test::read_word_vectors(path, vocabulary, settings).found, 0u);
  settings.tokenizer.language = FoldLanguage::kTurkish;
  EXPECT_EQ(test::read_word_vectors(path, vocabulary, settings).found, 1u);
}

TEST(WordVectors, RefuseAFileWithoutVectors) {
  for (const std::string content : {"", "\n", "5 3\n"}) {
    EXPECT_TRUE(contains(error_of(content), "no word vectors")) << content;
  }
  EXPECT_TRUE(error_of("word\n").starts_with(":1: expected a word and its vector"));
}

TEST(WordVectors, DoNotBelieveAHugeHeader) {
  EXPECT_TRUE(error_of("1 99999999999\na 1\n").starts_with(":1: the header promises"));
  EXPECT_TRUE(error_of("1 3000000\na 1\n").starts_with(":2: row has 1 values, expected 3000000"));
}

TEST(WordVectors, SkipWordsThatAreNotUtf8InShortFilesToo) {
  EXPECT_EQ(vectors_of("a 1 2\nw\xFFrd 1 2\n", vocabulary_of({"a"})).nameless, 1u);
}

}  // namespace
}  // namespace unroll
