/// Near repeats: texts that say the same in nearly the same characters.
///
/// Two texts are *alike* if they are equal once case, compatibility forms, white space, punctuation
/// and symbols are taken away. They are *near* if they are alike, or if at least kNear of the
/// different four-character pieces of both together are pieces of both (their Jaccard index).
///
/// Comparing all pairs would take the square of the time. MinHash (Broder 1997) finds pairs that
/// may be near: of each of 64 random orders of all pieces a text keeps the first of its own pieces,
/// and two texts agree in as large a part of these as their Jaccard index is. Texts that agree in
/// all four of one of sixteen groups are compared by their pieces. A pair of index 0.8 is found
/// with a probability of 0.9997. Where very many texts agree in a group, only the last ones are
/// compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace unroll {

/// The least part of common pieces that makes two texts near.
inline constexpr double kNear = 0.8;

/// For each text an earlier one that it is near, or kNone. Texts of several files are given one
/// after the other; `files` has the file of each, and a text may have one such twin in each file.
struct NearTwin {
  std::uint32_t text = 0;
  std::uint32_t twin = 0;  ///< the earlier one
  bool alike = false;
  friend bool operator==(const NearTwin&, const NearTwin&) = default;
};

/// All twins, in the order of the texts, then of the twins' files: of each text the first alike one
/// of a file, or else the nearest one that was found. Equal for any number of threads.
std::vector<NearTwin> near_twins(std::span<const std::string_view> texts,
                                 std::span<const std::uint32_t> files);

}  // namespace unroll
