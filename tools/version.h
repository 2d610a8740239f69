/// The version of the library and the program.
#pragma once

namespace unroll {
/// As in CMakeLists.txt; tests/tools/version_test.cpp compares them.
inline constexpr const char* kVersion = "0.1.0";
}  // namespace unroll
