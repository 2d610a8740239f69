#include "unroll/text/record_stream.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/temp_folder.h"
#include "tests/text/encoded.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/data_file.h"

namespace unroll {
namespace {

/// Rows with line breaks in quotes, of which a piece of the file may end anywhere.
std::string table(std::size_t rows) {
  std::string text = "label,text\n";
  for (std::size_t k = 0; k < rows; ++k)
    text += (k % 2 ? "a,\"two\nlines, " : "b,\"é \"\"") + std::to_string(k) +
            (k % 2 ? "\"\n" : "\"\"\"\n");
  return text;
}

std::vector<Record> all_of(RecordStream& stream, std::size_t bytes = 100) {
  std::vector<Record> all;
  for (auto block = stream.read(bytes); !block.empty(); block = stream.read(bytes))
    all.insert(all.end(), block.begin(), block.end());
  return all;
}

void expect_equal(const std::vector<Record>& one, const std::vector<Record>& other) {
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t k = 0; k < one.size(); ++k) {
    EXPECT_EQ(one[k].text, other[k].text);
    EXPECT_EQ(one[k].label, other[k].label);
    EXPECT_EQ(one[k].line, other[k].line);
  }
}

TEST(RecordStream, HasTheRecordsOfTheFileAsOftenAsItIsAsked) {
  const TempFolder folder;
  const std::string text = table(3000);
  std::string by_cr = text;
  std::ranges::replace(by_cr, '\n', '\r');
  for (const std::string& bytes :
       {text, gzipped(text), encoded(text, "UTF-16"), by_cr, "\xEF\xBB\xBF" + text}) {
    const std::string path = folder.write("data", bytes);
    const std::vector<Record> expected = read_records(path, {});
    RecordStream stream(path, {}, folder.file("spool"));
    EXPECT_FALSE(std::filesystem::exists(folder.file("spool")));
    EXPECT_EQ(stream.name(), path);
    for (std::size_t pass = 0; pass < 2; ++pass) {
      expect_equal(all_of(stream), expected);
      stream.rewind();
    }
  }
}

TEST(RecordStream, HashesTheTextAndNotItsForm) {
  const TempFolder folder;
  const std::string text = table(50);
  const RecordStream plain(folder.write("plain", text), {}, folder.file("spool"));
  const RecordStream packed(folder.write("packed", gzipped(text)), {}, folder.file("spool"));
  const RecordStream other(folder.write("other", text + "a,b\n"), {}, folder.file("spool"));
  EXPECT_EQ(plain.hash(), packed.hash());
  EXPECT_NE(plain.hash(), other.hash());
}

TEST(RecordStream, ReportsWhatReadingReports) {
  const TempFolder folder;
  const std::string path = folder.write("data", "label\ttext\na\tone\nb\na\tthree\n");
  RecordStream failing(path, {}, folder.file("spool"));
  EXPECT_TRUE(contains(message_of<DataError>([&] { all_of(failing); }), path + ":3: row 2: "));
  ReadOptions skip;
  skip.bad_rows = BadRows::kSkip;
  RecordStream stream(path, skip, folder.file("spool"));
  EXPECT_EQ(all_of(stream).size(), 2U);
  stream.rewind();
  EXPECT_EQ(all_of(stream).size(), 2U);
  EXPECT_EQ(stream.report().bad_rows, 1U) << "the second pass is not counted";
}

TEST(RecordStream, RefusesAFileWithoutRecords) {
  const TempFolder folder;
  RecordStream stream(folder.write("data", "label\ttext\n"), {}, folder.file("spool"));
  EXPECT_TRUE(contains(message_of<DataError>([&] { stream.read(1); }), "holds no records"));
}

TEST(RecordStream, HoldsTheBeginningOfAFileAndCountsTheRest) {
  const TempFolder folder;
  const std::string path = folder.write("data", table(3000));
  ReadReport report;
  const DataFile whole = read_data_file(path, {}, report);
  const DataFile beginning = read_beginning(path, {}, report, 1000);
  EXPECT_EQ(beginning.records.size() + beginning.left_out, whole.records.size());
  EXPECT_GT(beginning.records.size(), 50U);
  EXPECT_LT(beginning.records.size(), 200U);
  expect_equal(beginning.records,
               {whole.records.begin(),
                whole.records.begin() + static_cast<std::ptrdiff_t>(beginning.records.size())});
  EXPECT_EQ(beginning.format, whole.format);
  EXPECT_EQ(beginning.columns, whole.columns);
  EXPECT_EQ(read_beginning(path, {}, report, 1 << 20).left_out, 0U);
}

TEST(RecordStream, NoticesThatTheFileIsCutWhileItIsRead) {
  const TempFolder folder;
  const std::string path = folder.write("data", table(3000));
  RecordStream stream(path, {}, folder.file("spool"));
  stream.read(100);
  std::filesystem::resize_file(path, 5000);
  EXPECT_TRUE(contains(message_of<DataError>([&] { stream.read(100); }), "was changed while"));
}

}  // namespace
}  // namespace unroll
