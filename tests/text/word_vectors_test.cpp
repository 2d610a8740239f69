#include "unroll/text/word_vectors.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

Vocabulary vocabulary_of(const std::vector<std::string>& tokens) {
  std::vector<Vocabulary::Entry> entries = {{"<unk>", 0}};
  for (const std::string& token : tokens) entries.push_back({token, 1});
  return Vocabulary(entries);
}

WordVectors vectors_of(std::string_view content, const Vocabulary& vocabulary) {
  const TempFolder folder;
  return read_word_vectors(folder.write("vectors", content), vocabulary);
}

std::string error_of(std::string_view content) {
  const TempFolder folder;
  const std::string path = folder.write("vectors", content);
  return message_of<DataError>([&] { read_word_vectors(path, vocabulary_of({"a"})); })
      .substr(path.size());
}

std::vector<float> row(const WordVectors& vectors, std::size_t id) {
  const auto values = vectors.table.matrix().row(id);
  return {values.begin(), values.end()};
}

using Row = std::vector<float>;

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

TEST(WordVectors, SayWhereAFileIsNotUtf8) {
  EXPECT_TRUE(error_of("a 1\nb\xFF 1\n").starts_with(":2:2: byte 0xFF"));
}

}  // namespace
}  // namespace unroll
