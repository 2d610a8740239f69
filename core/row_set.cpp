#include "unroll/core/row_set.h"

#include <algorithm>
#include <bit>

#include "unroll/core/memory_plan.h"

namespace unroll {

namespace {

constexpr std::size_t kBits = 64;
/// Values per thread from which a second one pays: some microseconds of work.
constexpr std::size_t kGrain = 1 << 14;

}  // namespace

void RowSet::restart() {
  forget_rows();
  state_ = State::kRestarted;
}

void RowSet::add(std::span<const std::int32_t> rows) {
  if (state_ == State::kAll) return;
  state_ = State::kListed;
  bool grown = false;
  for (std::int32_t row : rows) {
    const std::size_t word = static_cast<std::size_t>(row) / kBits;
    const std::uint64_t bit = std::uint64_t{1} << (static_cast<std::size_t>(row) % kBits);
    if (word >= marks_.size()) marks_.resize(word + 1);
    grown |= (marks_[word] & bit) == 0;
    marks_[word] |= bit;
  }
  if (grown) list_marked();
}

void RowSet::add(const RowSet& other) {
  if (!other.all()) return add(other.rows());
  forget_rows();
  state_ = State::kAll;
}

void RowSet::plan(std::size_t rows, MemoryPlan& plan) {
  plan.add(rows_, rows);
  plan.add(marks_, (rows + kBits - 1) / kBits);
}

void RowSet::forget_rows() {
  for (std::int32_t row : rows_) marks_[static_cast<std::size_t>(row) / kBits] = 0;
  rows_.clear();
}

void RowSet::list_marked() {
  rows_.clear();
  for (std::size_t word = 0; word < marks_.size(); ++word) {
    for (std::uint64_t left = marks_[word]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      rows_.push_back(static_cast<std::int32_t>(word * kBits + bit));
    }
  }
}

void for_each_run(const RowSet& set, const Shape& matrix, FunctionRef<Range> body) {
  const std::size_t columns = std::max<std::size_t>(matrix[1], 1);
  const std::size_t longest = std::max<std::size_t>(kRunValues / columns, 1);
  const std::span<const std::int32_t> listed = set.rows();
  const auto row = [&](std::size_t k) {
    return set.all() ? k : static_cast<std::size_t>(listed[k]);
  };
  const auto run = [&](Range part) {
    for (std::size_t k = part.begin; k < part.end;) {
      const std::size_t first = row(k);
      std::size_t count = 1;
      while (count < longest && k + count < part.end && row(k + count) == first + count) ++count;
      body({first, first + count});
      k += count;
    }
  };
  parallel_for(set.all() ? matrix[0] : listed.size(), (kGrain + columns - 1) / columns, run);
}

}  // namespace unroll
