/// Labels as people write them: what is wrong or dubious about those of a file, and labels of a
/// test that mean one of training's.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

/// Warns, once for each kind, with a count, a label and its line, of labels that nearly every row
/// has alone, of odd ones and of those that look alike.
void examine_labels(std::span<const Record> records, const std::string& file, ReadReport& report);

struct LabelRows;
using RowsByLabel = std::map<std::string_view, LabelRows>;
/// Labels that were counted already are examined. `rows`: all of the file.
void examine_labels(const RowsByLabel& labels, std::size_t rows, const std::string& file,
                    ReadReport& report);

/// The rows that have a label.
struct LabelRows {
  std::size_t rows = 0;
  std::size_t line = 0;  ///< of the first one
};

/// The rows of each label that occurs, in byte order; a row with several labels counts for each.
/// The records own the labels.
RowsByLabel rows_by_label(std::span<const Record> records);

/// Counts the labels of one more record, where records are not held; and as they are examined.
void count_labels(const Record& record, std::map<std::string, LabelRows>& labels);
RowsByLabel views_of(const std::map<std::string, LabelRows>& labels);

/// Whether nearly every row has a label of its own, as ids and texts have.
bool are_nearly_unique(const RowsByLabel& labels, std::size_t rows);

/// Whether a label holds a comma, a tab or a line break, or is as long as a text.
bool is_odd_label(std::string_view label) noexcept;

/// A label that a reader takes for another one of the same file.
struct LookAlike {
  std::string_view label;
  std::string_view other;    ///< the most frequent one that looks so
  bool are_numbers = false;  ///< they are one number, such as 1 and 1.0
};

/// All labels that look like a more frequent one (of equals, one that comes before in byte order),
/// in byte order of that one. They differ in case, in white space, in Unicode forms, by invisible
/// characters, by letters of other scripts, or are the same number in other digits.
std::vector<LookAlike> look_alikes(const RowsByLabel& labels);

/// The labels that occur, in byte order.
std::vector<std::string> labels_in(std::span<const Record> records);

/// What can be written between labels: the first of a comma, a semicolon, a bar and a bar between
/// blanks that none of them holds; "" if they hold all.
std::string_view separator_of(std::span<const std::string_view> labels);

/// Some labels as a message quotes them, with their number if there are more.
std::string list_of_labels(std::span<const std::string> labels);

/// Gives records whose label is none of `known`, but the same number as one of these, that label:
/// 1.0 becomes 1.
class LabelMatcher {
 public:
  /// `known` is in byte order, and outlives it.
  explicit LabelMatcher(std::span<const std::string> known);

  void match(Record& record);
  /// Says how many labels were given. Throws DataError with both lists if no record has a known
  /// label.
  void finish(const std::string& file, ReadReport& report) const;

 private:
  bool match(std::string& label);

  std::span<const std::string> known_;
  std::map<double, std::string_view> numbers_;  // of the known labels that are some
  std::size_t matched_ = 0;
  std::string example_;
  bool knows_one_ = false;
  std::set<std::string> strangers_;  // labels, until a record has a known one
};

/// The same for all records.
void match_labels(std::span<Record> records, std::span<const std::string> known,
                  const std::string& file, ReadReport& report);

/// `label` as one field of one line: tab, line break and other controls as \t, \n, \r, \xNN, and a
/// backslash as two.
std::string escaped(std::string_view label);

}  // namespace unroll
