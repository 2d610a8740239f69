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

TEST(LineReader, TakesACrWithinALineAsText) {
  EXPECT_EQ(lines_of("a\rb\n"), (Lines{"a\rb"}));
}

}  // namespace
}  // namespace unroll
