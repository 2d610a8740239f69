#include "unroll/core/huge_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace unroll {
namespace {

TEST(HugePages, ChangeNothingThatIsWritten) {
  std::vector<char> bytes(std::size_t{5} << 20, 'u');
  prefer_huge_pages(bytes.data() + 1, bytes.size() - 2);
  EXPECT_EQ(std::ranges::count(bytes, 'u'), std::ssize(bytes));
}

TEST(HugePages, ACallForLessThanOneIsNone) {
  char byte = 'u';
  prefer_huge_pages(&byte, 1);
  prefer_huge_pages(nullptr, 0);
  EXPECT_EQ(byte, 'u');
}

}  // namespace
}  // namespace unroll
