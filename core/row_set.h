/// RowSet: some rows of a matrix in ascending order, or all of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/parallel.h"
#include "unroll/core/range.h"
#include "unroll/core/shape.h"

namespace unroll {

class MemoryPlan;

/// A new set holds all rows for good: `add` changes nothing. After `restart` it holds the rows that
/// `add` lists, and all rows while nothing is listed, so a caller that forgets to list its rows
/// gets all of them.
class RowSet {
 public:
  bool all() const noexcept { return state_ != State::kListed; }
  /// The listed rows, ascending, each once; empty if all().
  std::span<const std::int32_t> rows() const noexcept { return rows_; }

  /// All rows until the next `add`, which starts from none.
  void restart();
  /// Lists more rows, none below 0, in any order, repeated or not. A set that holds all rows for
  /// good stays as it is.
  void add(std::span<const std::int32_t> rows);
  void add(const RowSet& other);
  /// Plans the memory for a set of some of `rows` rows.
  void plan(std::size_t rows, MemoryPlan& plan);

 private:
  enum class State { kAll, kRestarted, kListed };
  void forget_rows();
  void list_marked();

  State state_ = State::kAll;
  std::vector<std::int32_t> rows_;
  /// A bit for each row that is listed. A batch repeats its words, and marking them and reading off
  /// the marks is many times faster than sorting them.
  std::vector<std::uint64_t> marks_;
};

/// An optimizer reads five arrays of this many floats (gradient, two moments, value, average): 20
/// KiB, which fit into the first cache.
inline constexpr std::size_t kRunValues = 1024;

/// Calls body(rows) for every run of consecutive rows of the set, on all threads; the set belongs
/// to a matrix of this shape. A run has at most kRunValues values, or is one row, so that several
/// passes over it stay in the first cache.
void for_each_run(const RowSet& set, const Shape& matrix, FunctionRef<Range> body);

}  // namespace unroll
