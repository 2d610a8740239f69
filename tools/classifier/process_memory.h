/// What the process holds in memory, as the system counts it: heap, stacks, and what of the program
/// and its libraries was touched. A plan counts what is to come; this is what is there.
#pragma once

#include <cstddef>

namespace unroll {

/// Bytes that are resident now: some microseconds' work.
std::size_t resident_bytes();
/// The most that were resident at once since the program began.
std::size_t peak_resident_bytes();

/// Gives memory that was freed back to the system. The C library keeps what small objects leave
/// behind, and texts are many small objects: hundreds of megabytes that large tensors can't use.
void release_freed_memory();

/// The memory of the machine; the largest number where that is not known.
std::size_t physical_memory();

}  // namespace unroll
