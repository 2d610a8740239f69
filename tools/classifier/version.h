/// The version of the library and the program.
#pragma once

namespace unroll {
/// The version in CMakeLists.txt; the test Program.version compares the two.
inline constexpr const char* kVersion = "0.1.0";
}  // namespace unroll
