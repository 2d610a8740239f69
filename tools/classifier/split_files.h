/// Splitting a file of labelled texts into train.tsv, dev.tsv and test.tsv: the pipeline behind
/// `unroll data split`.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

struct CleanResult {
  std::vector<std::size_t> kept;  ///< indices of the records that stay, in order
  std::size_t repeats = 0;        ///< later copies of a text with the same label, removed
  std::size_t conflicts = 0;      ///< rows of texts that have several labels, removed
};

/// Finds exact repeats of a text (the first one stays) and every row of a text that has several
/// labels.
CleanResult find_repeats(std::span<const Record> records);

/// The files of the parts, in the order of fractions.
inline constexpr std::array<const char*, 3> kPartFiles{"train.tsv", "dev.tsv", "test.tsv"};

struct SplitResult {
  std::array<std::size_t, 3> rows{};
  std::string separator;  ///< between the labels of a text that has several; "" if none has
  std::size_t flattened =
      0;  ///< texts whose tabs or line breaks became spaces: a TSV field can't hold them
};

/// Writes a file for each part into the folder, header `label` TAB `text`; all or none. `groups` is
/// stratified_split's. Throws DataError, and writes nothing, if a part would be empty.
SplitResult write_split(std::span<const Record> records, std::span<const double> fractions,
                        std::uint64_t seed, const std::filesystem::path& folder,
                        std::span<const std::string> groups = {});

/// What can be written between the labels of a text that has several: a comma, or what else no
/// label holds; "" if no text has several labels, or none. Throws DataError if all that is tried is
/// in some label.
std::string label_separator(std::span<const Record> records);

/// The records as TSV with a header, `label` TAB `text`, with label_separator between labels.
/// Counts in `flattened` the texts whose tabs or line breaks became spaces.
std::string to_tsv(std::span<const Record> records, std::size_t& flattened);

}  // namespace unroll
