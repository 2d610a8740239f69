#include "unroll/text/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "unroll/core/error.h"

namespace unroll {
namespace {

using Parts = std::vector<std::vector<std::size_t>>;

/// `counts` records of each label, different texts, labels interleaved as far as they reach.
std::vector<Record> records_with(const std::map<std::string, int>& counts) {
  std::vector<Record> records;
  for (int i = 0; i < 1000; ++i) {
    for (const auto& [label, count] : counts) {
      if (i < count)
        records.push_back({label + " text " + std::to_string(i), label, records.size() + 1});
    }
  }
  return records;
}

Parts split(const std::vector<Record>& records, std::vector<double> fractions,
            std::uint64_t seed = 1) {
  return stratified_split(records, fractions, seed);
}

/// How many records of `label` each part holds.
std::vector<int> counts_of(const std::vector<Record>& records, const Parts& parts,
                           const std::string& label) {
  std::vector<int> counts;
  for (const auto& part : parts) {
    const auto count = std::count_if(part.begin(), part.end(),
                                     [&](std::size_t i) { return records[i].label == label; });
    counts.push_back(static_cast<int>(count));
  }
  return counts;
}

void expect_every_record_once_in_order(const Parts& parts, std::size_t count) {
  std::vector<std::size_t> all, expected(count);
  for (const auto& part : parts) {
    EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end());
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(all, expected);
}

TEST(StratifiedSplit, GivesEveryPartItsShareOfEveryLabel) {
  const auto records = records_with({{"a", 100}, {"b", 37}, {"c", 10}});
  const Parts parts = split(records, {0.8, 0.1, 0.1});
  expect_every_record_once_in_order(parts, records.size());
  EXPECT_EQ(counts_of(records, parts, "a"), (std::vector<int>{80, 10, 10}));
  EXPECT_EQ(counts_of(records, parts, "c"), (std::vector<int>{8, 1, 1}));
  const auto b = counts_of(records, parts, "b");  // 29.6, 3.7, 3.7
  EXPECT_TRUE(b[0] == 29 || b[0] == 30);
  EXPECT_TRUE(b[1] == 3 || b[1] == 4);
}

TEST(StratifiedSplit, PutsARareLabelIntoEveryPartIfItCan) {
  const auto records = records_with({{"common", 500}, {"rare", 3}, {"single", 1}});
  const Parts parts = split(records, {0.9, 0.05, 0.05});
  EXPECT_EQ(counts_of(records, parts, "rare"), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(counts_of(records, parts, "single"), (std::vector<int>{1, 0, 0}));
}

TEST(StratifiedSplit, KeepsRepeatsTogetherWhateverTheirLabels) {
  auto records = records_with({{"a", 60}, {"b", 60}});
  for (std::size_t i = 0; i < 40; ++i)
    records.push_back({records[i].text, i % 2 == 0 ? "a" : "b", 0});
  const Parts parts = split(records, {0.5, 0.5});
  expect_every_record_once_in_order(parts, records.size());
  std::map<std::string, std::size_t> part_of_text;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (const std::size_t i : parts[p])
      EXPECT_EQ(part_of_text.emplace(records[i].text, p).first->second, p);
  }
  EXPECT_NEAR(static_cast<double>(parts[0].size()), 80, 2);
}

TEST(StratifiedSplit, KeepsSharesWhereTextsRepeatOften) {
  std::vector<Record> records;
  for (int text = 0; text < 100; ++text) {
    for (int copy = 0; copy <= text % 10; ++copy) records.push_back({std::to_string(text), "x", 0});
  }
  const Parts parts = split(records, {0.8, 0.2});  // 550 records
  EXPECT_EQ(parts[0].size(), 440u);
}

TEST(StratifiedSplit, PutsALabelIntoEveryPartThoughItsTextsRepeat) {
  std::vector<Record> records(10, Record{"first", "x", 0});
  records.insert(records.end(), 10, Record{"second", "x", 0});
  const Parts parts = split(records, {0.95, 0.05});
  EXPECT_EQ(parts[0].size(), 10u);
  EXPECT_EQ(parts[1].size(), 10u);
}

TEST(StratifiedSplit, SpreadsManyRareLabelsOverEqualParts) {
  std::map<std::string, int> counts;
  for (int i = 0; i < 100; ++i) counts["label" + std::to_string(i)] = 3;
  const Parts parts = split(records_with(counts), {0.2, 0.2, 0.2, 0.2, 0.2});
  for (const auto& part : parts) EXPECT_EQ(part.size(), 60u);
}

TEST(StratifiedSplit, KeepsGroupsInOnePart) {
  const auto records = records_with({{"a", 200}, {"b", 100}});
  std::vector<std::string> authors;
  for (std::size_t i = 0; i < records.size(); ++i)
    authors.push_back(i % 3 == 0 ? "" : "author " + std::to_string(i % 50));
  const Parts parts = stratified_split(records, std::vector{0.8, 0.1, 0.1}, 1, authors);
  expect_every_record_once_in_order(parts, records.size());
  std::map<std::string, std::size_t> part_of_author;
  std::size_t without_author = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (const std::size_t i : parts[p]) {
      if (authors[i].empty()) continue;
      EXPECT_EQ(part_of_author.emplace(authors[i], p).first->second, p);
    }
    without_author +=
        std::ranges::any_of(parts[p], [&](std::size_t i) { return authors[i].empty(); });
  }
  EXPECT_EQ(without_author, 3u) << "records without a name are apart from each other";
  EXPECT_NEAR(static_cast<double>(parts[0].size()), 240, 10);
}

/// Groups of `size` records, whose labels are a and b in turn.
Parts split_groups(std::size_t groups, std::size_t size) {
  std::vector<Record> records;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < groups * size; ++i) {
    records.push_back({"text " + std::to_string(i), i % 2 == 0 ? "a" : "b", 0});
    names.push_back("group " + std::to_string(i / size));
  }
  return stratified_split(records, std::vector{0.8, 0.1, 0.1}, 1, names);
}

TEST(StratifiedSplit, GivesPartsTheirShareOfGroupsWithAllLabels) {
  const Parts ten = split_groups(10, 10);
  EXPECT_EQ(ten[0].size(), 80u);
  EXPECT_EQ(ten[1].size(), 10u);
  EXPECT_EQ(ten[2].size(), 10u);
  const Parts many = split_groups(200, 7);
  EXPECT_NEAR(static_cast<double>(many[0].size()), 1120, 7);
  EXPECT_NEAR(static_cast<double>(many[1].size()), 140, 7);
}

TEST(StratifiedSplit, LeavesNoPartEmptyWhereThereAreAsManyGroups) {
  for (const std::size_t groups : {3u, 4u, 5u, 7u}) {
    const Parts parts = split_groups(groups, 6);
    EXPECT_EQ(parts[1].size(), 6u) << groups;
    EXPECT_EQ(parts[2].size(), 6u) << groups;
  }
}

TEST(StratifiedSplit, JoinsGroupsThatShareAText) {
  std::vector<Record> records;
  std::vector<std::string> groups;
  for (int i = 0; i < 40; ++i) {
    records.push_back({"text " + std::to_string(i / 2), "x", 0});  // 0 0 1 1 2 2 …
    groups.push_back(std::to_string((i + 1) / 2 % 20));            // 0 1 1 2 2 3 … 0: one chain
  }
  const Parts parts = stratified_split(records, std::vector{0.5, 0.5}, 1, groups);
  EXPECT_TRUE(parts[0].empty() || parts[1].empty());
}

TEST(StratifiedSplit, IsAFunctionOfTheSeed) {
  const auto records = records_with({{"a", 100}, {"b", 50}});
  EXPECT_EQ(split(records, {0.9, 0.1}, 7), split(records, {0.9, 0.1}, 7));
  EXPECT_NE(split(records, {0.9, 0.1}, 7), split(records, {0.9, 0.1}, 8));
}

TEST(StratifiedSplit, TakesRecordsWithoutLabelsAsOne) {
  const auto records = records_with({{"", 50}});
  EXPECT_EQ(split(records, {0.7, 0.3})[1].size(), 15u);
}

TEST(StratifiedSplit, AcceptsFractionsThatSumToOneWithinRounding) {
  const auto records = records_with({{"a", 10}});
  EXPECT_EQ(split(records, {0.7, 0.2, 0.1}).size(), 3u);
  EXPECT_EQ(split(records, {1.0})[0].size(), 10u);
  EXPECT_EQ(split({}, {0.5, 0.5}), (Parts{{}, {}}));
}

TEST(StratifiedSplit, RefusesOtherFractions) {
  const auto records = records_with({{"a", 10}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<double>& fractions :
       {std::vector<double>{0.5, 0.4}, {0.5, 0.6}, {1.0, 0.0}, {1.5, -0.5}, {nan, 1.0}, {}}) {
    EXPECT_THROW(split(records, fractions), UsageError);
  }
}

TEST(StratifiedSplit, SpreadsARareLabelThatComesWithFrequentOnes) {
  std::vector<Record> records;
  for (std::size_t k = 0; k < 400; ++k) {
    Record record{"text " + std::to_string(k), k % 2 == 0 ? "even" : "odd", k + 1};
    if (k % 40 == 0) record.more_labels = {"rare"};
    if (k % 3 == 0) record.more_labels.emplace_back("third");
    records.push_back(std::move(record));
  }
  const std::vector<double> fractions{0.8, 0.2};
  const auto parts = stratified_split(records, fractions, 1);
  const auto rare = std::ranges::count_if(parts[1], [&](std::size_t row) {
    return std::ranges::find(records[row].more_labels, "rare") != records[row].more_labels.end();
  });
  EXPECT_EQ(rare, 2);
}

}  // namespace
}  // namespace unroll
