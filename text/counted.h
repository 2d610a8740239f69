/// A number and what it counts, for messages: "1 row", "2 rows".
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace unroll {

inline std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// "it was" or "they were", by the number.
constexpr std::string_view by_count(std::size_t count, std::string_view one,
                                    std::string_view several) {
  return count == 1 ? one : several;
}

}  // namespace unroll
