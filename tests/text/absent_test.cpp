// What a build says that has found no liblzma, libzstd and SentencePiece. This program has the
// files that take their places (text/*_absent.cpp), so the linker leaves the library's own out.
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/line_stream.h"
#include "unroll/text/records.h"
#include "unroll/text/subword_training.h"
#include "unroll/text/tokenizer.h"
#include "unroll/text/xz.h"
#include "unroll/text/zstd.h"

namespace unroll {
namespace {

using namespace std::string_view_literals;

void expect_refused(std::string_view bytes, std::string_view tool, std::string_view package) {
  const TempFolder folder;
  const std::string file = folder.write("reviews.tsv", bytes);
  const auto whole = message_of<DataError>([&] { read_records(file, {}); });
  EXPECT_EQ(whole.rfind(file, 0), 0u) << whole;
  for (const std::string& part : {"`" + std::string(tool) + " -dc " + file + "`",
                                  "install the package " + std::string(package)})
    EXPECT_NE(whole.find(part), std::string::npos) << whole;
  EXPECT_EQ(message_of<DataError>([&] { LineStream(file).read(1); }), whole);
}

TEST(WithoutLiblzma, XzIsRefusedWithTheCure) {
  expect_refused(
      "\xFD"
      "7zXZ\0\0\4"sv,
      "xz", "liblzma-dev");
  EXPECT_EQ(xz_version(), "");
}

TEST(WithoutLibzstd, ZstdIsRefusedWithTheCure) {
  expect_refused("\x28\xB5\x2F\xFD\x24\x01"sv, "zstd", "libzstd-dev");
  EXPECT_EQ(zstd_version(), "");
}

TEST(WithoutSentencePiece, SubwordsAreUsedButNotTrained) {
  EXPECT_FALSE(can_train_subwords());
  const std::vector<std::string_view> texts = {"a text"};
  const auto message = message_of<UsageError>([&] { train_subwords(texts, {}, 100); });
  EXPECT_NE(message.find("install libsentencepiece-dev"), std::string::npos) << message;
  TokenizerSettings settings{.kind = TokenizerKind::kSubword};
  settings.subwords = std::make_shared<const Subwords>(std::vector<Subwords::Piece>{{"▁a", -1}});
  EXPECT_EQ(Tokenizer(settings)("a a"), (std::vector<std::string>{"▁a", "▁a"}));
}

}  // namespace
}  // namespace unroll
