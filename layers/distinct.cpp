#include "unroll/layers/distinct.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/memory_plan.h"

namespace unroll {

void DistinctIds::find(std::span<const std::int32_t> ids, std::size_t vocabulary) {
  for (const std::int32_t id : ids_) row_of_id_[static_cast<std::size_t>(id)] = -1;
  row_of_id_.resize(vocabulary, -1);
  ids_.clear();
  rows_.clear();
  bool is_inside = true;
  for (const std::int32_t id : ids) {
    is_inside = id >= 0 && static_cast<std::size_t>(id) < vocabulary;
    if (!is_inside) break;
    std::int32_t& row = row_of_id_[static_cast<std::size_t>(id)];
    if (row < 0) {
      row = static_cast<std::int32_t>(ids_.size());
      ids_.push_back(id);
    }
    rows_.push_back(row);
  }
  if (!is_inside) {
    throw ShapeError(
        fmt::format("id {} is outside a vocabulary of {}", ids[rows_.size()], vocabulary));
  }
}

void DistinctIds::plan(const BatchLimits& limits, std::size_t vocabulary, MemoryPlan& plan) {
  plan.add(ids_, limits.distinct);
  plan.add(rows_, limits.tokens);
  plan.add(row_of_id_, vocabulary);
}

}  // namespace unroll
