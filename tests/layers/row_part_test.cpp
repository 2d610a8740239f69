#include "unroll/layers/row_part.h"

#include <gtest/gtest.h>

#include <vector>

namespace unroll {
namespace {

const RaggedShape kWhole{std::vector<std::size_t>{5, 3, 3, 2, 1}};

std::vector<std::int32_t> rows_of(const RowPart& part) {
  return {part.rows().begin(), part.rows().end()};
}

TEST(RowPart, HasAsManyRowsAsTheTokensAllow) {
  RowPart part;
  part.take(kWhole, 0, 10);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(part.end(), 2);
  part.take(kWhole, 2, 11);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{2, 3, 4}));
  EXPECT_EQ(part.end(), 5);
  EXPECT_EQ(part.shape().tokens(), 6);
}

TEST(RowPart, HasOneRowAtLeast) {
  RowPart part;
  part.take(kWhole, 0, 1);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{0}));
  EXPECT_EQ(part.shape().tokens(), 5);
}

TEST(RowPart, KnowsWhichTokenOfTheWholeEachIs) {
  for (std::size_t first = 0; first < kWhole.batch(); ++first) {
    RowPart part;
    part.take(kWhole, first, 7);
    ASSERT_EQ(part.tokens().size(), part.shape().tokens());
    for (std::size_t row = 0; row < part.shape().batch(); ++row) {
      EXPECT_EQ(part.shape().length(row), kWhole.length(first + row));
      for (std::size_t t = 0; t < part.shape().length(row); ++t) {
        EXPECT_EQ(part.tokens()[part.shape().index(t, row)], kWhole.index(t, first + row));
      }
    }
  }
}

}  // namespace
}  // namespace unroll
