#include "unroll/layers/distinct.h"

#include <gtest/gtest.h>

#include <vector>

#include "unroll/core/error.h"

namespace unroll {
namespace {

using Ids = std::vector<std::int32_t>;

Ids list(std::span<const std::int32_t> ids) {
  return {ids.begin(), ids.end()};
}

TEST(DistinctIds, AreInTheOrderInWhichTheyCame) {
  DistinctIds distinct;
  distinct.find(Ids{7, 2, 7, 7, 0, 2, 9}, 10);
  EXPECT_EQ(list(distinct.ids()), (Ids{7, 2, 0, 9}));
  EXPECT_EQ(list(distinct.rows()), (Ids{0, 1, 0, 0, 2, 1, 3}));
  distinct.find(Ids{2, 9}, 10);  // nothing is left of the batch before
  EXPECT_EQ(list(distinct.ids()), (Ids{2, 9}));
  EXPECT_EQ(list(distinct.rows()), (Ids{0, 1}));
  distinct.find(Ids{}, 10);
  EXPECT_TRUE(distinct.ids().empty());
}

TEST(DistinctIds, OutsideTheVocabularyIsAnErrorAfterWhichItWorks) {
  DistinctIds distinct;
  EXPECT_THROW(distinct.find(Ids{1, 3, 10}, 10), ShapeError);
  EXPECT_THROW(distinct.find(Ids{1, -1}, 10), ShapeError);
  distinct.find(Ids{3, 1, 3}, 10);
  EXPECT_EQ(list(distinct.rows()), (Ids{0, 1, 0}));
}

}  // namespace
}  // namespace unroll
