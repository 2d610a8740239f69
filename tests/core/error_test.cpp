#include "unroll/core/error.h"

#include <gtest/gtest.h>

namespace unroll {
namespace {

TEST(Place, IsWrittenWithLineAndColumnWhereTheyAreKnown) {
  EXPECT_EQ(to_string(Place{"a.csv", 3, 7}), "a.csv:3:7");
  EXPECT_EQ(to_string(Place{"a.csv", 3, 0}), "a.csv:3");
  EXPECT_EQ(to_string(Place{"a.csv", 0, 0}), "a.csv");
}

TEST(Place, HasNoColumnWithoutALine) {
  EXPECT_EQ(to_string(Place{"a.csv", 0, 7}), "a.csv");
}

TEST(Error, KindsHaveTheDocumentedExitStatus) {
  EXPECT_EQ(ShapeError("x").exit_status(), 1);
  EXPECT_EQ(UsageError("x").exit_status(), 2);
  EXPECT_EQ(DataError("x").exit_status(), 3);
  EXPECT_EQ(ModelError("x").exit_status(), 5);
  EXPECT_EQ(DiskError("x").exit_status(), 7);
  EXPECT_EQ(MemoryError("x").exit_status(), 8);
  EXPECT_EQ(Error(ErrorKind::kDiverged, "x").exit_status(), 4);
  EXPECT_EQ(Error(ErrorKind::kRequirement, "x").exit_status(), 6);
}

TEST(Error, OfDataBeginsWithThePlace) {
  const DataError error(Place{"a.csv", 3, 7}, "expected a label");
  EXPECT_STREQ(error.what(), "a.csv:3:7: expected a label");
  EXPECT_EQ(error.kind(), ErrorKind::kData);
}

TEST(Error, NamesTheOptionsThatWouldMendIt) {
  EXPECT_TRUE(DataError("x").options().empty());
  try {
    throw mended_by({"text_column", "header"}, DataError(Place{"a.csv", 1, 0}, "no column"));
  } catch (const DataError& error) {
    EXPECT_EQ(error.options(), (std::vector<std::string>{"text_column", "header"}));
    EXPECT_STREQ(error.what(), "a.csv:1: no column");
  }
}

TEST(Error, IsCaughtAsAStandardException) {
  EXPECT_THROW(throw ModelError("x"), std::runtime_error);
}

}  // namespace
}  // namespace unroll
