#include "unroll/tools/program/memory_left.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>

#include "unroll/core/error.h"
#include "unroll/tools/program/commands.h"

namespace unroll {

namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// What Linux counts against the two limits, in bytes.
struct Held {
  std::size_t address_space = 0;
  std::size_t data = 0;
};

/// Zeros where there is no /proc: then only plans that are hopeless from the start are refused.
Held held() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  file >> size >> resident >> shared >> text >> library >> data;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return {size * page, data * page};
}

std::size_t left_under(int resource, std::size_t held) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  return limit.rlim_cur > held ? limit.rlim_cur - held : 0;
}

}  // namespace

void refuse_more_memory_than_left(const MemoryPlan& training) {
  const Held now = held();
  const std::size_t left =
      std::min(left_under(RLIMIT_AS, now.address_space), left_under(RLIMIT_DATA, now.data));
  const std::size_t there =
      training.bytes("data") + training.bytes("parameters") + training.bytes("gradients");
  const std::size_t missing = training.total() - there;
  if (missing <= left) return;
  throw MemoryError(fmt::format(
      "training needs {} more and the limit on this process leaves {}; allow more (ulimit -v), use "
      "a smaller model, or --max-memory to compute batches in parts",
      mib_text(missing), mib_text(left)));
}

}  // namespace unroll
