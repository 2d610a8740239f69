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

TEST(RowPart, TakesEveryRowOfAShard) {
  RowPart part;
  part.take(kWhole, 0, 0, 2);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{0, 2, 4}));
  EXPECT_GE(part.end(), kWhole.batch());
  part.take(kWhole, 1, 0, 2);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(part.shape().tokens(), 5);
}

TEST(RowPart, GoesOnWithAShardWhereItEnded) {
  RowPart part;
  part.take(kWhole, 0, 5, 2);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{0}));
  EXPECT_EQ(part.end(), 2);
  part.take(kWhole, part.end(), 5, 2);
  EXPECT_EQ(rows_of(part), (std::vector<std::int32_t>{2, 4}));
}

TEST(RowPart, KnowsWhichTokenOfTheWholeEachIs) {
  for (std::size_t first = 0; first < kWhole.batch(); ++first) {
    for (std::size_t stride : {1, 2, 3}) {
      RowPart part;
      part.take(kWhole, first, 7, stride);
      ASSERT_EQ(part.tokens().size(), part.shape().tokens());
      for (std::size_t row = 0; row < part.shape().batch(); ++row) {
        const std::size_t of_whole = first + row * stride;
        EXPECT_EQ(part.shape().length(row), kWhole.length(of_whole));
        for (std::size_t t = 0; t < part.shape().length(row); ++t) {
          EXPECT_EQ(part.tokens()[part.shape().index(t, row)], kWhole.index(t, of_whole));
        }
      }
    }
  }
}

}  // namespace
}  // namespace unroll
