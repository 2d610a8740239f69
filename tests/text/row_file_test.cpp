#include "unroll/text/row_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <fstream>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

/// Rows of many lengths, over several pages.
std::vector<Example> some_rows(std::size_t count) {
  std::vector<Example> rows;
  for (std::size_t k = 0; k < count; ++k) {
    Example row{{}, static_cast<std::int32_t>(k % 5) - 1, k % 3 == 0 ? 0.25F : 1};
    for (std::size_t t = 0; t < 1 + k % 7; ++t)
      row.ids.push_back(static_cast<std::int32_t>(k * k * (t + 1) % 2'000'000'000));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::filesystem::path write(const TempFolder& folder, std::span<const Example> rows) {
  RowFileWriter writer(folder.file("rows"));
  for (const Example& row : rows) writer.add(row.ids, row.label, row.weight);
  writer.begin_section("words");
  writer.append("a few ");
  writer.append("bytes");
  writer.begin_section("nothing");
  writer.finish();
  return folder.file("rows");
}

TEST(RowFile, HasTheRowsThatWereWritten) {
  const TempFolder folder;
  for (const std::size_t count : {0U, 1U, 256U, 1000U}) {
    const std::vector<Example> rows = some_rows(count);
    const RowFile file(write(folder, rows));
    ASSERT_EQ(file.size(), count);
    std::vector<std::int32_t> room;
    for (std::size_t k = count; k-- > 0;) {
      const auto ids = file.ids(k, room);
      EXPECT_TRUE(std::ranges::equal(ids, rows[k].ids)) << k;
      EXPECT_EQ(file.length(k), rows[k].ids.size());
      EXPECT_EQ(file.label(k), rows[k].label);
      EXPECT_EQ(file.weight(k), rows[k].weight);
      file.release();
    }
    EXPECT_EQ(file.section("words"), "a few bytes");
    EXPECT_EQ(file.section("nothing"), "");
    EXPECT_EQ(file.section("no such section"), "");
  }
}

TEST(RowFile, HasSectionsOfAnySize) {
  const TempFolder folder;
  const std::string large = repeated("0123456789", 3 << 20), small = "small";
  RowFileWriter writer(folder.file("rows"));
  writer.add(std::vector<std::int32_t>{1}, 0, 1);
  for (const std::string& section : {small, large}) {
    writer.begin_section(section.substr(0, 5));
    writer.append(section);
    writer.append(small);
  }
  writer.finish();
  const RowFile file(folder.file("rows"));
  EXPECT_EQ(file.section("small"), small + small);
  EXPECT_TRUE(file.section("01234") == large + small);
}

TEST(RowFile, TakesAByteForAFrequentToken) {
  const TempFolder folder;
  RowFileWriter writer(folder.file("rows"));
  for (std::size_t k = 0; k < 10'000; ++k) writer.add(std::vector<std::int32_t>(100, 7), 0, 1);
  writer.finish();
  EXPECT_LT(RowFile(folder.file("rows")).bytes(), 10'000U * 107);
}

TEST(RowFile, KnowsThatAnyByteWasChangedOrCut) {
  const TempFolder folder;
  write(folder, some_rows(40));
  std::ifstream stream(folder.file("rows"), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t k = 0; k < whole.size(); k += 3) {
    std::string damaged = whole;
    damaged[k] = static_cast<char>(damaged[k] ^ 4);
    EXPECT_THROW(RowFile(folder.write("damaged", damaged)), DataError) << k;
    EXPECT_THROW(RowFile(folder.write("cut", whole.substr(0, k))), DataError) << k;
  }
  EXPECT_THROW(RowFile(folder.file("missing")), DataError);
}

TEST(RowFile, HasNoNameBeforeItIsWhole) {
  const TempFolder folder;
  {
    RowFileWriter writer(folder.file("rows"));
    for (const Example& row : some_rows(9)) writer.add(row.ids, row.label, row.weight);
    const RowFile unnamed(writer.finish_unnamed());
    EXPECT_EQ(unnamed.size(), 9U);
    EXPECT_FALSE(std::filesystem::exists(folder.file("rows")));
    remove_litter(folder.path());  // its writer lives
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  folder.write("rows.1.part", "left by a run that was killed");
  remove_litter(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace unroll
