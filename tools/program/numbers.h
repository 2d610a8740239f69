/// Numbers of the command line: one way to read them for all flags.
///
/// A number is decimal digits that say what they seem to say, within the range that the help shows.
/// Everything else is refused before any data are read: `010` (eight?), `0x10`, `nan`, `inf`, a
/// number that would overflow, anything behind it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string_view>

namespace unroll {

inline constexpr std::uint64_t kMostSeed = std::numeric_limits<std::uint64_t>::max();

/// A check: digits alone, from least to most.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// A check: as 0.5, -1, 1e-3, from least to most.
CLI::Validator real_number(double least, double most);
/// A check: a size as 200M, 1.5G.
CLI::Validator memory_size();
/// The bytes of such a size.
std::size_t bytes_of_size(std::string_view text);

}  // namespace unroll
