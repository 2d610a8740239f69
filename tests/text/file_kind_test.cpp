#include "unroll/text/file_kind.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using namespace std::string_literals;

std::string error_of(std::string_view beginning, Compression packing = Compression::kNone) {
  return message_of<DataError>([&] { refuse_other_kinds(beginning, "f", packing); });
}

bool is_text(std::string_view beginning) {
  try {
    refuse_other_kinds(beginning, "f", Compression::kNone);
  } catch (const DataError& error) {
    ADD_FAILURE() << error.what();
    return false;
  }
  return true;
}

/// The header of a tar archive's first member, in the form before POSIX.
std::string tar_header() {
  std::string header(512, '\0');
  header.replace(0, 8, "base.tsv");
  header.replace(124, 11, "00000001234");
  unsigned sum = 8 * ' ';
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  return header.replace(148, 6, digits);
}

TEST(FileKind, NamesArchivesAndTheCommandThatUnpacksThem) {
  EXPECT_EQ(
      error_of("PK\x03\x04\x14"
               "base.tsv"),
      "f: this is a zip archive, where a text is expected; `unzip -p f` prints what is in it");
  EXPECT_TRUE(contains(error_of("BZh91AY&SY"),
                       "packed with bzip2, where a text is expected; `bzip2 -dc f`"));
  EXPECT_TRUE(contains(error_of("7z\xBC\xAF\x27\x1C"), "a 7z archive"));
  EXPECT_TRUE(contains(error_of("Rar!\x1A\x07"), "a RAR archive"));
  EXPECT_TRUE(
      contains(error_of(tar_header()), "a tar archive, where a text is expected; `tar -xOf f`"));
  EXPECT_TRUE(contains(error_of(tar_header(), Compression::kGzip), "a packed tar archive"));
}

TEST(FileKind, NamesSpreadsheetsAndTables) {
  EXPECT_TRUE(contains(error_of("PK\x03\x04\x14[Content_Types].xml"), "spreadsheet (.xlsx, .ods)"));
  EXPECT_TRUE(contains(error_of("PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
                       "spreadsheet"));
  EXPECT_TRUE(contains(error_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "(.xls)"));
  EXPECT_TRUE(contains(error_of("PAR1\x15\x04\0"s), "a Parquet table"));
  EXPECT_TRUE(contains(error_of("SQLite format 3\0"s), "an SQLite database"));
  EXPECT_TRUE(contains(error_of("%PDF-1.7\n"), "a PDF document"));
}

TEST(FileKind, NamesModelsAndVectors) {
  EXPECT_TRUE(
      contains(error_of("\x38\x02\0\0\0\0\0\0{\"__metadata__\""s), "a model (safetensors)"));
  EXPECT_TRUE(contains(error_of("\xBA\x16\x4F\x2F\x0C\0"s), "a fastText model (.bin)"));
  EXPECT_TRUE(contains(error_of("2 2\ngood \0\0\x80\x3F\0\0\0\x40\n"s), "word2vec's binary form"));
  EXPECT_TRUE(contains(error_of("\x80\x04\x95\x10\0"s), "a Python pickle"));
  EXPECT_TRUE(contains(error_of("PK\x03\x04 archive/data.pkl"), "a model (PyTorch)"));
}

TEST(FileKind, NamesWhatADownloadLeaves) {
  EXPECT_TRUE(contains(error_of("<!DOCTYPE html>\n<head>"), "a web page"));
  EXPECT_TRUE(contains(error_of("<html lang=\"en\">\n"), "a web page"));
  EXPECT_TRUE(contains(error_of("version https://git-lfs.github.com/spec/v1\noid"), "Git LFS"));
}

TEST(FileKind, NamesCommandsThatCanBeTyped) {
  const auto cure = [](std::string_view beginning, const char* name, Compression packing) {
    const std::string message =
        message_of<DataError>([&] { refuse_other_kinds(beginning, name, packing); });
    return message.substr(message.find("; ") + 2);
  };
  using enum Compression;
  EXPECT_EQ(cure("BZh91AY&SY", "a b'c", kNone), "`bzip2 -dc 'a b'\\''c'` unpacks it");
  EXPECT_EQ(cure("BZh91AY&SY", "-x", kNone), "`bzip2 -dc ./-x` unpacks it");
  EXPECT_EQ(cure("BZh91AY&SY", "<stdin>", kNone), "`bzip2 -dc -` unpacks it");
  EXPECT_EQ(cure("\x1F\x8B\x08", "a", kGzip), "`gzip -dc a | gzip -dc -` unpacks all");
  EXPECT_EQ(cure("\x1F\x8B\x08", "a", kZstd), "`zstd -dc a | gzip -dc -` unpacks all");
  EXPECT_EQ(cure("\xFD"
                 "7zXZ\0"s,
                 "a", kXz),
            "`xz -dc a | xz -dc -` unpacks all");
  EXPECT_EQ(cure("PK\x03\x04", "a", kGzip),
            "`gzip -dc a > FILE` unpacks it; `unzip -p FILE` prints what is in it");
  EXPECT_EQ(cure("PK\x03\x04", "<stdin>", kNone),
            "save it as FILE first; `unzip -p FILE` prints what is in it");
  EXPECT_EQ(cure(tar_header(), "a", kXz), "`xz -dc a | tar -xOf -` prints what is in it");
  EXPECT_EQ(cure("%PDF-1.7", "<stdin>", kNone), "`pdftotext - -` prints its text");
}

TEST(FileKind, NamesPicklesOfAllProtocols) {
  for (const std::string& beginning :
       {"(lp0\nVgood\np1\na."s, "(dp0\n."s, "ccopy_reg\n_reconstructor\np0\n("s, "]q\0(X"s,
        "\x80\x02]q\0"s})
    EXPECT_TRUE(contains(error_of(beginning), "a Python pickle")) << beginning;
}

TEST(FileKind, NamesTablesAndPackingsThatFewKnow) {
  EXPECT_TRUE(contains(error_of("ORC\x08\0\x12"s), "an ORC table"));
  EXPECT_TRUE(contains(error_of("Obj\x01\x04\x16"), "an Avro file"));
  EXPECT_TRUE(contains(error_of("\x5D\0\0\x80\0"s), "packed with lzma"));
  EXPECT_TRUE(contains(error_of("x\x9C\xCB\x48"), "packed with zlib"));
  EXPECT_TRUE(contains(error_of("PK\x03\x04\x14[Content_Types].xml word/document.xml"), ".docx"));
}

TEST(FileKind, NamesPagesInOneLine) {
  EXPECT_TRUE(contains(error_of("<html><head>\n<title>"), "a web page"));
  EXPECT_TRUE(contains(error_of("\n<!DOCTYPE html><html lang=\"en\"><body>no"), "a web page"));
  EXPECT_TRUE(contains(error_of("<?xml version=\"1.0\"?>\n<rows>"), "an XML document"));
}

TEST(FileKind, IsTextForTextsThatBeginLikeOthers) {
  EXPECT_TRUE(is_text("PAR1 is a racing class\n"));
  EXPECT_TRUE(is_text("GGUF models are small\tpos\n"));
  EXPECT_TRUE(is_text("BZh, he said\n"));
  EXPECT_TRUE(is_text("PK\n"));
  EXPECT_TRUE(is_text("2 2\ngood 0.1 0.2\nbad 0.3 0.4\n"));
  EXPECT_TRUE(is_text("2 3\n这 车 好\n"));
  EXPECT_TRUE(is_text("<html> is a tag\tpos\n"));
  EXPECT_TRUE(is_text("<html>bad day</html>\n"));
  EXPECT_TRUE(is_text("ORC is an enemy\tneg\n"));
  EXPECT_TRUE(is_text("(lp) is a record\ncar\nbus\np1\n"));
  EXPECT_TRUE(is_text("ustar is a format of tar\n"));
  EXPECT_TRUE(is_text(""));
}

}  // namespace
}  // namespace unroll
