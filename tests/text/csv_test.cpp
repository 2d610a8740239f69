#include "unroll/text/csv.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/tsv.h"

namespace unroll {
namespace {

using Fields = std::vector<std::string>;

/// A row's fields live only until the next one is read.
struct KeptRow {
  Fields fields;
  std::size_t line;
};

std::vector<KeptRow> rows_of(std::string_view content, char separator = ',') {
  std::vector<KeptRow> rows;
  CsvReader reader(content, separator);
  for (Row row; reader.next(row);)
    rows.push_back({{row.fields.begin(), row.fields.end()}, row.line});
  return rows;
}

Fields first_row(std::string_view content) {
  return rows_of(content).at(0).fields;
}

/// "line:column: message".
std::string error_of(std::string_view content) {
  try {
    rows_of(content);
  } catch (const RowError& error) {
    return std::to_string(error.line) + ":" + std::to_string(error.column) + ": " + error.what();
  }
  return "no error";
}

Fields fields_of(const Row& row) {
  return {row.fields.begin(), row.fields.end()};
}

TEST(CsvReader, SplitsAtCommas) {
  EXPECT_EQ(first_row("a,b,c\n"), (Fields{"a", "b", "c"}));
  EXPECT_EQ(first_row(",,"), (Fields{"", "", ""}));
  EXPECT_EQ(first_row("a"), (Fields{"a"}));
}

TEST(CsvReader, KeepsCommasInsideQuotes) {
  EXPECT_EQ(first_row("\"a,b\",c"), (Fields{"a,b", "c"}));
}

TEST(CsvReader, KeepsLineBreaksInsideQuotes) {
  const auto rows = rows_of("\"one\ntwo\r\nthree\",x\nnext,y\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields[0], "one\ntwo\r\nthree");
  EXPECT_EQ(rows[0].line, 1u);
  EXPECT_EQ(rows[1].line, 4u);
}

TEST(CsvReader, ReadsDoubledQuotesAsOne) {
  EXPECT_EQ(first_row("\"he said \"\"hi\"\"\",x"), (Fields{"he said \"hi\"", "x"}));
  EXPECT_EQ(first_row("\"\"\"\""), (Fields{"\""}));
  EXPECT_EQ(first_row("\"\",\"\""), (Fields{"", ""}));
}

TEST(CsvReader, TakesAQuoteWithinAnUnquotedFieldAsText) {
  EXPECT_EQ(first_row("5\" disk,b"), (Fields{"5\" disk", "b"}));
}

TEST(CsvReader, AcceptsCrlf) {
  const auto rows = rows_of("a,\"b\"\r\nc,d\r\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields, (Fields{"a", "b"}));
  EXPECT_EQ(rows[1].fields, (Fields{"c", "d"}));
}

TEST(CsvReader, AcceptsAFileCutBetweenCrAndLf) {
  EXPECT_EQ(first_row("a,b\r"), (Fields{"a", "b"}));
  EXPECT_EQ(first_row("a,\"b\"\r"), (Fields{"a", "b"}));
}

TEST(CsvReader, SkipsEmptyLinesButCountsThem) {
  const auto rows = rows_of("\n\r\na\n\n\nb\n\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].line, 3u);
  EXPECT_EQ(rows[1].line, 6u);
}

TEST(CsvReader, ReadsAFieldOfFiveMegabytes) {
  const std::string text = repeated("一行\n\"\",two, three\r\n", 5 << 20);
  std::string expected;
  for (std::size_t i = 0; i < text.size(); ++i) {
    expected += text[i];
    if (text[i] == '"') ++i;
  }
  const auto rows = rows_of("1,\"" + text + "\"\nlast,x");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields[1], expected);
  EXPECT_EQ(rows[1].fields, (Fields{"last", "x"}));
}

TEST(CsvReader, SaysWhereAnUnclosedQuoteOpened) {
  EXPECT_TRUE(error_of("a,b\nc,\"d\ne\nf").starts_with("2:3: a quote opens here"));
  EXPECT_TRUE(error_of("a,\"").starts_with("1:3: "));
}

TEST(CsvReader, SaysWhereTextFollowsAClosingQuote) {
  EXPECT_TRUE(error_of("a,\"b\"c,d").starts_with("1:6: \"c\" follows a closing quote"));
  EXPECT_TRUE(error_of("\"x\ny\" z").starts_with("2:3: \" z\" follows"));
}

TEST(CsvReader, SplitsAtAnySeparator) {
  EXPECT_EQ(rows_of("a;b, c;\"d;e\"\n", ';').at(0).fields, (Fields{"a", "b, c", "d;e"}));
  EXPECT_EQ(rows_of("a\t\"b\t\"\"c\"\"\"\n", '\t').at(0).fields, (Fields{"a", "b\t\"c\""}));
}

TEST(CsvReader, SkipsBlanksBeforeAndBehindAFieldInQuotes) {
  EXPECT_EQ(first_row("a, \"b, c\" ,d\n"), (Fields{"a", "b, c", "d"}));
  EXPECT_EQ(first_row("\"a\" , b"), (Fields{"a", " b"}));
  EXPECT_EQ(first_row(" \"a\" and b,c"), (Fields{" \"a\" and b", "c"})) << "a text that begins so";
  EXPECT_EQ(first_row(" \"a,b\n"), (Fields{" \"a", "b"})) << "never closed";
}

TEST(CsvReader, AcceptsLineEndsThatWereConvertedTwice) {
  const auto rows = rows_of("a,b\r\r\n\"c\",\"d\"\r\r\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].fields, (Fields{"a", "b"}));
  EXPECT_EQ(rows[1].fields, (Fields{"c", "d"}));
}

TEST(CsvReader, GoesOnInTheLineBehindABadRow) {
  CsvReader reader("a,b\nc,\"d\"e\nf,g\n\"open\nh,i\n");
  std::vector<Fields> rows;
  std::vector<std::size_t> bad;
  for (Row row; true;) {
    try {
      if (!reader.next(row)) break;
      rows.push_back(fields_of(row));
    } catch (const RowError& error) {
      bad.push_back(error.line);
    }
  }
  EXPECT_EQ(rows, (std::vector<Fields>{{"a", "b"}, {"f", "g"}, {"h", "i"}}));
  EXPECT_EQ(bad, (std::vector<std::size_t>{2, 4}));
}

TEST(CsvReader, DropsAByteOrderMarkWhereFilesWereJoined) {
  const auto rows = rows_of("a,b\n\xEF\xBB\xBF\"c\",d\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].fields, (Fields{"c", "d"}));
}

TEST(TsvReader, TakesQuotesAsText) {
  TsvReader reader("\"a\tb\"\n\"c\"\"\td\n");
  Row row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(fields_of(row), (Fields{"\"a", "b\""}));
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(fields_of(row), (Fields{"\"c\"\"", "d"}));
}

TEST(TsvReader, SkipsEmptyLinesButCountsThem) {
  TsvReader reader("\r\na\t\n\nb\tc\r\n\n");
  Row row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(fields_of(row), (Fields{"a", ""}));
  EXPECT_EQ(row.line, 2u);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(fields_of(row), (Fields{"b", "c"}));
  EXPECT_EQ(row.line, 4u);
  EXPECT_FALSE(reader.next(row));
}

}  // namespace
}  // namespace unroll
