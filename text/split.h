/// Splitting labelled texts into parts: seeded, stratified by label, exact repeats and what belongs
/// together never across parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

/// parts[p] holds record indices in their original order, about fraction_p of every label. Records
/// whose texts are the same bytes always go to the same part, and count for the label of the first
/// of them; a record with several labels counts for the one that the fewest records have.
/// `fractions` are positive and sum to 1 (UsageError otherwise). The result depends on the seed and
/// the records alone.
///
/// Where no text repeats, a part's share of a label is its fraction rounded down or up (largest
/// remainders), with one exception: a label with at least as many different texts as there are
/// parts is in every part.
///
/// `groups` has a name for each record, or is empty. Records whose names are equal and not "" go to
/// the same part, too: those of an author, of a product. Where a text has several names, its groups
/// are one.
std::vector<std::vector<std::size_t>> stratified_split(std::span<const Record> records,
                                                       std::span<const double> fractions,
                                                       std::uint64_t seed,
                                                       std::span<const std::string> groups = {});

}  // namespace unroll
