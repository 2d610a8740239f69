/// RaggedShape: how a batch of sequences of different lengths lies in memory, without padding.
///
/// Rows are sorted by length, longest first. Step t holds only the rows that are still running, so
/// all values of a batch form one matrix of N = Σ lengths rows, time-major ("packed" as in cuDNN):
///
///     lengths 3 2 1:      t = 0   t = 1   t = 2
///                 row 0     0       3       5
///                 row 1     1       4
///                 row 2     2
///
/// No padded step exists, so none can influence a result.
#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "unroll/core/range.h"

namespace unroll {

class MemoryPlan;

/// Which end of a sequence is read first. Backward: h_t depends on h_{t+1}, and each row begins at
/// its own end.
enum class Direction { kForward, kBackward };
std::string to_string(Direction direction);

/// The largest sizes among several batches; each size may come from another batch.
struct BatchLimits {
  std::size_t rows = 0;      ///< B
  std::size_t steps = 0;     ///< T
  std::size_t tokens = 0;    ///< N
  std::size_t distinct = 0;  ///< M, different words
};

class RaggedShape {
 public:
  RaggedShape() = default;
  /// `lengths`: one per row, each at least 1, in descending order; otherwise ShapeError.
  explicit RaggedShape(std::span<const std::size_t> lengths);
  /// Sets the lengths anew, from any range of numbers, in the memory that the shape already has.
  template <std::ranges::input_range Lengths>
  void assign(Lengths&& lengths) {
    lengths_.assign(std::ranges::begin(lengths), std::ranges::end(lengths));
    set_offsets();
  }
  /// `batch` rows of `steps` steps each.
  static RaggedShape rectangle(std::size_t steps, std::size_t batch);

  /// Plans the memory for batches within these limits.
  void plan(const BatchLimits& limits, MemoryPlan& plan);

  std::size_t batch() const noexcept { return lengths_.size(); }      ///< B
  std::size_t steps() const noexcept { return offsets_.size() - 1; }  ///< T, the longest length
  std::size_t tokens() const noexcept { return offsets_.back(); }     ///< N, the sum of the lengths
  std::size_t length(std::size_t row) const noexcept { return lengths_[row]; }
  const std::vector<std::size_t>& lengths() const noexcept { return lengths_; }

  /// How many rows have a step t (0 for t ≥ T). They are the rows 0 .. active(t) − 1.
  std::size_t active(std::size_t t) const noexcept {
    return t < steps() ? offsets_[t + 1] - offsets_[t] : 0;
  }
  /// Where the values of step t begin.
  std::size_t offset(std::size_t t) const noexcept { return offsets_[t]; }
  /// Where the value of `row` at step t lies.
  std::size_t index(std::size_t t, std::size_t row) const noexcept { return offsets_[t] + row; }

 private:
  void set_offsets();

  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> offsets_{0};  // T + 1 of them
};

/// Part `part` of `parts` contiguous parts of the batch's rows that hold nearly equal numbers of
/// tokens.
Range rows_of_part(const RaggedShape& shape, std::size_t part, std::size_t parts) noexcept;

}  // namespace unroll
