#include "unroll/layers/row_part.h"

#include <ranges>

#include "unroll/core/memory_plan.h"

namespace unroll {

void RowPart::take(const RaggedShape& whole, std::size_t first, std::size_t most_tokens,
                   std::size_t stride) {
  rows_.clear();
  std::size_t count = 0;
  for (end_ = first; end_ < whole.batch(); end_ += stride) {
    count += whole.length(end_);
    if (end_ > first && most_tokens > 0 && count > most_tokens) break;
    rows_.push_back(static_cast<std::int32_t>(end_));
  }
  shape_.assign(rows_ | std::views::transform([&](std::int32_t row) {
                  return whole.length(static_cast<std::size_t>(row));
                }));
  tokens_.clear();
  for (std::size_t t = 0; t < shape_.steps(); ++t) {
    for (std::size_t row = 0; row < shape_.active(t); ++row) {
      tokens_.push_back(static_cast<std::int32_t>(whole.index(t, first + row * stride)));
    }
  }
}

void RowPart::plan(const BatchLimits& limits, MemoryPlan& plan) {
  shape_.plan(limits, plan);
  plan.add(rows_, limits.rows);
  plan.add(tokens_, limits.tokens);
}

}  // namespace unroll
