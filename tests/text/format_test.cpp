#include "unroll/text/format.h"

#include <gtest/gtest.h>

namespace unroll {

inline void PrintTo(RecordFormat format, std::ostream* stream) {
  *stream << to_string(format);
}

namespace {

using enum RecordFormat;

RecordFormat detect_format(std::string_view content) {
  return detect_layout(content).format;
}

char separator_of(std::string_view content, const ReadOptions& options = {}) {
  return detect_layout(content, options).separator;
}

bool has_quotes(std::string_view content) {
  return detect_layout(content).has_quotes;
}

TEST(RecordFormat, IsTsvWithATabInTheFirstLine) {
  EXPECT_EQ(detect_format("label\ttext\n1\tgood, really\n"), kTsv);
  EXPECT_EQ(detect_format("\n\r\nlabel\ttext\n"), kTsv);
  EXPECT_EQ(detect_format("good, really\tpos\n"), kTsv);
}

TEST(RecordFormat, IsCsvWithout) {
  EXPECT_EQ(detect_format("label,text\n1,a\tb\n"), kCsv);
  EXPECT_EQ(detect_format("text\n"), kCsv);
  EXPECT_EQ(detect_format(""), kCsv);
}

TEST(RecordFormat, IsCsvIfAllTabsStandInQuotes) {
  EXPECT_EQ(detect_format("\"te\txt\",label\na,b\n"), kCsv);
  EXPECT_EQ(detect_format("1,\"a\tb\nc\"\r\n2,d\n"), kCsv);
  EXPECT_EQ(detect_format("1,\"say \"\"a\tb\"\"\""), kCsv);
}

TEST(RecordFormat, IsTsvIfTheQuotesAreNotThoseOfCsv) {
  EXPECT_EQ(detect_format("\"Great\" it said\tpos\n"), kTsv);
  EXPECT_EQ(detect_format("\"Great\"\tpos\n"), kTsv);
  EXPECT_EQ(detect_format("\"Great, they said\tpos\nbad\tneg\n"), kTsv) << "never closed";
  EXPECT_EQ(detect_format("5\" disk\tpos\n"), kTsv);
}

TEST(RecordFormat, IsJsonLinesWithABraceFirst) {
  EXPECT_EQ(detect_format("{\"text\": \"a\tb\"}\n"), kJson);
  EXPECT_EQ(detect_format(" \n\t {}"), kJson);
}

TEST(RecordFormat, IsFastTextWithALabelFirst) {
  EXPECT_EQ(detect_format("__label__1 a\tb\n"), kFastText);
  EXPECT_EQ(detect_format("\n\n__label__1 a, b\n"), kFastText);
  EXPECT_EQ(detect_format("a__label__1\n"), kCsv);
}

TEST(RecordFormat, IsFastTextWithALabelAnywhereInTheFirstLine) {
  EXPECT_EQ(detect_format("  __label__1 a\n"), kFastText);
  EXPECT_EQ(detect_format("a film __label__1\n"), kFastText);
  EXPECT_EQ(detect_format("a\t__label__1\n"), kFastText);
}

TEST(RecordFormat, IsJsonWithAnArrayOfObjects) {
  EXPECT_EQ(detect_format("[{\"text\": 1}]"), kJson);
  EXPECT_EQ(detect_format("[\n  {\n\"text\": 1}]"), kJson);
  EXPECT_EQ(detect_format("{'text': 'a'}\n"), kJson)
      << "Python's way, for which there is a message";
  EXPECT_EQ(detect_format("[good] film\tpos\n"), kTsv);
  EXPECT_EQ(detect_format("{name} is here,pos\n"), kCsv);
}

TEST(Layout, FindsTheSeparatorByTheNamesOfTheColumns) {
  EXPECT_EQ(separator_of("label;text\npos;good, really\n"), ';');
  EXPECT_EQ(separator_of("label|text\npos|good; really, good\n"), '|');
  EXPECT_EQ(separator_of("\"label\";\"text\"\n"), ';');
  EXPECT_EQ(separator_of("a,b;text;c,d;label\n"), ';');
  const ReadOptions german = {.text_column = "Bewertung", .label_column = "Urteil"};
  EXPECT_EQ(separator_of("Nr.;Urteil;Bewertung\n1;gut;ja, nein\n", german), ';');
}

TEST(Layout, FindsTheSeparatorByEvenRowsWhereThereAreNoNames) {
  const ReadOptions by_number = {.text_column = "2", .label_column = "1", .header = false};
  EXPECT_EQ(separator_of("pos;good, really good\nneg;bad\n", by_number), ';');
  EXPECT_EQ(separator_of("pos|a;b\nneg|c\n", by_number), '|');
  EXPECT_EQ(separator_of("pos,a\nneg,c;d\n", by_number), ',');
}

TEST(Layout, TakesTheSeparatorThatIsAskedFor) {
  ReadOptions options;
  options.separator = '~';
  EXPECT_EQ(separator_of("label,text~x\n", options), '~');
}

TEST(Layout, ReadsExcelsLineThatNamesTheSeparator) {
  const Layout layout = detect_layout("sep=;\r\nlabel;text\r\n");
  EXPECT_EQ(layout.separator, ';');
  EXPECT_EQ(layout.skipped, 6u);
  EXPECT_EQ(separator_of("\"sep=|\"\nlabel|text\n"), '|');
  EXPECT_EQ(separator_of("sep=\t\nlabel\ttext\n"), '\t');
  EXPECT_EQ(separator_of("sep=,,\nlabel,text\n"), ',') << "padded by a spreadsheet";
  EXPECT_EQ(detect_layout("sep=ab\n").skipped, 0u);
}

TEST(Layout, TakesQuotesBetweenTabsAsTheFilesWhereTheyAreNeeded) {
  EXPECT_TRUE(has_quotes("label\ttext\npos\t\"say \"\"hi\"\"\"\nneg\tno\n")) << "doubled";
  EXPECT_TRUE(has_quotes("label\ttext\npos\t\"two\nlines\"\nneg\tno\n")) << "a line break";
  EXPECT_TRUE(has_quotes("label\ttext\npos\t\"a\tb\"\nneg\tno\n")) << "a tab";
  EXPECT_TRUE(has_quotes("\"label\"\t\"text\"\n\"pos\"\t\"a\"\n")) << "the header";
}

TEST(Layout, TakesQuotesBetweenTabsAsTheTextsElsewhere) {
  EXPECT_FALSE(has_quotes("label\ttext\npos\t5\" pipe\nneg\t\"a\"\"b\"\n"));
  EXPECT_EQ(detect_layout("label\ttext\npos\t5\" pipe\nneg\t\"a\"\"b\"\n").in_doubt, 1u)
      << "one of them is wrong either way";
  EXPECT_FALSE(has_quotes("label\ttext\npos\t\"Good\" and \"bad\"\n"));
  EXPECT_FALSE(has_quotes("label\ttext\npos\t\"open\nneg\tnot closed\n"));
  const Layout stray = detect_layout("label\ttext\npos\t\"open\nneg\tclosed\"\npos\ta\npos\tb\n");
  EXPECT_FALSE(stray.has_quotes) << "two texts with a quote each";
  EXPECT_EQ(stray.in_doubt, 1u);
  EXPECT_EQ(stray.doubt_line, 2u);
}

TEST(Layout, TakesTheFormatAndTheQuotingThatAreAskedFor) {
  ReadOptions options;
  options.format = kLines;
  EXPECT_EQ(detect_layout("{\"text\": 1}", options).format, kLines);
  options = {};
  options.quoting = Quoting::kOff;
  EXPECT_FALSE(detect_layout("\"a\",b\n", options).has_quotes);
  options.quoting = Quoting::kOn;
  EXPECT_TRUE(detect_layout("a\tb\n", options).has_quotes);
}

TEST(EvenColumns, AreThoseOfAllFirstRows) {
  EXPECT_EQ(even_columns("a,b\n1,\"x,\ny\"\n3,4\n"), 2u);
  EXPECT_EQ(even_columns("a\tb\tc\n1\t2\t3\n1\t2\t3\n"), 3u);
  EXPECT_EQ(even_columns("One, two.\nThree.\nFour, five.\n"), 1u);
  EXPECT_EQ(even_columns("One, two.\n"), 1u);
}

}  // namespace
}  // namespace unroll
