/// DistinctIds: the different ids of a batch. A text says "the" often; what depends on the word
/// alone is computed once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/ragged.h"

namespace unroll {

class DistinctIds {
 public:
  /// Throws ShapeError for an id that is not one of 0 … vocabulary − 1.
  void find(std::span<const std::int32_t> ids, std::size_t vocabulary);

  /// The ids (M), each once, in the order in which they came first.
  std::span<const std::int32_t> ids() const { return ids_; }
  /// (N): where in ids() each id is.
  std::span<const std::int32_t> rows() const { return rows_; }
  /// Where in ids() an id is that was among those of the last `find`.
  std::int32_t row_of(std::int32_t id) const { return row_of_id_[static_cast<std::size_t>(id)]; }

  /// Its memory, for this vocabulary.
  void plan(const BatchLimits& limits, std::size_t vocabulary, MemoryPlan& plan);

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> rows_;
  std::vector<std::int32_t> row_of_id_;  // (vocabulary): −1 for what is not in ids_
};

}  // namespace unroll
