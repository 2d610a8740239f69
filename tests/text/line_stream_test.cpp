#include "unroll/text/line_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/standard_input.h"
#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(LineStream& stream, std::size_t most = 3) {
  Lines lines;
  std::size_t number = 0;
  for (auto block = stream.read(most); !block.empty(); block = stream.read(most)) {
    EXPECT_LE(block.size(), most);
    for (const Line& line : block) {
      lines.emplace_back(line.text);
      EXPECT_TRUE(number == 0 || line.number == number + 1) << line.number;
      number = line.number;
    }
  }
  return lines;
}

Lines lines_of(std::string_view content) {
  const TempFolder folder;
  LineStream stream(folder.write("data", content));
  return lines_of(stream);
}

/// A pipe: what is written to it, LineStream reads from `path`.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close();
    ::close(ends_[0]);
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  void write(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  int reading_end() const { return ends_[0]; }

 private:
  int ends_[2];
};

Lines texts_of(std::span<const Line> block) {
  Lines texts;
  for (const Line& line : block) texts.emplace_back(line.text);
  return texts;
}

TEST(LineStream, EndsLinesAsLineReaderDoes) {
  EXPECT_EQ(lines_of("one\ntwo\r\n\nfour"), (Lines{"one", "two", "", "four"}));
  EXPECT_EQ(lines_of("one\n"), (Lines{"one"}));
  EXPECT_EQ(lines_of("\n"), (Lines{""}));
  EXPECT_EQ(lines_of("one\r"), (Lines{"one"}));
  EXPECT_EQ(lines_of(std::string("a\0b\n", 4)), (Lines{std::string("a\0b", 3)}));
  EXPECT_TRUE(lines_of("").empty());
}

TEST(LineStream, DropsAByteOrderMark) {
  EXPECT_EQ(lines_of("\xEF\xBB\xBFone\n\xEF\xBB\xBFtwo"), (Lines{"one", "\xEF\xBB\xBFtwo"}));
  EXPECT_TRUE(lines_of("\xEF\xBB\xBF").empty());
}

TEST(LineStream, UnpacksGzipAcrossBlocks) {
  Lines expected;
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    expected.push_back("line 数 " + std::to_string(i * 7919));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(lines_of(gzipped(text)), expected);
  EXPECT_EQ(lines_of(gzipped(text) + gzipped("more\n") + std::string(99'999, '\0')).size(),
            expected.size() + 1);
  // Packed so well that one block of the file is many of the text.
  EXPECT_EQ(lines_of(gzipped(repeated("\n", 3'000'000))).size(), 3'000'000u);
}

TEST(LineStream, SaysThatGzipIsTruncatedAfterTheLinesThatAreThere) {
  const std::string packed = gzipped(repeated("some text\n", 1 << 20));
  const TempFolder folder;
  LineStream stream(folder.write("data", packed.substr(0, packed.size() - 9)));
  EXPECT_FALSE(stream.read(1).empty());
  EXPECT_TRUE(contains(message_of<DataError>([&] { lines_of(stream, 100); }), "truncated"));
}

TEST(LineStream, GivesEveryLineBeforeTheNextIsWritten) {
  Pipe pipe;
  LineStream stream(pipe.path());
  for (int i = 0; i < 100; ++i) {
    pipe.write("text " + std::to_string(i) + "\n");
    EXPECT_EQ(texts_of(stream.read(64)), (Lines{"text " + std::to_string(i)}));
    EXPECT_FALSE(stream.ready());
  }
  pipe.write("\n");
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{""}));
  pipe.write("last");
  pipe.close();
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{"last"}));
  EXPECT_TRUE(stream.read(64).empty());
}

TEST(LineStream, AnswersAFirstLineOfOneByte) {
  Pipe pipe;
  LineStream stream(pipe.path());
  pipe.write("\n");
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{""}));
}

TEST(LineStream, TellsGzipThoughItsFirstByteComesAlone) {
  Pipe pipe;
  LineStream stream(pipe.path());
  const std::string packed = gzipped("one\ntwo\n");
  std::thread writer([&] {
    for (const char byte : packed) pipe.write({&byte, 1});
    pipe.close();
  });
  EXPECT_EQ(lines_of(stream), (Lines{"one", "two"}));
  writer.join();
}

TEST(LineStream, MakesABlockOfTheLinesThatAreThere) {
  Pipe pipe;
  LineStream stream(pipe.path());
  pipe.write("a\nb\n");
  pipe.write("c\nd\ne");
  EXPECT_EQ(texts_of(stream.read(3)), (Lines{"a", "b", "c"}));
  EXPECT_TRUE(stream.ready());
  EXPECT_EQ(texts_of(stream.read(3)), (Lines{"d"})) << "the fifth is not complete";
  EXPECT_FALSE(stream.ready());
}

TEST(LineStream, WaitsForAnInputThatDoesNotBlock) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.reading_end(), F_SETFL, O_NONBLOCK), 0);
  LineStream stream(pipe.path());
  std::thread writer([&] {
    ::usleep(20'000);
    pipe.write("late\n");
  });
  EXPECT_EQ(texts_of(stream.read(1)), (Lines{"late"}));
  writer.join();
}

TEST(LineStream, SaysWhereALineIsNotUtf8AfterTheLinesBeforeIt) {
  const TempFolder folder;
  const std::string path = folder.write("data",
                                        "\xEF\xBB\xBFone\ntwo\nb\xFF"
                                        "d\nfour\n");
  LineStream stream(path);
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{"one", "two"}));
  const std::string message = message_of<DataError>([&] { stream.read(64); });
  EXPECT_TRUE(message.starts_with(path + ":3:2: byte 0xFF is not valid UTF-8")) << message;
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{"four"})) << "it goes on behind the bad line";
}

TEST(LineStream, ReadsUtf16WithAMarkAndWithout) {
  const std::string text("o\0n\0e\0\n\0\x7D\x59\n\0", 12);
  EXPECT_EQ(lines_of("\xFF\xFE" + text), (Lines{"one", "好"}));
  EXPECT_EQ(lines_of(text), (Lines{"one", "好"}));
}

TEST(LineStream, AnswersAPipeOfUtf16LineByLine) {
  Pipe pipe;
  LineStream stream(pipe.path());
  pipe.write(std::string_view("a\0b\0\n\0", 6));
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{"ab"}));
  pipe.write(std::string_view("c\0\n\0", 4));
  EXPECT_EQ(texts_of(stream.read(64)), (Lines{"c"}));
}

TEST(LineStream, EndsLinesAtCrWhereThatEndsThem) {
  EXPECT_EQ(lines_of("one\rtwo\r\rfour"), (Lines{"one", "two", "", "four"}));
  EXPECT_EQ(lines_of(repeated("a line\r", 1 << 20)).size(), (1u << 20) / 7 + 1);
}

TEST(LineStream, ShowsWhatHasArrivedWithoutReadingIt) {
  Pipe pipe;
  LineStream stream(pipe.path());
  pipe.write("one\ntw");
  EXPECT_EQ(stream.peek(), "one\ntw");
  pipe.write("o\nthree");
  EXPECT_EQ(texts_of(stream.read(1)), (Lines{"one"}));
  pipe.close();
  EXPECT_EQ(stream.take_all(), "two\nthree");
  EXPECT_TRUE(stream.read(1).empty());
}

TEST(LineStream, RefusesALineWithoutEnd) {
  const TempFolder folder;
  const std::string path = folder.write("data", repeated("no end ", 17 << 20));
  const std::string message = message_of<DataError>([&] { LineStream(path).read(1); });
  EXPECT_TRUE(message.starts_with(path + ":1: the line is longer than 16 MiB")) << message;
}

TEST(LineStream, GoesOnBehindALineThatIsTooLong) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    for (const std::string_view unit : {"x", "no end ", "好"}) {
      const std::string line_end(end), longer = repeated(unit, 17 << 20);
      const TempFolder folder;
      LineStream stream(
          folder.write("data", longer + line_end + "two" + line_end + longer + line_end + "four"));
      EXPECT_TRUE(!invalid_utf8(stream.peek()));
      EXPECT_THROW(stream.read(9), DataError);
      EXPECT_EQ(texts_of(stream.read(9)), (Lines{"two"}));
      EXPECT_THROW(stream.read(9), DataError);
      const auto last = stream.read(9);
      EXPECT_EQ(texts_of(last), (Lines{"four"}));
      EXPECT_EQ(last.front().number, 4u);
      EXPECT_TRUE(stream.read(9).empty());
    }
  }
}

TEST(LineStream, EndsBehindALastLineThatIsTooLong) {
  const TempFolder folder;
  LineStream stream(folder.write("data", "one\n" + repeated("x", 17 << 20)));
  EXPECT_EQ(texts_of(stream.read(9)), (Lines{"one"}));
  EXPECT_THROW(stream.read(9), DataError);
  EXPECT_TRUE(stream.read(9).empty());
}

TEST(LineStream, RefusesNothingButZeros) {
  const std::string message = message_of<DataError>([] { LineStream("/dev/zero").read(1); });
  EXPECT_TRUE(contains(message, "100 % of the first 65536 bytes are zero: this is no text"));
}

TEST(LineStream, ReadsStandardInputAndNamesFilesThatCannotBeRead) {
  const TempFolder folder;
  const StandardInput input(folder.write("input", "one\n"));
  LineStream stream("-");
  EXPECT_EQ(stream.name(), "<stdin>");
  EXPECT_EQ(lines_of(stream), (Lines{"one"}));
  EXPECT_TRUE(contains(message_of<DataError>([] { LineStream("/no/such/file"); }), "/no/such"));
  EXPECT_TRUE(contains(message_of<DataError>([] { LineStream("/").read(1); }), "can't be read"));
}

}  // namespace
}  // namespace unroll
