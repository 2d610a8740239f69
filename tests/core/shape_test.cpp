#include "unroll/core/shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "unroll/core/error.h"

namespace unroll {
namespace {

TEST(Shape, ByDefaultIsEmpty) {
  const Shape shape;
  EXPECT_EQ(shape.rank(), 0U);
  EXPECT_EQ(shape.size(), 0U);
  EXPECT_EQ(to_string(shape), "()");
}

TEST(Shape, HasTheProductOfItsSizesAsSize) {
  EXPECT_EQ((Shape{7}).size(), 7U);
  EXPECT_EQ((Shape{2, 3, 4, 5}).size(), 120U);
  EXPECT_EQ((Shape{2, 0, 4}).size(), 0U);
}

TEST(Shape, IsWrittenWithTimesSigns) {
  EXPECT_EQ(to_string(Shape{32, 128}), "32×128");
  EXPECT_EQ(to_string(Shape{0}), "0");
}

TEST(Shape, ComparesRankAndSizes) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 0}));
}

TEST(Shape, IsMadeFromAnyRange) {
  const std::vector<int> sizes{4, 5};
  EXPECT_EQ(Shape(sizes.begin(), sizes.end()), (Shape{4, 5}));
}

TEST(Shape, RefusesAFifthDimension) {
  EXPECT_THROW((Shape{1, 1, 1, 1, 1}), ShapeError);
}

TEST(Shape, RefusesMoreElementsThanMemoryHasAddresses) {
  EXPECT_THROW((Shape{SIZE_MAX}), ShapeError);
  EXPECT_THROW((Shape{std::size_t{1} << 33, std::size_t{1} << 31}), ShapeError);
  EXPECT_THROW((Shape{std::size_t{1} << 32, std::size_t{1} << 32}), ShapeError);
  EXPECT_EQ((Shape{std::size_t{1} << 30, std::size_t{1} << 29}).size(), std::size_t{1} << 59);
}

}  // namespace
}  // namespace unroll
