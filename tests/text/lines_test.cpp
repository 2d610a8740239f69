#include "unroll/text/lines.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unroll {
namespace {

std::vector<std::string> lines_of(std::string_view content) {
  std::vector<std::string> lines;
  LineReader reader(content);
  for (Line line; reader.next(line);) {
    lines.emplace_back(line.text);
    EXPECT_EQ(line.number, lines.size());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, EndsLinesAtLfAndCrlf) {
  EXPECT_EQ(lines_of("a\nb\r\nc"), (Lines{"a", "b", "c"}));
}

TEST(LineReader, BeginsNoLineAfterTheLastLineEnd) {
  EXPECT_EQ(lines_of("a\n"), (Lines{"a"}));
  EXPECT_EQ(lines_of(""), Lines{});
}

TEST(LineReader, KeepsEmptyLines) {
  EXPECT_EQ(lines_of("\n\r\na\n\n"), (Lines{"", "", "a", ""}));
}

TEST(LineReader, DropsAllCrsBeforeALineEnd) {
  EXPECT_EQ(lines_of("a\r\r\nb\r"), (Lines{"a", "b"}));
}

TEST(Lines, EndWithCrIfThatIsWhatMostOfThemEndWith) {
  EXPECT_TRUE(ends_lines_by_cr("a\rb\rc"));
  EXPECT_TRUE(ends_lines_by_cr("a\rb\rc\n")) << "an editor added the last line end";
  EXPECT_FALSE(ends_lines_by_cr("a\r\nb\r\n"));
  EXPECT_FALSE(ends_lines_by_cr("a\rb\nc\nd\n")) << "one CR within a text";
  EXPECT_FALSE(ends_lines_by_cr("a\r\r\nb\r\r\n"));
  EXPECT_FALSE(ends_lines_by_cr("a\r")) << "half of a CRLF";
  EXPECT_FALSE(ends_lines_by_cr(""));
}

TEST(Lines, KeepTheirLengthWhenTheirEndsAreReplaced) {
  std::string text = "x\ra\rb\r\nc\r";
  end_lines_by_lf(text, 2);
  EXPECT_EQ(text, "x\ra\nb\r\nc\n");
}

TEST(LineReader, TakesACrWithinALineAsText) {
  EXPECT_EQ(lines_of("a\rb\n"), (Lines{"a\rb"}));
}

}  // namespace
}  // namespace unroll
