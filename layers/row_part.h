/// RowPart: some rows of a batch as a batch of their own. Rows know nothing of each other until
/// their losses are added, so a batch that is too large for the memory is taken in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/core/range.h"

namespace unroll {

class RowPart {
 public:
  /// Rows first, first + 1, … of `whole` that have at most so many tokens together, at least one
  /// row. `first` is below whole.batch().
  void take(const RaggedShape& whole, std::size_t first, std::size_t most_tokens);

  const RaggedShape& shape() const { return shape_; }
  std::size_t end() const { return end_; }                      ///< the first row that comes after
  std::span<const std::int32_t> rows() const { return rows_; }  ///< (B): which of `whole`
  std::span<const std::int32_t> tokens() const { return tokens_; }  ///< (N): which of `whole`

  /// Its memory; the limits are those of parts.
  void plan(const BatchLimits& limits, MemoryPlan& plan);

 private:
  RaggedShape shape_;
  std::size_t end_ = 0;
  std::vector<std::int32_t> rows_;
  std::vector<std::int32_t> tokens_;
};

}  // namespace unroll
