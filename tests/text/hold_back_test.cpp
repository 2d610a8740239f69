#include "unroll/text/hold_back.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "unroll/core/error.h"

namespace unroll {
namespace {

std::vector<Record> records_of(std::size_t count, std::size_t texts) {
  std::vector<Record> records;
  for (std::size_t k = 0; k < count; ++k)
    records.push_back({"text " + std::to_string(k * 7919 % texts), k % 3 == 0 ? "a" : "b", k + 2});
  return records;
}

std::vector<std::size_t> held_of(const HoldBack& hold_back, const std::vector<Record>& records) {
  std::vector<std::size_t> held;
  for (std::size_t row = 0; row < records.size(); ++row)
    if (hold_back.holds(row, records[row])) held.push_back(row);
  return held;
}

HoldBack decided(const std::vector<Record>& records, std::size_t most_rows,
                 std::uint64_t seed = 1) {
  HoldBack hold_back(0.1, seed, most_rows);
  for (const Record& record : records) hold_back.add(record);
  hold_back.decide();
  return hold_back;
}

TEST(HoldBack, IsAStratifiedSplitOfFewRows) {
  const std::vector<Record> records = records_of(500, 470);
  const std::array fractions{0.9, 0.1};
  EXPECT_EQ(held_of(decided(records, 100), records), stratified_split(records, fractions, 1)[1]);
}

TEST(HoldBack, HoldsBackHardlyMoreThanItMayOfManyRows) {
  const std::vector<Record> records = records_of(100'000, 100'000);
  const auto held = held_of(decided(records, 1000), records);
  EXPECT_NEAR(static_cast<double>(held.size()), 1000, 150);
  EXPECT_NE(held, held_of(decided(records, 1000, 2), records)) << "another seed";
}

TEST(HoldBack, KeepsEqualTextsOnOneSide) {
  std::vector<Record> records = records_of(30'000, 3000);
  const HoldBack hold_back = decided(records, 500);
  std::map<std::string, std::set<bool>> sides;
  for (std::size_t row = 0; row < records.size(); ++row)
    sides[records[row].text].insert(hold_back.holds(row, records[row]));
  for (const auto& [text, of_text] : sides) EXPECT_EQ(of_text.size(), 1U) << text;
}

TEST(HoldBack, HasARareLabelOnBothSides) {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    std::vector<Record> records = records_of(20'000, 20'000);
    for (std::size_t k = 0; k < 2; ++k) records.push_back({"rare " + std::to_string(k), "rare", 1});
    records.push_back({"alone", "alone", 1});
    const HoldBack hold_back = decided(records, 200, seed);
    const std::size_t last = records.size() - 1;
    EXPECT_NE(hold_back.holds(last - 2, records[last - 2]),
              hold_back.holds(last - 1, records[last - 1]));
    EXPECT_FALSE(hold_back.holds(last, records[last])) << "the only text of its label";
  }
}

TEST(HoldBack, HasRowsOnBothSidesWhereFewTextsRepeat) {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    const std::vector<Record> records = records_of(20'000, 6);
    const std::size_t held = held_of(decided(records, 200, seed), records).size();
    EXPECT_GT(held, 0U);
    EXPECT_LT(held, records.size());
  }
}

TEST(HoldBack, RefusesTooFewRows) {
  EXPECT_THROW(decided(records_of(1, 1), 100), DataError);
}

/// Equal texts are on one side, however many there are.
TEST(HoldBack, RefusesManyRowsOfTooFewTexts) {
  const std::vector<Record> few{{.text = "good", .label = "pos"}, {.text = "bad", .label = "neg"}};
  std::vector<Record> many;
  for (int k = 0; k < 2000; ++k) many.insert(many.end(), few.begin(), few.end());
  for (const std::size_t most : {std::size_t{100}, HoldBack::kMostRows}) {
    try {
      decided(many, most);
      ADD_FAILURE() << "nothing is thrown";
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("too few different texts"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace unroll
