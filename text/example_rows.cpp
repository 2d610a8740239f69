#include "unroll/text/example_rows.h"

#include <algorithm>

#include "unroll/core/parallel.h"

namespace unroll {

namespace {

/// Between two times at which rows are let go: some megabytes, of long texts some ten.
constexpr std::size_t kRowsAtATime = std::size_t{1} << 15;

}  // namespace

void for_each_part(const ExampleRows& rows, FunctionRef<Range> body) {
  constexpr std::size_t kRowsPerPart = 1024;
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtATime) {
    const std::size_t count = std::min(kRowsAtATime, rows.size() - first);
    parallel_for(count, kRowsPerPart, [&](Range part) {
      body(Range{first + part.begin, first + part.end});
    });
    rows.release();
  }
}

void for_each_row(const ExampleRows& rows, FunctionRef<std::size_t> body) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    body(row);
    if (row % kRowsAtATime == 0) rows.release();
  }
  rows.release();
}

}  // namespace unroll
