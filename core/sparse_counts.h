/// SparseCounts: rows of which nearly all values are zero, each row as the columns that it has and
/// how often it has each. What counts (n-grams of texts) and what learns from counts (a linear
/// classifier) meet in it, without seeing each other.
///
/// A value takes five bytes, where a float in a usual sparse matrix takes eight or twelve: weights
/// such as TF-IDF are products of a number of the count, one of the row and one of the column
/// (CountWeights), so none of them need be stored for each value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/range.h"

namespace unroll {

/// A count above this is stored as this.
inline constexpr std::uint8_t kMostCount = 255;

struct SparseCounts {
  std::vector<std::size_t> ends;       ///< of each row, in the two others
  std::vector<std::uint32_t> columns;  ///< each at most once in a row
  std::vector<std::uint8_t> counts;    ///< at least 1

  std::size_t rows() const noexcept { return ends.size(); }
  Range row(std::size_t r) const noexcept { return {r == 0 ? 0 : ends[r - 1], ends[r]}; }
  void append(std::span<const std::uint32_t> row_columns,
              std::span<const std::uint8_t> row_counts) {
    columns.insert(columns.end(), row_columns.begin(), row_columns.end());
    counts.insert(counts.end(), row_counts.begin(), row_counts.end());
    ends.push_back(columns.size());
  }
  std::size_t bytes() const noexcept {
    return ends.capacity() * sizeof(std::size_t) + columns.capacity() * sizeof(std::uint32_t) +
           counts.capacity();
  }
};

/// The value of row r in column j, which it has c times:
///
///     of_count[c] · of_row[2 r + part] · of_column[j],    part 0 if j < split, otherwise 1.
///
/// So the columns are two parts that a row may weigh apart. Where a row's columns of part 0 come
/// first, a processor foresees which part comes next.
struct CountWeights {
  std::array<double, kMostCount + 1> of_count{};
  std::vector<double> of_row;  ///< two of each
  std::vector<double> of_column;
  std::uint32_t split = 0;
};

}  // namespace unroll
