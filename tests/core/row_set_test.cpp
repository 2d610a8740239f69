#include "unroll/core/row_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace unroll {
namespace {

using Rows = std::vector<std::int32_t>;

Rows listed(const RowSet& set) {
  return {set.rows().begin(), set.rows().end()};
}

/// Every row that for_each_run visits, ascending.
std::vector<std::size_t> visited(const RowSet& set, const Shape& matrix) {
  std::mutex mutex;
  std::vector<std::size_t> rows;
  for_each_run(set, matrix, [&](Range run) {
    const std::scoped_lock lock(mutex);
    EXPECT_TRUE(run.size() == 1 || run.size() * matrix[1] <= kRunValues);
    for (std::size_t row = run.begin; row < run.end; ++row) rows.push_back(row);
  });
  std::ranges::sort(rows);
  return rows;
}

TEST(RowSet, IsAllRowsForGoodIfNobodyEverRestartedIt) {
  RowSet set;
  set.add(Rows{3});
  EXPECT_TRUE(set.all());
  EXPECT_TRUE(set.rows().empty());
}

TEST(RowSet, IsAllRowsUntilSomeAreListed) {
  RowSet set;
  set.restart();
  EXPECT_TRUE(set.all());
  set.add(Rows{});
  EXPECT_FALSE(set.all()) << "a batch without words touches no row";
  EXPECT_TRUE(set.rows().empty());
}

TEST(RowSet, ListsEachRowOnceInAscendingOrder) {
  RowSet set;
  set.restart();
  set.add(Rows{200, 3, 64, 3});
  set.add(Rows{63, 200, 0});
  EXPECT_EQ(listed(set), (Rows{0, 3, 63, 64, 200}));
}

TEST(RowSet, ForgetsItsRowsWhenRestarted) {
  RowSet set;
  set.restart();
  set.add(Rows{70, 2});
  set.restart();
  EXPECT_TRUE(set.all());
  set.add(Rows{5});
  EXPECT_EQ(listed(set), (Rows{5}));
}

TEST(RowSet, UnitedWithAllRowsIsAllRowsForGood) {
  RowSet set, some;
  set.restart();
  some.restart();
  some.add(Rows{1, 9});
  set.add(some);
  EXPECT_EQ(listed(set), (Rows{1, 9}));
  set.add(RowSet());
  set.add(some);
  EXPECT_TRUE(set.all());
}

TEST(ForEachRun, VisitsEveryRowOnce) {
  RowSet set;
  EXPECT_EQ(visited(set, {1000, 300}).size(), 1000u);
  EXPECT_EQ(visited(set, {1, 5000}), (std::vector<std::size_t>{0}));
  EXPECT_TRUE(visited(set, {0, 0}).empty());
  set.restart();
  set.add(Rows{7, 8, 9, 11, 999});
  EXPECT_EQ(visited(set, {1000, 300}), (std::vector<std::size_t>{7, 8, 9, 11, 999}));
}

}  // namespace
}  // namespace unroll
