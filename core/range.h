/// Range: a half-open range of indices.
#pragma once

#include <cstddef>

namespace unroll {

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const noexcept { return end - begin; }
};

}  // namespace unroll
