/// Large pages for large memory: a page is entered into the tables when it is first written to, and
/// for a text of many megabytes, in pages of 4 KiB, that takes a third of the time of reading it.
#pragma once

#include <cstddef>

namespace unroll {

/// Asks for pages of 2 MiB where they fit whole into these bytes, which need not be written to yet.
/// A system that has none, or may not give them, ignores it.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;

}  // namespace unroll
