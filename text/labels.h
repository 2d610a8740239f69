/// Labels as people write them: what is wrong or dubious about those of a file, and labels of a
/// test that mean one of training's.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

/// Warns, once for each kind, with a count, a label and its line, of labels that nearly every row
/// has alone, that hold a comma or a line break, that are as long as texts, and that look alike:
/// other case, other Unicode forms, invisible characters, letters of other scripts, other digits of
/// the same number.
void examine_labels(std::span<const Record> records, const std::string& file, ReadReport& report);

/// The rows that have a label.
struct LabelRows {
  std::size_t rows = 0;
  std::size_t line = 0;  ///< of the first one
};

/// The rows of each label that occurs, in byte order; a row with several labels counts for each.
/// The records own the labels.
std::map<std::string_view, LabelRows> rows_by_label(std::span<const Record> records);

/// The labels that occur, in byte order.
std::vector<std::string> labels_in(std::span<const Record> records);

/// Some labels as a message quotes them, with their number if there are more.
std::string list_of_labels(std::span<const std::string> labels);

/// Gives records whose label is none of `known`, but the same number as one of these, that label:
/// 1.0 becomes 1. Throws DataError with both lists if no record has a known label. `known` is in
/// byte order.
void match_labels(std::span<Record> records, std::span<const std::string> known,
                  const std::string& file, ReadReport& report);

/// `label` as one field of one line: tab, line break and other controls as \t, \n, \r, \xNN, and a
/// backslash as two.
std::string escaped(std::string_view label);

}  // namespace unroll
