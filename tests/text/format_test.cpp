#include "unroll/text/format.h"

#include <gtest/gtest.h>

namespace unroll {

inline void PrintTo(RecordFormat format, std::ostream* stream) {
  *stream << to_string(format);
}

namespace {

using enum RecordFormat;

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
  EXPECT_EQ(detect_format("{\"text\": \"a\tb\"}\n"), kJsonLines);
  EXPECT_EQ(detect_format(" \n\t {}"), kJsonLines);
}

TEST(RecordFormat, IsFastTextWithALabelFirst) {
  EXPECT_EQ(detect_format("__label__1 a\tb\n"), kFastText);
  EXPECT_EQ(detect_format("\n\n__label__1 a, b\n"), kFastText);
  EXPECT_EQ(detect_format("text __label__1\n"), kCsv);
}

}  // namespace
}  // namespace unroll
