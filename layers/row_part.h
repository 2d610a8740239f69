/// RowPart: some rows of a batch as a batch of their own. Rows know nothing of each other until
/// their losses are added, so a batch that is too large for the memory is taken in parts, and a
/// batch that several computers share in shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/core/range.h"

namespace unroll {

/// One of `count` shards of every batch: the rows index, index + count, index + 2·count, … Rows are
/// sorted by length, so the shards of a batch have as many rows and nearly as many tokens as each
/// other. Where a batch has fewer rows than shards, the last ones have none.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

class RowPart {
 public:
  /// The rows first, first + stride, first + 2·stride, … of `whole` that have at most so many
  /// tokens together (0: any number), at least one row. `first` is below whole.batch().
  void take(const RaggedShape& whole, std::size_t first, std::size_t most_tokens,
            std::size_t stride = 1);

  const RaggedShape& shape() const { return shape_; }
  /// Where the next part begins; the whole's end or beyond it after the last part.
  std::size_t end() const { return end_; }
  std::span<const std::int32_t> rows() const { return rows_; }      ///< (B): which of `whole`
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
