#include "unroll/core/memory_plan.h"

#include <algorithm>

namespace unroll {

void MemoryPlan::begin_part(std::string_view name) {
  const auto found = std::ranges::find(parts_, name, &Part::name);
  part_ = static_cast<std::size_t>(found - parts_.begin());
  if (found == parts_.end()) parts_.push_back({.name = std::string(name)});
}

void MemoryPlan::add_bytes(std::size_t bytes) {
  if (parts_.empty()) begin_part("memory");
  parts_[part_].bytes += bytes;
}

std::size_t MemoryPlan::bytes(std::string_view name) const {
  const auto found = std::ranges::find(parts_, name, &Part::name);
  return found == parts_.end() ? 0 : found->bytes;
}

std::size_t MemoryPlan::total() const {
  std::size_t sum = 0;
  for (const Part& part : parts_) sum += part.bytes;
  return sum;
}

}  // namespace unroll
