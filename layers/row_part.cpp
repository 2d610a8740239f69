#include "unroll/layers/row_part.h"

#include "unroll/core/memory_plan.h"

namespace unroll {

void RowPart::take(const RaggedShape& whole, std::size_t first, std::size_t most_tokens) {
  rows_.clear();
  std::size_t count = 0;
  for (end_ = first; end_ < whole.batch(); ++end_) {
    count += whole.length(end_);
    if (end_ > first && count > most_tokens) break;
    rows_.push_back(static_cast<std::int32_t>(end_));
  }
  shape_.assign(std::span(whole.lengths()).subspan(first, end_ - first));
  tokens_.clear();
  for (std::size_t t = 0; t < shape_.steps(); ++t) {
    for (std::size_t row = 0; row < shape_.active(t); ++row) {
      tokens_.push_back(static_cast<std::int32_t>(whole.index(t, first + row)));
    }
  }
}

void RowPart::plan(const BatchLimits& limits, MemoryPlan& plan) {
  shape_.plan(limits, plan);
  plan.add(rows_, limits.rows);
  plan.add(tokens_, limits.tokens);
}

}  // namespace unroll
