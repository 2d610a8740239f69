/// A step of some of a step's rows, for tests that compare rows of batches of any size.
#pragma once

#include "unroll/kernels/recurrent_step.h"

namespace unroll::test {

/// The rows first, first + 1, … of `whole`, without what is saved. Its C_prev and h_kept are still
/// those of all rows.
template <typename Real>
RecurrentStep<Real> some_rows(const RecurrentStep<Real>& whole, std::size_t first,
                              std::size_t count) {
  RecurrentStep<Real> some = whole;
  some.in.x = whole.in.x.row_range(first, count);
  some.h_prev = whole.h_prev.row_range(first, count);
  some.saved = {};
  if (!whole.C.empty()) some.C = whole.C.row_range(first, count);
  some.h = whole.h.row_range(first, count);
  some.h_next = {};
  return some;
}

}  // namespace unroll::test
