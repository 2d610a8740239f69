#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/support/arrays.h"
#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

constexpr std::size_t kRows = 5;
constexpr std::size_t kGap = 3;  // columns between the rows of a view: nobody may write there

/// A matrix in the columns of a wider one.
template <typename Real>
struct WideMatrix {
  explicit WideMatrix(std::size_t width)
      : whole(test::random_tensor<Real>({kRows, width + kGap}, "wide")), columns(width) {}
  MatrixView<Real> view() { return whole.matrix().column_range(0, columns); }
  std::vector<Real> gap() {
    std::vector<Real> values;
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::span<Real> row = whole.matrix().row(r).subspan(columns);
      values.insert(values.end(), row.begin(), row.end());
    }
    return values;
  }

  Tensor<Real> whole;
  std::size_t columns;
};

template <typename Real>
class RowsOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(RowsOf, Reals);

TYPED_TEST(RowsOf, SetRowsCopiesTheBiasIntoEachAndNothingElse) {
  for (std::size_t size : test::kSizes) {
    const Tensor<TypeParam> b = test::random_tensor<TypeParam>(Shape{size}, "b");
    test::for_each_isa([&] {
      WideMatrix<TypeParam> z(size);
      const std::vector<TypeParam> gap = z.gap();
      set_rows<TypeParam>(b.values(), z.view());
      for (std::size_t r = 0; r < kRows; ++r) {
        EXPECT_TRUE(std::ranges::equal(z.view().row(r), b.values()));
      }
      EXPECT_EQ(z.gap(), gap);
    });
  }
}

TYPED_TEST(RowsOf, AddColumnSumsAddsTheRowsInOrder) {
  for (std::size_t size : test::kSizes) {
    WideMatrix<TypeParam> dz(size);
    const Tensor<TypeParam> before = test::random_tensor<TypeParam>(Shape{size}, "db");
    std::vector<TypeParam> want(before.values().begin(), before.values().end());
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t j = 0; j < size; ++j) want[j] += dz.view()(r, j);
    }
    test::for_each_isa([&] {
      Tensor<TypeParam> db = before;
      add_column_sums<TypeParam>(dz.view(), db.values());
      EXPECT_TRUE(std::ranges::equal(db.values(), want));
    });
  }
}

TYPED_TEST(RowsOf, GatherRowsLooksUpIds) {
  const std::vector<std::int32_t> ids = {4, 0, 4, 2, 1};
  for (std::size_t size : test::kSizes) {
    WideMatrix<TypeParam> table(size);
    test::for_each_isa([&] {
      WideMatrix<TypeParam> y(size);
      gather_rows<TypeParam>(table.view(), ids, y.view());
      for (std::size_t r = 0; r < kRows; ++r) {
        const std::size_t id = static_cast<std::size_t>(ids[r]);
        EXPECT_TRUE(std::ranges::equal(y.view().row(r), table.view().row(id)));
      }
    });
  }
}

TYPED_TEST(RowsOf, ScatterAddRowsAddsEqualIdsUp) {
  const std::vector<std::int32_t> ids = {4, 0, 4, 2, 4};
  for (std::size_t size : test::kSizes) {
    WideMatrix<TypeParam> dy(size);
    WideMatrix<TypeParam> want(size);
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t j = 0; j < size; ++j) {
        want.view()(static_cast<std::size_t>(ids[r]), j) += dy.view()(r, j);
      }
    }
    test::for_each_isa([&] {
      WideMatrix<TypeParam> dtable(size);
      scatter_add_rows<TypeParam>(dy.view(), ids, dtable.view());
      EXPECT_TRUE(std::ranges::equal(dtable.whole.values(), want.whole.values()));
    });
  }
}

TYPED_TEST(RowsOf, EmptyViewsAreFine) {
  test::for_each_isa([&] {
    const MatrixView<TypeParam> nothing;
    set_rows<TypeParam>({}, nothing);
    add_column_sums<TypeParam>(nothing, {});
    gather_rows<TypeParam>(nothing, {}, nothing);
    scatter_add_rows<TypeParam>(nothing, {}, nothing);
    softmax<TypeParam>(nothing, nothing);
    EXPECT_EQ(softmax_cross_entropy_sum<TypeParam>(nothing, {}, 1, nothing), 0);
  });
}

TYPED_TEST(RowsOf, KeepMaximumRemembersTheFirstOfEquals) {
  for (std::size_t size : test::kSizes) {
    const Tensor<TypeParam> x = test::random_tensor<TypeParam>(Shape{3, size}, "x");
    std::vector<TypeParam> larger(size);
    for (std::size_t j = 0; j < size; ++j) larger[j] = std::max(x[j], x[size + j]);
    test::for_each_isa([&] {
      std::vector<TypeParam> best(x.values().begin(),
                                  x.values().begin() + static_cast<std::ptrdiff_t>(size));
      std::vector<std::int32_t> at(size, 0);
      keep_maximum<TypeParam>(x.values().subspan(size, size), 1, best, at);
      keep_maximum<TypeParam>(larger, 2, best, at);  // equal to what is there: changes nothing
      EXPECT_EQ(best, larger);
      for (std::size_t j = 0; j < size; ++j) EXPECT_EQ(at[j], x[size + j] > x[j] ? 1 : 0);
    });
  }
}

TYPED_TEST(RowsOf, AddWhereMaximumGivesTheGradientToItsStepOnly) {
  for (std::size_t size : test::kSizes) {
    const Tensor<TypeParam> dy = test::random_tensor<TypeParam>(Shape{size}, "dy");
    std::vector<std::int32_t> at(size);
    for (std::size_t j = 0; j < size; ++j) at[j] = static_cast<std::int32_t>(j % 3);
    test::for_each_isa([&] {
      std::vector<TypeParam> dx(size, 1);
      add_where_maximum<TypeParam>(dy.values(), at, 1, dx);
      for (std::size_t j = 0; j < size; ++j) EXPECT_EQ(dx[j], j % 3 == 1 ? 1 + dy[j] : 1);
    });
  }
}

}  // namespace
}  // namespace unroll
