#include "unroll/tools/classifier/split_files.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

TEST(FindRepeats, KeepsTheFirstCopyAndDropsContradictions) {
  const std::vector<Record> records{
      {"a", "x", 1}, {"b", "x", 2}, {"a", "x", 3}, {"c", "x", 4}, {"c", "y", 5}};
  const CleanResult clean = find_repeats(records);
  EXPECT_EQ(clean.repeats, 1u);
  EXPECT_EQ(clean.conflicts, 2u);
  EXPECT_EQ(clean.kept, (std::vector<std::size_t>{0, 1}));
}

TEST(WriteSplit, WritesEveryRowOnceAndReadsBack) {
  const TempFolder folder;
  std::vector<Record> records;
  for (std::size_t k = 0; k < 100; ++k)
    records.push_back({"text " + std::to_string(k), k % 4 == 0 ? "rare" : "often", k});
  const std::array<double, 3> fractions{0.8, 0.1, 0.1};
  const SplitResult result = write_split(records, fractions, 1, folder.path());
  EXPECT_EQ(result.rows[0] + result.rows[1] + result.rows[2], 100u);
  EXPECT_NEAR(static_cast<double>(result.rows[0]), 80, 2);
  std::size_t read = 0;
  for (const char* part : kPartFiles) read += read_records(folder.file(part).string(), {}).size();
  EXPECT_EQ(read, 100u);
}

TEST(WriteSplit, TurnsWhatATsvFieldCannotHoldIntoSpacesAndSaysSo) {
  const TempFolder folder;
  const std::vector<Record> records{{"a\tb\r\nc", "x", 1}, {"d", "x", 2}, {"e", "x", 3}};
  const std::array<double, 3> fractions{0.8, 0.1, 0.1};
  const SplitResult result = write_split(records, fractions, 1, folder.path());
  EXPECT_EQ(result.flattened, 1u);
  std::string all;
  for (const char* part : kPartFiles) all += read_file(folder.file(part));
  EXPECT_NE(all.find("x\ta b  c\n"), std::string::npos);
}

TEST(WriteSplit, RefusesAnEmptyPartAndWritesNothing) {
  const TempFolder folder;
  const std::vector<Record> records{{"a", "x", 1}, {"b", "y", 2}, {"b", "y", 3}};
  const std::array<double, 3> fractions{0.8, 0.1, 0.1};
  EXPECT_THROW(write_split(records, fractions, 1, folder.file("parts")), DataError);
  EXPECT_FALSE(std::filesystem::exists(folder.file("parts")));
}

TEST(ToTsv, IsReadAgainAsItWas) {
  const std::vector<std::vector<Record>> files = {
      {{"\"all quoted 0\"", "pos", 2}, {"\"all quoted 1\"", "neg", 3}, {"\"two\"", "neg", 4}},
      {{"I said \"\"no\"\"", "pos", 2}, {"he said \"x\"", "neg", 3}},
      {{"plain", "c\nd", 2}, {"other", "c d", 4}},
      {{"5\" pipe", "pos", 2}, {"plain", "neg", 3}}};
  const TempFolder folder;
  for (const auto& records : files) {
    std::size_t flattened = 0;
    const auto again = read_records(folder.write("data", to_tsv(records, flattened)), {});
    ASSERT_EQ(again.size(), records.size());
    for (std::size_t row = 0; row < again.size(); ++row) {
      EXPECT_EQ(again[row].text, records[row].text);
      EXPECT_EQ(again[row].label, records[row].label);
    }
    EXPECT_EQ(flattened, 0u);
  }
}

}  // namespace
}  // namespace unroll
