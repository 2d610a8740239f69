#include "unroll/core/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace unroll {

void prefer_huge_pages(void* begin, std::size_t bytes) noexcept {
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (at + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t last = (at + bytes) / kHugePage * kHugePage;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace unroll
