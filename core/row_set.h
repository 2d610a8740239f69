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

/// A new set is all rows, for good. After `restart` it is all rows as long as nobody lists any: who
/// forgets to say which rows he means has said all of them.
class RowSet {
 public:
  bool all() const noexcept { return state_ != State::kListed; }
  /// The listed rows, ascending, each once; empty if all().
  std::span<const std::int32_t> rows() const noexcept { return rows_; }

  /// All rows until the next `add`, which starts from none.
  void restart();
  /// Lists more rows, none below 0, in any order, repeated or not. All rows for good stay that.
  void add(std::span<const std::int32_t> rows);
  void add(const RowSet& other);
  /// Its memory, of a set of some of `rows` rows.
  void plan(std::size_t rows, MemoryPlan& plan);

 private:
  enum class State { kAll, kRestarted, kListed };
  void forget_rows();
  void list_marked();

  State state_ = State::kAll;
  std::vector<std::int32_t> rows_;
  /// A bit for each row that is listed. A batch repeats its words: to mark them and to read off the
  /// marks is many times faster than to sort them.
  std::vector<std::uint64_t> marks_;
};

/// Five arrays of so many floats (an optimizer's gradient, two moments and value, and the average)
/// are 20 KiB.
inline constexpr std::size_t kRunValues = 1024;

/// Calls body(rows) for every run of consecutive rows of the set, of a matrix of this shape, on all
/// threads. A run has at most kRunValues values, or is one row: what is done to it in several
/// passes is done in the first cache.
void for_each_run(const RowSet& set, const Shape& matrix, FunctionRef<Range> body);

}  // namespace unroll
