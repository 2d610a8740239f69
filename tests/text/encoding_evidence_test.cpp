#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/text/encoded.h"
#include "tests/text/encoded_samples.h"
#include "unroll/text/decoder.h"
#include "unroll/text/encoding.h"

namespace unroll {
namespace {

std::string decoded(const std::string& bytes, const std::string& encoding) {
  Decoder decoder(encoding);
  std::string text;
  decoder.decode(bytes, text);
  decoder.finish(text);
  return text;
}

/// How often the advice was right, and what it was where it was not.
struct Score {
  std::size_t files = 0;
  std::size_t right = 0;
  std::size_t first = 0;  // the first one named was right
  std::string wrong;

  void add(const std::string& text, const char* encoding, const std::string& shown) {
    const std::string bytes = encoded(text, encoding);
    const auto is_right = [&](const std::string& name) { return decoded(bytes, name) == text; };
    const std::vector<std::string> names = likely_encodings(bytes);
    ++files;
    right += std::ranges::any_of(names, is_right);
    first += !names.empty() && is_right(names[0]);
    if (std::ranges::any_of(names, is_right)) return;
    wrong += std::string("\n  ") + encoding + " " + shown + " ->";
    for (const std::string& name : names) wrong += " " + name;
  }
};

constexpr std::size_t kEnglish = 50;

std::string among_english(const std::string& rows) {
  std::string text = "label\ttext\n";
  for (std::size_t i = 0; i < kEnglish; ++i) text += "pos\ta good day in town it was\n";
  return text + rows + "neg\tthe last row\n";
}

std::string all_rows(const EncodedSamples& samples) {
  std::string rows;
  for (const char* row : samples.rows) rows += std::string("neg\t") + row + "\n";
  return rows;
}

/// Every row alone in a file: without English ones, or among them.
Score score_of_rows(const std::vector<EncodedSamples>& list, bool has_english) {
  Score score;
  for (const EncodedSamples& samples : list) {
    for (const char* encoding : samples.encodings) {
      for (const char* row : samples.rows) {
        const std::string line = std::string("neg\t") + row + "\n";
        score.add(has_english ? among_english(line) : line, encoding, row);
      }
    }
  }
  return score;
}

Score score_of_files(const std::vector<EncodedSamples>& list, bool has_english) {
  Score score;
  for (const EncodedSamples& samples : list) {
    for (const char* encoding : samples.encodings) {
      const std::string rows = all_rows(samples);
      score.add(has_english ? among_english(rows) : rows, encoding, samples.rows[0]);
    }
  }
  return score;
}

void expect(const Score& score, double least, double least_first) {
  const auto files = static_cast<double>(score.files);
  EXPECT_GE(static_cast<double>(score.right), least * files)
      << score.right << " (first: " << score.first << ") of " << score.files << score.wrong;
  EXPECT_GE(static_cast<double>(score.first), least_first * files)
      << score.first << " of " << score.files;
}

// The floors are a little below what was measured: a change that costs two files is seen.
TEST(EncodingEvidence, IsRightForEnglishWithOneSymbol) {
  expect(score_of_rows(rows_with_symbols(), true), 1, 0.93);
  expect(score_of_rows(rows_with_symbols(), false), 1, 0.93);
}

TEST(EncodingEvidence, IsRightForFewRowsOfManyLanguages) {
  expect(score_of_files(rows_of_languages(), false), 1, 1);
  expect(score_of_files(rows_of_languages(), true), 1, 1);
}

TEST(EncodingEvidence, IsRightForSingleRowsOfManyLanguages) {
  expect(score_of_rows(rows_of_languages(), false), 0.98, 0.92);
  expect(score_of_rows(rows_of_languages(), true), 0.98, 0.92);
}

TEST(EncodingEvidence, NamesTheCommonestWhereOnlySymbolsTell) {
  for (const char* text : {"won £1000", "don’t", "10€", "© ®", "5°", "µ ½", "5¢", "a\u00A0b"})
    EXPECT_EQ(likely_encodings(encoded(text, "windows-1252")).front(), "windows-1252") << text;
}

TEST(EncodingEvidence, KnowsUtf16WithoutMarkOrLineEnd) {
  for (const char* encoding : {"UTF-16LE", "UTF-16BE"}) {
    for (const char* text : {"这家酒店的房间很干净", "とても良い部屋でした", "방이 아주 깨끗하고"})
      EXPECT_EQ(likely_encodings(encoded(text, encoding)), std::vector<std::string>{encoding})
          << text;
  }
}

TEST(EncodingEvidence, KnowsHalvesOfEmojiInThreeBytesEach) {
  EXPECT_EQ(likely_encodings("good \xED\xA0\xBD\xED\xB8\x80 day\n"),
            std::vector<std::string>{"CESU-8"});
}

TEST(EncodingEvidence, NamesNothingForBytesOfNoText) {
  std::string packed, noise;
  std::uint32_t state = 7;
  for (int i = 0; i < 5000; ++i) {
    state = state * 1664525 + 1013904223;
    packed += static_cast<char>(state >> 24);
    noise += static_cast<char>(state >> 25 | 0x80);
  }
  EXPECT_TRUE(likely_encodings(packed).empty());
  EXPECT_TRUE(likely_encodings(noise).empty());
  EXPECT_TRUE(likely_encodings(encoded("pos\tit was a good day, I think\n", "ibm-37")).empty());
}

TEST(EscapedEncoding, IsProvenByItsEscapes) {
  for (const char* encoding :
       {"ISO-2022-JP", "ISO-2022-KR", "ISO-2022-CN", "HZ-GB-2312", "UTF-7"}) {
    const bool is_korean = std::string_view(encoding).ends_with("KR");
    const std::string text = is_korean ? "방이 아주\n좋아요\n" : "中国 good\n日本\n";
    EXPECT_EQ(escaped_encoding(encoded(text, encoding)), encoding);
  }
  EXPECT_EQ(escaped_encoding("pos,caf+AOk- and cr+AOg-me\n"), "UTF-7");
}

TEST(EscapedEncoding, IsNothingForTildesBracesAndPluses) {
  for (const char* text :
       {"1+1 is 2+0-0", "~{hello}~ and ~}", "C++ and a+b-c", "+1-800-555 +44-20-7946",
        "\x1b[31mred\x1b[0m", "~{it was}~}", "+abc- +abc-", "a+- and +-"})
    EXPECT_EQ(escaped_encoding(text), std::nullopt) << text;
}

}  // namespace
}  // namespace unroll
