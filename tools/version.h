/// The version of the library and the program.
#pragma once

namespace unroll {
/// As in CMakeLists.txt; the test Program.version compares them.
inline constexpr const char* kVersion = "0.1.0";
}  // namespace unroll
