// Counts what this process asks of malloc and its relatives, operator new and other libraries
// included.
#pragma once

#include <cstddef>

namespace unroll::test {

/// Requests so far.
std::size_t allocations();
/// What is held at present; a little more than was asked for, at most kAllocationSlack for each
/// request.
std::size_t held_bytes();
/// The most that was held at once since the last `forget_most_held`.
std::size_t most_held_bytes();
void forget_most_held();

/// glibc's heap rounds up, and so does what asks for aligned memory.
inline constexpr std::size_t kAllocationSlack = 128;

}  // namespace unroll::test
