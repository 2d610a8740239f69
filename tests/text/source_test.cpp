#include "unroll/text/source.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/support/standard_input.h"
#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

std::string content_of(std::string_view bytes) {
  const TempFolder folder;
  return std::string(read_source(folder.write("data", bytes)).content);
}

std::string error_of(std::string_view bytes) {
  const TempFolder folder;
  const std::string path = folder.write("data", bytes);
  const std::string message = message_of<DataError>([&] { read_source(path); });
  EXPECT_TRUE(message.starts_with(path)) << message;
  return message.substr(path.size());
}

TEST(Source, DropsAByteOrderMark) {
  EXPECT_EQ(content_of("\xEF\xBB\xBFtext"), "text");
  EXPECT_EQ(content_of(gzipped("\xEF\xBB\xBFtext")), "text");
}

TEST(Source, UnpacksGzipWhateverTheName) {
  EXPECT_EQ(content_of(gzipped("你好\n")), "你好\n");
}

TEST(Source, UnpacksAllMembersOfAGzipFile) {
  EXPECT_EQ(content_of(gzipped("one\n") + gzipped("") + gzipped("two\n")), "one\ntwo\n");
}

TEST(Source, AcceptsZeroBytesBehindGzip) {
  EXPECT_EQ(content_of(gzipped("one") + std::string(512, '\0')), "one");
}

TEST(Source, ChecksLargeTextsOnAnyNumberOfThreads) {
  const TempFolder folder;
  const std::size_t before = thread_count();
  for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
    set_thread_count(threads);
    std::string text = repeated("好", 3 << 20);  // its characters lie across the threads' parts
    EXPECT_TRUE(read_any_source(folder.write("good", text)).is_utf8);
    for (const std::size_t at : {0u, 1u << 20, (1u << 20) + 1, (1u << 20) + 2, (3u << 20) - 1}) {
      const char good = std::exchange(text[at], '\xFF');
      EXPECT_FALSE(read_any_source(folder.write("bad", text)).is_utf8) << at << ' ' << threads;
      text[at] = good;
    }
  }
  set_thread_count(before);
}

TEST(Source, UnpacksMegabytes) {
  const std::string text = repeated("abc 你好\n", 5 << 20);
  EXPECT_EQ(content_of(gzipped(text)), text);
}

TEST(Source, SaysThatGzipIsTruncatedWhereverItIsCut) {
  const std::string packed = gzipped("some text that is long enough to be cut in many places");
  for (std::size_t size = 2; size < packed.size(); ++size) {
    EXPECT_TRUE(contains(error_of(packed.substr(0, size)), "truncated")) << size;
  }
}

TEST(Source, SaysThatGzipIsDamaged) {
  std::string packed = gzipped(repeated("some text ", 1000));
  packed[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_TRUE(contains(error_of(packed), "damaged"));
}

TEST(Source, RefusesWhatFollowsGzip) {
  EXPECT_TRUE(contains(error_of(gzipped("one") + "two"), "followed by bytes that are not gzip"));
}

TEST(Source, SaysWhereAFileIsNotUtf8) {
  EXPECT_TRUE(error_of("one\ntwo \xFFthree").starts_with(":2:5: byte 0xFF is not valid UTF-8"));
  EXPECT_TRUE(error_of("\xE4\xBD").starts_with(":1:1:"));
  EXPECT_TRUE(error_of(gzipped("你\xFF")).starts_with(":1:4:")) << "columns count bytes";
}

TEST(Source, SaysThatAFileIsMissing) {
  EXPECT_TRUE(
      contains(message_of<DataError>([] { read_source("/no/such/file"); }), "/no/such/file"));
}

TEST(Source, ReadsStandardInput) {
  const TempFolder folder;
  const std::string text = repeated("abc\n", 800'000);
  const StandardInput input(folder.write("input", text));
  const Source source = read_source("-");
  EXPECT_EQ(source.name, "<stdin>");
  EXPECT_EQ(source.content, text);
}

TEST(Source, NamesStandardInputInErrors) {
  const TempFolder folder;
  const StandardInput input(folder.write("input", "ok\n\xFF"));
  EXPECT_TRUE(message_of<DataError>([] { read_source("-"); }).starts_with("<stdin>:2:1: "));
}

TEST(Source, RefusesMoreThanIsAskedForAndSaysHowMuchItIs) {
  const TempFolder folder;
  const std::string text = repeated("0123456789\n", 5 << 20);
  for (const std::string& bytes : {text, gzipped(text)}) {
    const std::string path = folder.write("data", bytes);
    EXPECT_EQ(read_source(path, {.encoding = "", .most_bytes = text.size()}).content.size(),
              text.size());
    const std::string message = message_of<MemoryError>(
        [&] { read_source(path, {.encoding = "", .most_bytes = 1 << 20}); });
    EXPECT_TRUE(message.starts_with(path + ": a text of 476626 lines and 6 MiB is")) << message;
    EXPECT_TRUE(contains(message, "a limit of at least")) << message;
  }
}

TEST(Source, KeepsASingleNulByte) {
  const std::string text("nul\0 in a line of text\n", 23);
  EXPECT_EQ(content_of(text), text);
}

TEST(Source, RefusesAFileWhoseEndWasNeverWritten) {
  EXPECT_TRUE(contains(error_of(repeated("some text\n", 100'000) + std::string(50'000, '\0')),
                       "33 % of its 150000 bytes are zero: this is no text"));
}

TEST(Source, EndsLinesWithLfWhereCrEndedThem) {
  EXPECT_EQ(content_of("a\rb\r"), "a\nb\n");
  EXPECT_EQ(content_of("a\r\nb\r\n"), "a\r\nb\r\n");
}

}  // namespace
}  // namespace unroll
