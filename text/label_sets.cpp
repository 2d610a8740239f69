#include "unroll/text/label_sets.h"

namespace unroll {

std::int32_t LabelSets::number_of(const std::vector<std::int32_t>& labels) {
  const auto [found, is_new] = numbers_.emplace(labels, static_cast<std::int32_t>(numbers_.size()));
  if (is_new) sets_.push_back(found);
  return found->second;
}

}  // namespace unroll
