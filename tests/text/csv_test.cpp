#include "unroll/text/csv.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/tsv.h"

namespace unroll {
namespace {

using Fields = std::vector<std::string>;

std::vector<Row> rows_of(std::string_view content) {
  std::vector<Row> rows;
  CsvReader reader(content, "data.csv");
  for (Row row; reader.next(row);) rows.push_back(row);
  return rows;
}

Fields first_row(std::string_view content) {
  return rows_of(content).at(0).fields;
}

std::string error_of(std::string_view content) {
  return message_of<DataError>([&] { rows_of(content); });
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
  EXPECT_TRUE(error_of("a,b\nc,\"d\ne\nf").starts_with("data.csv:2:3: a quote opens here"));
  EXPECT_TRUE(error_of("a,\"").starts_with("data.csv:1:3: "));
}

TEST(CsvReader, SaysWhereTextFollowsAClosingQuote) {
  EXPECT_TRUE(error_of("a,\"b\"c,d").starts_with("data.csv:1:6: \"c\" follows a closing quote"));
  EXPECT_TRUE(error_of("\"x\ny\" z").starts_with("data.csv:2:3: \" z\" follows"));
}

TEST(TsvReader, TakesQuotesAsText) {
  TsvReader reader("\"a\tb\"\n\"c\"\"\td\n");
  Row row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields, (Fields{"\"a", "b\""}));
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields, (Fields{"\"c\"\"", "d"}));
}

TEST(TsvReader, SkipsEmptyLinesButCountsThem) {
  TsvReader reader("\r\na\t\n\nb\tc\r\n\n");
  Row row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields, (Fields{"a", ""}));
  EXPECT_EQ(row.line, 2u);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.fields, (Fields{"b", "c"}));
  EXPECT_EQ(row.line, 4u);
  EXPECT_FALSE(reader.next(row));
}

}  // namespace
}  // namespace unroll
