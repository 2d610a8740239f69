#include "unroll/core/ragged.h"

#include <gtest/gtest.h>

#include <ranges>
#include <set>
#include <vector>

#include "unroll/core/error.h"

namespace unroll {
namespace {

using Lengths = std::vector<std::size_t>;

TEST(RaggedShape, LaysRowsOutAsInItsPicture) {
  const RaggedShape shape(Lengths{3, 2, 1});
  EXPECT_EQ(shape.batch(), 3U);
  EXPECT_EQ(shape.steps(), 3U);
  EXPECT_EQ(shape.tokens(), 6U);
  EXPECT_EQ(shape.index(0, 2), 2U);
  EXPECT_EQ(shape.index(1, 0), 3U);
  EXPECT_EQ(shape.index(1, 1), 4U);
  EXPECT_EQ(shape.index(2, 0), 5U);
}

TEST(RaggedShape, IsAssignedAsItIsMade) {
  RaggedShape shape(Lengths{9, 7, 7, 1});
  shape.assign(Lengths{3, 2, 1} | std::views::transform([](std::size_t length) { return length; }));
  EXPECT_EQ(shape.lengths(), (Lengths{3, 2, 1}));
  EXPECT_EQ(shape.steps(), 3U);
  EXPECT_EQ(shape.tokens(), 6U);
  EXPECT_EQ(shape.index(2, 0), 5U);
  EXPECT_THROW(shape.assign(Lengths{1, 2}), ShapeError);
}

TEST(RaggedShape, CountsTheRowsThatAreStillRunning) {
  const RaggedShape shape(Lengths{5, 4, 4, 2, 1});
  const std::vector<std::size_t> expected{5, 4, 3, 3, 1, 0, 0};
  for (std::size_t t = 0; t < expected.size(); ++t) EXPECT_EQ(shape.active(t), expected[t]) << t;
}

TEST(RaggedShape, GivesEveryStepOfEveryRowAPlaceOfItsOwn) {
  const RaggedShape shape(Lengths{9, 9, 6, 3, 3, 3, 1});
  std::set<std::size_t> places;
  for (std::size_t row = 0; row < shape.batch(); ++row) {
    for (std::size_t t = 0; t < shape.length(row); ++t) places.insert(shape.index(t, row));
  }
  EXPECT_EQ(places.size(), shape.tokens());
  EXPECT_EQ(*places.rbegin(), shape.tokens() - 1);
}

TEST(RaggedShape, OfARectangleIsTimeMajor) {
  const RaggedShape shape = RaggedShape::rectangle(4, 3);
  EXPECT_EQ(shape.tokens(), 12U);
  EXPECT_EQ(shape.index(2, 1), 7U);
  EXPECT_EQ(shape.active(3), 3U);
}

TEST(RaggedShape, MayBeEmpty) {
  EXPECT_EQ(RaggedShape().tokens(), 0U);
  EXPECT_EQ(RaggedShape().steps(), 0U);
  EXPECT_EQ(RaggedShape(Lengths{}).batch(), 0U);
  EXPECT_EQ(RaggedShape::rectangle(5, 0).active(0), 0U);
}

TEST(RaggedShape, RefusesAscendingLengths) {
  EXPECT_THROW(RaggedShape(Lengths{1, 2}), ShapeError);
}

TEST(RaggedShape, RefusesASequenceWithoutSteps) {
  EXPECT_THROW(RaggedShape(Lengths{2, 0}), ShapeError);
  EXPECT_THROW(RaggedShape::rectangle(0, 2), ShapeError);
}

TEST(RowsOfPart, GivesEachRowToExactlyOnePart) {
  const RaggedShape shape(Lengths{50, 20, 20, 7, 7, 7, 3, 1, 1, 1});
  for (std::size_t parts = 1; parts <= 14; ++parts) {
    std::size_t next = 0;
    for (std::size_t part = 0; part < parts; ++part) {
      const Range rows = rows_of_part(shape, part, parts);
      EXPECT_EQ(rows.begin, next) << part << " of " << parts;
      EXPECT_LE(rows.begin, rows.end);
      next = rows.end;
    }
    EXPECT_EQ(next, shape.batch()) << parts;
  }
}

TEST(RowsOfPart, BalancesTokensRatherThanRows) {
  const RaggedShape shape(Lengths{8, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(rows_of_part(shape, 0, 2).size(), 1U);
  EXPECT_EQ(rows_of_part(shape, 1, 2).size(), 8U);
}

TEST(RowsOfPart, OfNothingIsNothing) {
  EXPECT_EQ(rows_of_part(RaggedShape(), 1, 3).size(), 0U);
}

}  // namespace
}  // namespace unroll
