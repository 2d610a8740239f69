/// DistinctIds: the different ids of a batch. A text says "the" often; what depends on the word
/// alone is computed once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace unroll {

class DistinctIds {
 public:
  /// Throws ShapeError for an id that is not one of 0 … vocabulary − 1.
  void find(std::span<const std::int32_t> ids, std::size_t vocabulary);

  /// The ids (M), each once, in the order in which they came first.
  std::span<const std::int32_t> ids() const { return ids_; }
  /// (N): where in ids() each id is.
  std::span<const std::int32_t> rows() const { return rows_; }

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> rows_;
  std::vector<std::int32_t> row_of_id_;  // (vocabulary): −1 between calls
};

}  // namespace unroll
