#include "unroll/core/ragged.h"

#include <algorithm>
#include <functional>

#include "unroll/core/error.h"
#include "unroll/core/memory_plan.h"

namespace unroll {

std::string to_string(Direction direction) {
  switch (direction) {
    case Direction::kForward:
      return "forward";
    case Direction::kBackward:
      return "backward";
  }
  return "?";
}

RaggedShape::RaggedShape(std::span<const std::size_t> lengths) {
  assign(lengths);
}

void RaggedShape::set_offsets() {
  offsets_.assign(1, 0);
  if (!std::is_sorted(lengths_.begin(), lengths_.end(), std::greater<>())) {
    throw ShapeError("ragged shape: lengths are not in descending order");
  }
  if (lengths_.empty()) return;
  if (lengths_.back() == 0) throw ShapeError("ragged shape: a sequence has no steps");
  std::size_t active = lengths_.size();
  for (std::size_t t = 0; t < lengths_.front(); ++t) {
    while (lengths_[active - 1] <= t) --active;
    offsets_.push_back(offsets_.back() + active);
  }
}

void RaggedShape::plan(const BatchLimits& limits, MemoryPlan& plan) {
  plan.add(lengths_, limits.rows);
  plan.add(offsets_, limits.steps + 1);
}

RaggedShape RaggedShape::rectangle(std::size_t steps, std::size_t batch) {
  return RaggedShape(std::vector<std::size_t>(batch, steps));
}

Range rows_of_part(const RaggedShape& shape, std::size_t part, std::size_t parts) noexcept {
  // The cut behind part k: the first row at which at least k/parts of all tokens are behind.
  std::size_t row = 0;
  std::size_t tokens = 0;
  const auto advance = [&](std::size_t k) {
    while (row < shape.batch() && tokens * parts < shape.tokens() * k)
      tokens += shape.length(row++);
    return row;
  };
  const std::size_t begin = advance(part);
  return {begin, advance(part + 1)};
}

}  // namespace unroll
