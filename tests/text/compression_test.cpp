#include "unroll/text/compression.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/line_stream.h"
#include "unroll/text/source.h"
#include "unroll/text/xz.h"
#include "unroll/text/zstd.h"

namespace unroll {
namespace {

struct Tool {
  const char* command;
  std::string version;  ///< empty: the library was built without it
};
const Tool kTools[] = {{"xz", xz_version()}, {"zstd", zstd_version()}};

/// Packed by the tool; "" where the machine has none.
std::string packed(const TempFolder& folder, const Tool& tool, std::string_view text) {
  const std::string from = folder.write("plain", text), to = (folder.file("packed")).string();
  const std::string command =
      std::string(tool.command) + " -q -c " + from + " > " + to + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) return "";
  std::ifstream file(to, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Test>
void with_tools(Test test) {
  for (const Tool& tool : kTools) {
    const TempFolder folder;
    if (tool.version.empty() || packed(folder, tool, "x").empty()) continue;
    test(folder, tool);
  }
}

TEST(Compression, IsToldByTheFirstBytes) {
  EXPECT_EQ(compression_of("\x1f\x8b\x08"), Compression::kGzip);
  EXPECT_EQ(compression_of(std::string_view("\xFD"
                                            "7zXZ\0",
                                            6)),
            Compression::kXz);
  EXPECT_EQ(compression_of("\x28\xB5\x2F\xFD."), Compression::kZstd);
  EXPECT_EQ(compression_of("(a text)"), Compression::kNone);
  EXPECT_EQ(compression_of("\x5A\x2A\x4D\x18"), Compression::kZstd) << "a skippable frame";
  EXPECT_EQ(compression_of("("), std::nullopt) << "zstd begins so, too";
  EXPECT_EQ(compression_of("(\n"), Compression::kNone);
}

TEST(Compression, UnpacksXzAndZstd) {
  const std::string text = repeated("abc 你好 12345\n", 3 << 20);
  with_tools([&](const TempFolder& folder, const Tool& tool) {
    const std::string bytes = packed(folder, tool, text);
    EXPECT_LT(bytes.size(), text.size() / 10);
    EXPECT_EQ(read_source(folder.write("data", bytes)).content, text) << tool.command;
    EXPECT_EQ(read_source(folder.write("data", bytes + bytes)).content, text + text)
        << "two files joined";
    EXPECT_EQ(read_source(folder.write("data", packed(folder, tool, ""))).content, "");
  });
}

TEST(Compression, SaysThatXzAndZstdAreTruncatedOrDamaged) {
  with_tools([&](const TempFolder& folder, const Tool& tool) {
    std::string bytes = packed(folder, tool, repeated("some text ", 5000) + "and its end\n");
    for (std::size_t size = 6; size < bytes.size(); size += 7) {
      const std::string path = folder.write("data", bytes.substr(0, size));
      const std::string message = message_of<DataError>([&] { read_source(path); });
      EXPECT_TRUE(contains(message, "truncated")) << tool.command << size << message;
    }
    bytes[bytes.size() / 2] ^= 0x55;
    bytes[bytes.size() / 2 + 1] ^= 0x55;
    const std::string path = folder.write("data", bytes);
    EXPECT_TRUE(contains(message_of<DataError>([&] { read_source(path); }), "damaged"));
  });
}

TEST(Compression, RefusesWhatIsPackedTwice) {
  const TempFolder folder;
  const std::string path = folder.write("data", gzipped(gzipped("text\n")));
  EXPECT_EQ(message_of<DataError>([&] { read_source(path); }),
            path + ": this is packed with gzip once more, where a text is expected; `gzip -dc " +
                path + " | gzip -dc -` unpacks all");
  EXPECT_TRUE(contains(message_of<DataError>([&] { LineStream(path).read(1); }), "once more"));
}

}  // namespace
}  // namespace unroll
