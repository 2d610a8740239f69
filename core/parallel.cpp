#include "unroll/core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <exception>

namespace unroll {

std::size_t thread_count() noexcept {
  return static_cast<std::size_t>(omp_get_max_threads());
}

void set_thread_count(std::size_t count) noexcept {
  omp_set_num_threads(static_cast<int>(std::max<std::size_t>(count, 1)));
}

Range part_of(std::size_t count, std::size_t part, std::size_t parts,
              std::size_t multiple) noexcept {
  const std::size_t blocks = (count + multiple - 1) / multiple;
  const auto cut = [&](std::size_t k) { return std::min(count, blocks * k / parts * multiple); };
  return {cut(part), cut(part + 1)};
}

void parallel_parts(std::size_t parts, FunctionRef<std::size_t> body) {
  if (parts <= 1 || thread_count() == 1 || omp_in_parallel()) {
    for (std::size_t part = 0; part < parts; ++part) body(part);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(static, 1)
  for (std::size_t part = 0; part < parts; ++part) {
    try {
      body(part);
    } catch (...) {
#pragma omp critical(unroll_parallel_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void parallel_for(std::size_t count, std::size_t grain, FunctionRef<Range> body) {
  const std::size_t most = count / std::max<std::size_t>(grain, 1);
  const std::size_t parts = std::clamp<std::size_t>(most, 1, thread_count());
  parallel_parts(parts, [&](std::size_t part) { body(part_of(count, part, parts)); });
}

}  // namespace unroll
